/** Times, sizes and durations as the console writes them. */

const STEPS: readonly (readonly [limitS: number, sizeS: number, unit: string])[] = [
  [60, 1, 's'], [3600, 60, 'min'], [86_400, 3600, 'h'], [86_400 * 60, 86_400, 'd'], [86_400 * 730, 86_400 * 30, 'mo'], [Infinity, 86_400 * 365, 'y'],
];

/** "now", "3 min ago", "in 2 h". */
export function ago(iso: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(iso)) / 1000;
  if (Number.isNaN(seconds)) return '–';
  const size = Math.abs(seconds);
  if (size < 10) return 'now';
  const [, unitS, unit] = STEPS.find(([limit]) => size < limit) ?? [0, 1, 's'];
  const text = `${Math.floor(size / unitS)} ${unit}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** "Debian GNU/Linux 12 (bookworm)" as a table has room for it: "Debian 12". */
export function shortSystem(os: string): string {
  return os.replace(' GNU/Linux', '').replace(/ \([^)]*\)$/, '').replace(/^(Ubuntu \d+\.\d+)\.\d+/, '$1');
}

/** A moment in the reader's own time zone, to the second. */
export function moment(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '–' : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** The time of day alone, to the second, where the day is known from elsewhere. */
export function timeOfDay(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '–' : date.toLocaleTimeString(undefined, { timeStyle: 'medium' });
}

/** "850 ms", "4.2 s", "3 min 5 s", "2 h 10 min". */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** Bytes per second, decimal units as networks count. */
export function rate(bytesPerSecond: number): string {
  const units = ['B/s', 'kB/s', 'MB/s', 'GB/s'];
  let value = bytesPerSecond;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
