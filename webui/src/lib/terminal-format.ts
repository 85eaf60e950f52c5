/** Numbers of the status bar in words. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** 1536 → "1.5 KiB". */
export function byteCount(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

export type Pace = 'quick' | 'fair' | 'slow';

/** Where a round trip stops being felt as instant (80 ms) and where typing gets unpleasant (250 ms). */
export function paceOf(roundTripMs: number): Pace {
  if (roundTripMs < 80) return 'quick';
  return roundTripMs < 250 ? 'fair' : 'slow';
}
