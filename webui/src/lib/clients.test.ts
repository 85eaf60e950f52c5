import { expect, test } from 'vitest';
import { cameFrom } from '@/lib/clients';

test('what is not known is left out', () => {
  expect(cameFrom({ source: 'cli', browser: 'Unknown', os: '' })).toBe('command line');
  expect(cameFrom({ source: 'ui', browser: 'Firefox', os: 'Linux' })).toBe('console · Firefox · Linux');
});
