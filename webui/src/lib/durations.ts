/** For how long: choices within a working day, the most a relay allows unless it is told otherwise, and minutes in words. */
export const DURATIONS = [
  { value: '30', label: '30 minutes' }, { value: '60', label: '1 hour' }, { value: '120', label: '2 hours' }, { value: '240', label: '4 hours' }, { value: '480', label: '8 hours' },
];

const SIZES: readonly (readonly [minutes: number, name: string])[] = [[1440, 'day'], [60, 'hour'], [1, 'minute']];

/** "1 hour", "2 days 3 hours", "90 minutes" as "1 hour 30 minutes". */
export function minutesInWords(minutes: number): string {
  let left = Math.max(0, Math.round(minutes));
  const parts: string[] = [];
  for (const [size, name] of SIZES) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return parts.slice(0, 2).join(' ') || '0 minutes';
}
