/** The terminals: tabs, the panes of the one in front, and what is true of the pane in use. */
import { useDocumentTitle } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { spotlight } from '@mantine/spotlight';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import '@xterm/xterm/css/xterm.css';
import '@/components/terminal/test-hook';
import '@/styles/terminal.css';
import '@/styles/terminal-tabs.css';
import '@/styles/terminal-panes.css';
import '@/styles/terminal-notices.css';
import '@/styles/terminal-status.css';
import { MachinePicker, TOO_MANY } from '@/components/terminal/machine-picker';
import { Pane } from '@/components/terminal/pane';
import { StatusBar } from '@/components/terminal/status-bar';
import { terminals, type TerminalsView } from '@/components/terminal/store';
import { TabBar } from '@/components/terminal/tab-bar';
import { activeTab } from '@/lib/terminal-layout';

export function TerminalsPage() {
  const view = useSyncExternalStore(terminals.watch, terminals.view);
  const [picking, setPicking] = useState(false);
  const [finding, setFinding] = useState<string | null>(null);
  const tab = activeTab(view.layout);
  const focused = tab ? view.sessions.get(tab.focused) : undefined;
  useDocumentTitle(`${focused?.title ?? 'Terminals'} · Fairlead`);
  useOpenFromAddress();
  useKeyboardHome();
  useEffect(() => {
    terminals.onPageAction = (action) => {
      if (action.do === 'new') setPicking(true);
      if (action.do === 'find') setFinding(terminals.focused?.key ?? null);
      if (action.do === 'palette') spotlight.open();
      if (action.do === 'leave') document.querySelector<HTMLElement>('.fl-tab[data-active="true"] .fl-tab-name')?.focus();
    };
    return () => {
      terminals.onPageAction = undefined;
    };
  }, []);
  return (
    <div className="fl-terminals">
      <h1 className="fl-offscreen">Terminals</h1>
      {tab ? <TabBar view={view} picking={picking} setPicking={setPicking} onFind={() => setFinding(tab.focused)} /> : null}
      {tab ? <Panes view={view} finding={finding} onFindEnd={() => setFinding(null)} /> : <Nothing />}
      {focused ? <StatusBar view={focused} /> : null}
    </div>
  );
}

type PanesProps = { view: TerminalsView; finding: string | null; onFindEnd: () => void };

function Panes({ view, finding, onFindEnd }: PanesProps) {
  const tab = activeTab(view.layout);
  if (!tab) return null;
  const panes = tab.panes.flatMap((key) => {
    const session = terminals.session(key);
    return session ? [session] : [];
  });
  return (
    <div className="fl-panes" data-direction={tab.direction}>
      {panes.map((session, index) => (
        <Pane
          key={session.key}
          session={session}
          view={session.view}
          position={index + 1}
          focused={tab.focused === session.key}
          alone={panes.length === 1}
          finding={finding === session.key}
          onFindEnd={onFindEnd}
        />
      ))}
    </div>
  );
}

function Nothing() {
  return (
    <div className="fl-nothing">
      <h2>Open a terminal</h2>
      <p>It stays open while you look at other pages, and comes back after a lost connection or a reload.</p>
      <MachinePicker onPick={(agentId) => terminals.open(agentId)} />
    </div>
  );
}

/** `/terminals?open=AGENT` opens one terminal, once, and leaves a plain address behind for the reload. */
function useOpenFromAddress(): void {
  const { open } = useSearch({ from: '/signed-in/terminals' });
  const navigate = useNavigate();
  const handled = useRef<string>(undefined);
  useEffect(() => {
    if (open !== undefined && handled.current !== open) {
      if (!terminals.open(open)) notifications.show({ color: 'red', message: TOO_MANY });
      void navigate({ to: '/terminals', replace: true });
    }
    handled.current = open;
  }, [open, navigate]);
}

/** Something that had the keyboard is gone (the palette, a menu): it goes back to the terminal, not to nowhere. */
function useKeyboardHome(): void {
  useEffect(() => {
    const look = () =>
      requestAnimationFrame(() => {
        // Selected text of the page would be lost with the focus.
        const idle = document.activeElement === document.body && document.getSelection()?.isCollapsed !== false;
        if (idle) terminals.focused?.focus();
      });
    document.addEventListener('keyup', look);
    document.addEventListener('click', look);
    return () => {
      document.removeEventListener('keyup', look);
      document.removeEventListener('click', look);
    };
  }, []);
}
