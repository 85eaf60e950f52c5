import { expect, test } from 'vitest';
import { ago, duration, moment, rate, shortSystem } from '@/lib/format';

const now = Date.parse('2026-11-21T12:00:00Z');

test.each([
  ['2026-11-21T11:59:55Z', 'now'],
  ['2026-11-21T11:59:15Z', '45 s ago'],
  ['2026-11-21T11:57:00Z', '3 min ago'],
  ['2026-11-21T02:00:00Z', '10 h ago'],
  ['2026-11-17T11:00:00Z', '4 d ago'],
  ['2026-11-21T14:00:00Z', 'in 2 h'],
  ['nonsense', '–'],
])('%s is %s', (iso, expected) => {
  expect(ago(iso, now)).toBe(expected);
});

test.each([[0, '0 ms'], [850, '850 ms'], [4200, '4.2 s'], [59_980, '1 min 0 s'], [185_000, '3 min 5 s'], [7_800_000, '2 h 10 min'], [90_000_000, '1 d 1 h']])(
  '%d ms is %s',
  (milliseconds, expected) => {
    expect(duration(milliseconds)).toBe(expected);
  },
);

test.each([[0, '0 B/s'], [999, '999 B/s'], [1500, '1.5 kB/s'], [2_500_000, '2.5 MB/s']])('%d is %s', (bytes, expected) => {
  expect(rate(bytes)).toBe(expected);
});

test.each([['Debian GNU/Linux 12 (bookworm)', 'Debian 12'], ['Ubuntu 24.04.3 LTS', 'Ubuntu 24.04 LTS'], ['Alpine Linux v3.22', 'Alpine Linux v3.22'], ['', '']])('%s is shown as %s', (os, expected) => {
  expect(shortSystem(os)).toBe(expected);
});

test('an unreadable moment is a dash, never "Invalid Date"', () => {
  expect(moment('')).toBe('–');
});
