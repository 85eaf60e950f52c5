/** Short words over an intact screen, never a dialog: the line is down, the shell ended, a paste or a link needs a yes. */
import { Button, CloseButton } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { CommandNotice } from '@/components/terminal/command-notice';
import type { TerminalSession } from '@/components/terminal/session';
import { terminals } from '@/components/terminal/store';
import type { Notice, SessionView } from '@/components/terminal/view';
import { pasteSize } from '@/lib/paste';
import { byteCount } from '@/lib/terminal-format';

const NEWS_MS = 6000;
const SHOWN_LINES = 4;

type Props = { session: TerminalSession; view: SessionView };

export function Notices({ session, view }: Props) {
  return (
    <div className="fl-notices" aria-live="polite">
      {view.answers.map((answer) => (
        <CommandNotice key={answer.command_id} answer={answer} dismiss={() => session.dismissAnswer(answer.command_id)} />
      ))}
      {view.notice ? <Asked session={session} notice={view.notice} /> : null}
      <Line session={session} view={view} />
    </div>
  );
}

/** How the connection stands, where it does not stand well. */
function Line({ session, view }: Props) {
  if (view.phase === 'waiting') return <Waiting session={session} view={view} />;
  if (view.phase === 'ended' || view.phase === 'refused') return <Over session={session} view={view} />;
  if (view.phase === 'live' && view.linkLost) {
    return <Card tone="warn">The relay has lost {view.machineName} and waits for it. If only the line was lost, the shell goes on.</Card>;
  }
  return null;
}

function Waiting({ session, view }: Props) {
  const seconds = useSecondsUntil(view.retryAt ?? 0);
  const kept = view.waitingBytes > 0 ? ` ${byteCount(view.waitingBytes)} of typing waits.` : '';
  return (
    <Card
      tone="warn"
      action={
        <Button size="compact-xs" variant="default" onClick={() => session.reconnect()}>
          Retry now
        </Button>
      }
    >
      {sentence(view.words)} Next try {seconds > 0 ? `in ${seconds} s` : 'now'}.{kept}
    </Card>
  );
}

function Over({ session, view }: Props) {
  const taken = view.exit === null && view.words.includes('taken over');
  return (
    <Card
      tone={view.phase === 'refused' ? 'bad' : 'plain'}
      action={
        <>
          {taken ? (
            <Button size="compact-xs" variant="default" onClick={() => session.reconnect()}>
              Take it back
            </Button>
          ) : null}
          <Button size="compact-xs" variant="default" onClick={() => session.openAgain()}>
            Open again
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => terminals.close(session.key)}>
            Close
          </Button>
        </>
      }
    >
      {sentence(view.words)}
    </Card>
  );
}

function Asked({ session, notice }: { session: TerminalSession; notice: Notice }) {
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // What the person did brings the keyboard here, to the harmless answer; what a machine did must not take it away.
    if (notice.kind === 'paste' || notice.kind === 'link') cancel.current?.focus();
  }, [notice]);
  if (notice.kind === 'words') return <News session={session} words={notice.words} />;
  const { text, shown, verb } = question(notice);
  return (
    <Card
      tone="warn"
      action={
        <>
          <Button size="compact-xs" variant="filled" onClick={() => session.answer(true)}>
            {verb}
          </Button>
          <Button size="compact-xs" variant="default" ref={cancel} onClick={() => session.answer(false)}>
            Cancel
          </Button>
        </>
      }
    >
      {text}
      <pre className="fl-notice-shown">{shown}</pre>
    </Card>
  );
}

function question(notice: Exclude<Notice, { kind: 'words' }>): { text: string; shown: string; verb: string } {
  if (notice.kind === 'link') return { text: 'Open this address in a new tab?', shown: notice.target, verb: 'Open' };
  if (notice.kind === 'copy') return { text: 'The machine wants to put this on your clipboard:', shown: firstLines(notice.text), verb: 'Copy' };
  return { text: `Paste ${pasteSize(notice.text)}? The shell would run each line at once.`, shown: firstLines(notice.text), verb: 'Paste' };
}

function firstLines(text: string): string {
  const lines = text.split('\n');
  return lines.length > SHOWN_LINES ? `${lines.slice(0, SHOWN_LINES).join('\n')}\n…` : text;
}

function News({ session, words }: { session: TerminalSession; words: string }) {
  useEffect(() => {
    const timer = setTimeout(() => session.dismiss(words), NEWS_MS);
    return () => clearTimeout(timer);
  }, [session, words]);
  return (
    <Card tone="plain" action={<CloseButton size="sm" aria-label="Dismiss" onClick={() => session.dismiss(words)} />}>
      {words}
    </Card>
  );
}

type CardProps = { tone: 'plain' | 'warn' | 'bad'; action?: ReactNode; children: ReactNode };

function Card({ tone, action, children }: CardProps) {
  return (
    <div className="fl-notice" data-tone={tone}>
      <div className="fl-notice-words">{children}</div>
      {action ? <div className="fl-notice-action">{action}</div> : null}
    </div>
  );
}

function useSecondsUntil(at: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((at - now) / 1000));
}

/** Some words come from the relay, with or without their full stop. */
function sentence(words: string): string {
  return /[.?!]$/.test(words) ? words : `${words}.`;
}
