import { expect, test } from 'vitest';
import { parseSearch, stringifySearch } from '@/lib/search';

test('a filter survives the address bar as it was typed', () => {
  const search = { q: 'status:online tag:prod a&b=c + "x"' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test('a number stays text, as the person typed it', () => {
  expect(parseSearch('?q=007')).toEqual({ q: '007' });
});

test('a page number is written as a number', () => {
  expect(stringifySearch({ page: 2 })).toBe('?page=2');
});

test('empty and unknown values leave no trace in the address', () => {
  expect(stringifySearch({ q: '', tab: undefined })).toBe('');
});
