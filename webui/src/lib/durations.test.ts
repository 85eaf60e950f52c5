import { expect, test } from 'vitest';
import { DURATIONS, minutesInWords } from '@/lib/durations';

test('minutes are said as people say them', () => {
  expect(minutesInWords(60)).toBe('1 hour');
  expect(minutesInWords(90)).toBe('1 hour 30 minutes');
  expect(minutesInWords(2 * 1440 + 181)).toBe('2 days 3 hours');
  expect(minutesInWords(0)).toBe('0 minutes');
});

test('the choices say what they are', () => {
  expect(DURATIONS.map(({ value }) => minutesInWords(Number(value)))).toEqual(DURATIONS.map(({ label }) => label));
});
