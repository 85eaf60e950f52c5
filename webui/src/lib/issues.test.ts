import { expect, test } from 'vitest';
import { readTags, stateName, withLine } from '@/lib/issues';

test('tags are what stands between commas, each once', () => {
  expect(readTags(' disk, nginx ,,disk')).toEqual(['disk', 'nginx']);
});

test('a state that is not known is shown as it came', () => {
  expect(stateName('in_progress')).toBe('In progress');
  expect(stateName('parked')).toBe('parked');
});

test('a line is put under what is there', () => {
  expect(withLine('', 'x')).toBe('x\n');
  expect(withLine('a', 'x')).toBe('a\nx\n');
});
