import { expect, test } from 'vitest';
import { type CommandAnswer, withAnswer, withoutAnswer } from './view';

const answer = (command_id: string, output = ''): CommandAnswer => ({ command_id, command: 'ls', output, exit_code: 0 });

test('an answer told again stands there once, as the newest', () => {
  const told = withAnswer(withAnswer([answer('a', 'old')], answer('b')), answer('a', 'new'));
  expect(told).toEqual([answer('b'), answer('a', 'new')]);
});

test('the oldest gives way to the fourth', () => {
  const told = ['a', 'b', 'c', 'd'].reduce<readonly CommandAnswer[]>((kept, id) => withAnswer(kept, answer(id)), []);
  expect(told.map((each) => each.command_id)).toEqual(['b', 'c', 'd']);
});

test('one that is taken off leaves the others', () => {
  expect(withoutAnswer([answer('a'), answer('b')], 'a')).toEqual([answer('b')]);
});
