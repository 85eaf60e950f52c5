import { expect, test } from 'vitest';
import { newPassword, passwordFaults } from './new-password';

const faults = (next: string, again = next) => passwordFaults({ current: 'the old password', next, again });

test('a new password typed twice will do', () => {
  expect(faults('eight ch')).toEqual({});
});

test('a short one is refused by characters, not by code units', () => {
  expect(faults('seven c').next).toBe('At least 8 characters');
  expect(faults('🚢🚢🚢🚢').next).toBe('At least 8 characters');
});

test('the one there is, and one typed differently, are refused', () => {
  expect(faults('the old password').next).toBe('This is the one you have');
  expect(faults('the new password', 'the new passwort')).toEqual({ again: 'Not the same as above' });
});

test('a made password is long, readable, and never the same', () => {
  const made = Array.from({ length: 50 }, newPassword);
  expect(new Set(made).size).toBe(50);
  for (const password of made) expect(password).toMatch(/^([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}$/);
});
