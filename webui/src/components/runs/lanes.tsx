/** A lane for each machine: state, exit code, and what it printed so far. */
import { Link } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import type { Lane } from '@/api/types';
import { Exit } from '@/components/commands/exit';
import { duration } from '@/lib/format';
import { laneState } from '@/lib/runs';

/** A lane without output; the real height is measured. */
const LANE_PX = 52;

export function Lanes({ lanes }: { lanes: Lane[] }) {
  const list = useRef<HTMLUListElement>(null);
  const rows = useWindowVirtualizer({ count: lanes.length, estimateSize: () => LANE_PX, overscan: 12, scrollMargin: list.current?.offsetTop ?? 0, getItemKey: (place) => lanes[place]?.agent_id ?? place });
  const items = rows.getVirtualItems();
  const before = (items[0]?.start ?? 0) - rows.options.scrollMargin;
  return (
    <ul ref={list} className="lanes" aria-label="Machines">
      {before > 0 ? <li aria-hidden="true" ref={(gap) => { if (gap !== null) gap.style.height = `${before}px`; }} /> : null}
      {items.map((item) => {
        const lane = lanes[item.index];
        return lane === undefined ? null : <li key={item.key} data-index={item.index} ref={rows.measureElement} className="lane"><OneLane lane={lane} /></li>;
      })}
      <li aria-hidden="true" ref={(gap) => { if (gap !== null) gap.style.height = `${Math.max(0, rows.getTotalSize() - ((items.at(-1)?.end ?? 0) - rows.options.scrollMargin))}px`; }} />
    </ul>
  );
}

function OneLane({ lane }: { lane: Lane }) {
  const state = laneState(lane.status);
  const ran = lane.status === 'succeeded' || lane.status === 'failed';
  return (
    <article className="panel" aria-label={lane.machine_name} data-kind={state.kind}>
      <header className="lane-head">
        {ran ? <Exit code={lane.exit_code} /> : <span className="lane-dot" aria-hidden="true" />}
        <Link className="machine-name" to="/machines/$agentId" params={{ agentId: lane.agent_id }}>{lane.machine_name}</Link>
        <span className="lane-state small">{state.label}</span>
        {lane.error === null ? null : <span className="small dimmed grow clip" title={lane.error}>{lane.error}</span>}
        {lane.duration_ms === null ? null : <span className="small dimmed lane-took">{duration(lane.duration_ms)}</span>}
      </header>
      {lane.stdout === '' ? null : <pre className="lane-output" tabIndex={0} aria-label={`Output of ${lane.machine_name}`}>{lane.stdout}</pre>}
      {lane.stderr === '' ? null : <pre className="lane-output" data-stream="stderr" tabIndex={0} aria-label={`Errors of ${lane.machine_name}`}>{lane.stderr}</pre>}
      {lane.truncated ? <p className="lane-note small dimmed">Only the beginning is shown.</p> : null}
    </article>
  );
}
