/** A place on the page where one terminal is shown, with what is said over it. */
import { CloseButton } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { FindBar } from '@/components/terminal/find-bar';
import { Notices } from '@/components/terminal/notices';
import type { TerminalSession } from '@/components/terminal/session';
import { terminals } from '@/components/terminal/store';
import type { SessionView } from '@/components/terminal/view';

type Props = {
  session: TerminalSession;
  view: SessionView;
  position: number;
  focused: boolean;
  alone: boolean;
  finding: boolean;
  onFindEnd: () => void;
};

export function Pane({ session, view, position, focused, alone, finding, onFindEnd }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => (place.current ? show(session, place.current) : undefined), [session]);
  useEffect(() => {
    if (!focused || finding) return undefined;
    // After the frame of the page, which takes the focus at each navigation.
    const frame = requestAnimationFrame(() => session.focus());
    return () => cancelAnimationFrame(frame);
  }, [session, focused, finding]);
  return (
    <section
      className="fl-pane"
      data-focused={focused && !alone}
      aria-label={alone ? view.title : `${view.title}, pane ${position}`}
      onFocusCapture={() => terminals.focusPane(session.key)}
    >
      <div className="fl-pane-screen" ref={place} />
      {alone || finding ? null : (
        <CloseButton
          className="fl-pane-close"
          size="sm"
          aria-label={`Close ${view.title}`}
          title="Close this pane (Alt+Shift+W)"
          onClick={() => terminals.close(session.key)}
        />
      )}
      {finding ? <FindBar session={session} onEnd={onFindEnd} /> : null}
      <Notices session={session} view={view} />
    </section>
  );
}

/** Mounts the terminal and keeps it as large as its place; returns the undoing. */
function show(session: TerminalSession, place: HTMLElement): () => void {
  const unmount = session.mount(place);
  let frame = 0;
  const observer = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => session.emulator.fit());
  });
  observer.observe(place);
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    unmount();
  };
}
