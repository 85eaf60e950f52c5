/** What is true of the terminal in use: state, round trip, size, bytes, session. Words and numbers, colour only beside them. */
import { CopyButton } from '@mantine/core';
import { Dot } from '@/components/terminal/tab-bar';
import type { SessionView } from '@/components/terminal/view';
import { byteCount, paceOf } from '@/lib/terminal-format';

const STATE: Record<SessionView['phase'], string> = {
  new: 'starting',
  connecting: 'connecting',
  live: 'connected',
  waiting: 'reconnecting',
  ended: 'ended',
  refused: 'refused',
};

export function StatusBar({ view }: { view: SessionView }) {
  const { roundTripMs, access } = view;
  return (
    <div className="fl-status" role="group" aria-label="Terminal status">
      <span className="fl-status-item">
        <Dot view={view} />
        {view.linkLost && view.phase === 'live' ? 'machine lost' : STATE[view.phase]}
      </span>
      {roundTripMs === null ? null : (
        <span className="fl-status-item" data-pace={paceOf(roundTripMs)} title={`Round trip to the relay: ${paceOf(roundTripMs)}`}>
          {Math.round(roundTripMs)} ms
        </span>
      )}
      <span className="fl-status-item" title="Columns × rows">
        {view.cols}×{view.rows}
      </span>
      <span className="fl-status-item" title="Output of this session">
        {byteCount(view.bytes)}
      </span>
      {view.waitingBytes > 0 ? (
        <span className="fl-status-item" data-pace="fair">
          {byteCount(view.waitingBytes)} to send
        </span>
      ) : null}
      {view.readOnly ? <span className="fl-status-item fl-status-mark">read only</span> : null}
      {access ? (
        <span className="fl-status-item" title="Why you may be here">
          via {access}
        </span>
      ) : null}
      <CopyButton value={view.sessionId}>
        {({ copied, copy }) => (
          <button type="button" className="fl-status-id" onClick={copy} title="Copy the session id">
            {copied ? 'copied' : view.sessionId}
          </button>
        )}
      </CopyButton>
      <span className="fl-status-item fl-status-end">{view.renderer}</span>
    </div>
  );
}
