/** When a grant ends: the choices of the form and the moment they mean. */

const HOUR_MS = 3_600_000;
const LENGTH_MS: Record<string, number> = { hour: HOUR_MS, workday: 8 * HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS };

export const ENDS = [
  { value: 'never', label: 'Never' },
  { value: 'hour', label: 'In 1 hour' },
  { value: 'workday', label: 'In 8 hours' },
  { value: 'day', label: 'In 1 day' },
  { value: 'week', label: 'In 7 days' },
  { value: 'at', label: 'At a time…' },
];

/** RFC 3339 UTC without fractions; '' for no end; null while the choice is unfinished or lies in the past. */
export function endOf(choice: string, local: string, nowMs: number): string | null {
  if (choice === 'never') return '';
  const length = LENGTH_MS[choice];
  const at = length === undefined ? new Date(local).getTime() : nowMs + length;
  return Number.isNaN(at) || at <= nowMs ? null : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
