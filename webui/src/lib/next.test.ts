import { expect, test } from 'vitest';
import { safeNext } from '@/lib/next';

test.each(['/machines/abc?tab=access', '/terminals', '/groups/1#x'])('%s is a page of ours', (next) => {
  expect(safeNext(next)).toBe(next);
});

test.each([undefined, '', '//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/login?next=/x', '/password?next=/x'])('%s leads to the machines', (next) => {
  expect(safeNext(next)).toBe('/machines');
});
