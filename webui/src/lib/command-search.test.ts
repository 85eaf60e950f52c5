import { expect, test } from 'vitest';
import { commandQuery, marked } from '@/lib/command-search';

const NOW = Date.parse('2026-11-25T12:00:42Z');

test('what stands in the address becomes a question', () => {
  expect(commandQuery({ q: 'rm -rf', machine: 'abc', outcome: 'bad', period: '24h' }, NOW)).toEqual({ q: 'rm -rf', agent_id: 'abc', success: false, from: '2026-11-24T12:00:00.000Z' });
  expect(commandQuery({}, NOW)).toEqual({});
});

test('matches are counted in characters', () => {
  expect(marked('🚢 rm x rm', [[2, 4], [7, 9]])).toEqual([{ text: '🚢 ', hit: false }, { text: 'rm', hit: true }, { text: ' x ', hit: false }, { text: 'rm', hit: true }]);
  expect(marked('abc', [])).toEqual([{ text: 'abc', hit: false }]);
});

test('matches that overlap are shown once', () => {
  expect(marked('aaa', [[0, 2], [1, 3]])).toEqual([{ text: 'aa', hit: true }, { text: 'a', hit: false }]);
});
