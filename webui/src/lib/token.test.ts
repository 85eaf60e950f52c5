import { expect, test } from 'vitest';
import { readClaims, refreshDelayMs } from '@/lib/token';

const jwt = (claims: object) => `h.${btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.s`;

test('a day-long token is renewed after eighteen hours', () => {
  expect(refreshDelayMs(jwt({ iat: 1000, exp: 1000 + 86_400 }), 1_000_000)).toBe(18 * 3_600_000);
});

test('a token that is nearly over is renewed at once', () => {
  expect(refreshDelayMs(jwt({ iat: 0, exp: 100 }), 99_000)).toBe(0);
});

test('claims with characters outside plain base64 are read', () => {
  expect(readClaims(jwt({ name: '???>>>~~~', exp: 5 })).exp).toBe(5);
});

test('garbage plans no refresh soon', () => {
  expect(refreshDelayMs('not a token', 0)).toBeGreaterThan(1_000_000);
});
