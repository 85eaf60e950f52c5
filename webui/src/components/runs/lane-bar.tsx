/** How far a run has come: one bar, a stretch for each state, and the figures as words. */
import type { Run } from '@/api/types';
import { countsOf } from '@/lib/runs';

export function LaneBar({ run, small = false }: { run: Run; small?: boolean }) {
  const counts = countsOf(run);
  const words = counts.map(({ state, count }) => `${count.toLocaleString()} ${state.label}`).join(', ');
  return (
    <div className={small ? 'lane-bar lane-bar-small' : 'lane-bar'}>
      <svg viewBox={`0 0 ${Math.max(run.total, 1)} 1`} preserveAspectRatio="none" aria-hidden="true">
        {counts.map(({ state, count }, place) => <rect key={state.value} data-kind={state.kind} x={counts.slice(0, place).reduce((sum, each) => sum + each.count, 0)} width={count} height="1" />)}
      </svg>
      <span className="small dimmed">{words || 'no machines'}</span>
    </div>
  );
}
