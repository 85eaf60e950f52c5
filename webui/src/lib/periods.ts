/** "The last hour" and its like, as choices and as a bound of time. */
export const PERIODS = [
  { value: '', label: 'Any time' }, { value: '1h', label: 'Last hour' }, { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' }, { value: '30d', label: 'Last 30 days' }, { value: 'days', label: 'From … to …' },
];
const HOURS: Record<string, number> = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 };

export type Period = { period?: string | undefined; from?: string | undefined; to?: string | undefined };

/** The bounds a period means; to the minute, so that one question stays the same question. */
export function boundsOf({ period, from, to }: Period, nowMs: number): { from?: string; to?: string } {
  if (period === 'days') return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const hours = HOURS[period ?? ''];
  return hours === undefined ? {} : { from: new Date(Math.floor(nowMs / 60_000) * 60_000 - hours * 3_600_000).toISOString() };
}
