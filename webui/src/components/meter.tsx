/** One share of a machine (processor, memory, disk): a bar, its number, and a warning that is not only a colour. */

/** Percent from which a share deserves a look, and from which it hurts. */
const WARNING = 80;
const CRITICAL = 95;

export type Level = 'good' | 'warning' | 'critical';

export function levelOf(percent: number): Level {
  if (percent >= CRITICAL) return 'critical';
  return percent >= WARNING ? 'warning' : 'good';
}

const MARK: Record<Level, string> = { good: '', warning: ' high', critical: ' critical' };

type Props = { label: string; percent: number | null; stale?: boolean; showLabel?: boolean };

export function Meter({ label, percent, stale = false, showLabel = false }: Props) {
  const caption = showLabel ? <span className="meter-label">{label}</span> : null;
  if (percent === null) return <span className="meter">{caption}<span className="dimmed" aria-label={`${label} unknown`} role="img">–</span></span>;
  const level = levelOf(percent);
  const rounded = Math.round(percent);
  return (
    <span className="meter" data-level={level} data-stale={stale || undefined}>
      {caption}
      <span className="meter-track" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={rounded}
        aria-valuetext={`${rounded}%${MARK[level]}${stale ? ', last known' : ''}`} title={`${label} ${percent.toFixed(1)}%${MARK[level]}`}>
        <span style={{ width: `${Math.min(percent, 100)}%` }} />
      </span>
      <span className="meter-value" aria-hidden="true">{rounded}%</span>
    </span>
  );
}
