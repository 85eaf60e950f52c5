/** The open terminals and what can be done with them. A list of buttons, not an ARIA tab list: each tab holds a second button. */
import { ActionIcon, Popover, Tooltip } from '@mantine/core';
import { IconLayoutColumns, IconLayoutRows, IconPlus, IconSearch, IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { Guide } from '@/components/terminal/guide';
import { MachinePicker } from '@/components/terminal/machine-picker';
import { terminals, type TerminalsView } from '@/components/terminal/store';
import type { SessionView } from '@/components/terminal/view';
import { activeTab, MAX_PANES, type Tab } from '@/lib/terminal-layout';

type Props = { view: TerminalsView; picking: boolean; setPicking: (picking: boolean) => void; onFind: () => void };

export function TabBar({ view, picking, setPicking, onFind }: Props) {
  const { layout } = view;
  const tab = activeTab(layout);
  const whole = !tab || tab.panes.length >= MAX_PANES;
  return (
    <div className="fl-tabs">
      <ul className="fl-tabs-list" aria-label="Open terminals">
        {layout.tabs.map((one, index) => (
          <TabItem key={one.id} tab={one} index={index} view={view} active={one === tab} />
        ))}
      </ul>
      <div className="fl-tabs-actions">
        <Popover opened={picking} onChange={setPicking} position="bottom-end" shadow="md" trapFocus returnFocus transitionProps={{ duration: 0 }}>
          <Popover.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="New terminal"
              title="New terminal (Alt+Shift+N)"
              aria-expanded={picking}
              onClick={() => setPicking(!picking)}
            >
              <IconPlus size={18} />
            </ActionIcon>
          </Popover.Target>
          <Popover.Dropdown className="fl-picker-dropdown">
            <MachinePicker
              onPick={(agentId) => {
                setPicking(false);
                terminals.open(agentId);
              }}
            />
          </Popover.Dropdown>
        </Popover>
        <Tool label="Split side by side" keys="Alt+Shift+D" off={whole} act={() => terminals.split('row')}>
          <IconLayoutColumns size={18} />
        </Tool>
        <Tool label="Split one above the other" keys="Alt+Shift+-" off={whole} act={() => terminals.split('column')}>
          <IconLayoutRows size={18} />
        </Tool>
        <Tool label="Find" keys="Ctrl+Shift+F" off={!tab} act={onFind}>
          <IconSearch size={18} />
        </Tool>
        <Guide />
      </div>
    </div>
  );
}

type ToolProps = { label: string; keys: string; off: boolean; act: () => void; children: ReactNode };

function Tool({ label, keys, off, act, children }: ToolProps) {
  return (
    <Tooltip label={`${label} (${keys})`}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} disabled={off} onClick={act}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function TabItem({ tab, index, view, active }: { tab: Tab; index: number; view: TerminalsView; active: boolean }) {
  const item = useRef<HTMLLIElement>(null);
  const session = view.sessions.get(tab.focused);
  useEffect(() => {
    if (active) item.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [active]);
  if (!session) return null;
  const unread = !active && tab.panes.some((pane) => view.sessions.get(pane)?.unread);
  return (
    <li className="fl-tab" data-active={active} ref={item}>
      <button
        type="button"
        className="fl-tab-name"
        aria-current={active ? 'true' : undefined}
        title={tip(session.title, index)}
        onClick={() => terminals.activate(tab.id)}
      >
        <Dot view={session} />
        <span className="fl-tab-title">{session.title}</span>
        {tab.panes.length > 1 ? (
          <span className="fl-tab-count" title="Two panes">
            2
          </span>
        ) : null}
        {unread ? <span className="fl-tab-unread" title="New output" /> : null}
      </button>
      <button type="button" className="fl-tab-close" aria-label={`Close ${session.title}`} onClick={() => terminals.closeTab(tab.id)}>
        <IconX size={14} />
      </button>
    </li>
  );
}

function tip(title: string, index: number): string {
  return index < 9 ? `${title} (Alt+${index + 1})` : title;
}

/** The state as a shape as well as a colour: full, half, empty. */
export function Dot({ view }: { view: SessionView }) {
  const state = view.phase === 'live' && view.linkLost ? 'waiting' : view.phase;
  return <span className="fl-dot" data-state={state} aria-hidden="true" />;
}
