import { expect, test } from 'vitest';
import type { Machine } from '@/api/types';
import { matches, parseFilter, withStatus, withTag } from '@/lib/filter';

const machine = { name: 'web-1', description: 'Shop', hostname: 'web-1.lan', os: 'Debian 12', ip_address: '10.0.0.7', tags: ['Prod', 'eu west'], status: 'online' } as Machine;

test.each([
  ['', true],
  ['web', true],
  ['WEB debian', true],
  ['web windows', false],
  ['10.0.0.7', true],
  ['status:online', true],
  ['status:offline', false],
  ['tag:prod', true],
  ['tag:pro', false],
  ['tag:"eu west" shop', true],
  ['label:prod status:online web', true],
])('%s', (text, expected) => {
  expect(matches(machine, parseFilter(text))).toBe(expected);
});

test('the status tab changes only the status', () => {
  expect(withStatus('web status:offline tag:prod', 'online')).toBe('status:online web tag:prod');
  expect(withStatus('status:online web', null)).toBe('web');
});

test('a tag is added once, quoted when it has a space', () => {
  expect(withTag('web', 'eu west')).toBe('web tag:"eu west"');
  expect(withTag('tag:prod', 'prod')).toBe('tag:prod');
});
