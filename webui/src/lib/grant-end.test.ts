import { expect, test } from 'vitest';
import { endOf } from '@/lib/grant-end';

const now = Date.parse('2026-11-21T12:00:00.250Z');

test.each([['never', ''], ['hour', '2026-11-21T13:00:00Z'], ['week', '2026-11-28T12:00:00Z']])('%s', (choice, expected) => {
  expect(endOf(choice, '', now)).toBe(expected);
});

test('a chosen moment is sent in UTC', () => {
  const local = '2027-01-02T03:04';
  expect(endOf('at', local, now)).toBe(new Date(local).toISOString().replace('.000Z', 'Z'));
});

test('no moment, or one in the past, is not an end', () => {
  expect(endOf('at', '', now)).toBeNull();
  expect(endOf('at', '2020-01-01T00:00', now)).toBeNull();
});
