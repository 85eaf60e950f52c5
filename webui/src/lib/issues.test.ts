import { expect, test } from 'vitest';
import { readTags, stateName } from '@/lib/issues';

test('tags are what stands between commas, each once', () => {
  expect(readTags(' disk, nginx ,,disk')).toEqual(['disk', 'nginx']);
});

test('a state that is not known is shown as it came', () => {
  expect(stateName('in_progress')).toBe('In progress');
  expect(stateName('parked')).toBe('parked');
});
