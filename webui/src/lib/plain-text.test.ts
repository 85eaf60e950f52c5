import { expect, test } from 'vitest';
import { excerpt } from './plain-text';

test('colours, titles and clipboard sequences are left out', () => {
  expect(excerpt('\u001b[1;31mred\u001b[0m \u001b]0;title\u0007\u001b]52;c;aGk=\u001b\\end', 6).text).toBe('red end');
});

test('what makes a text read differently is left out', () => {
  expect(excerpt('user\u202eexe.txt\u0000\u200b\u0085', 6).text).toBe('userexe.txt');
});

test('the first lines are shown and the others counted', () => {
  expect(excerpt('one\r\ntwo\nthree\n\n', 2)).toEqual({ text: 'one\ntwo', more: 1 });
  expect(excerpt('one\ntwo\n', 2)).toEqual({ text: 'one\ntwo', more: 0 });
});

test('no output is no line', () => {
  expect(excerpt('\n \u001b[K\n', 6)).toEqual({ text: '', more: 0 });
});

test('a long line is cut, between characters', () => {
  const { text } = excerpt('🚢'.repeat(300), 6);
  expect([...text]).toHaveLength(201);
  expect(text.endsWith('🚢…')).toBe(true);
});
