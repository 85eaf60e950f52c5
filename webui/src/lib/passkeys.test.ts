import { expect, test } from 'vitest';
import { base64urlOf, bytesOf } from '@/lib/passkeys';

test.each([[[]], [[0]], [[251, 255, 190]], [[1, 2, 3, 4]]])('bytes %j survive the way there and back', (bytes) => {
  const text = base64urlOf(new Uint8Array(bytes).buffer);
  expect(text).not.toMatch(/[+/=]/);
  expect([...bytesOf(text)]).toEqual(bytes);
});

test('the two letters in which base64url differs are read', () => {
  expect([...bytesOf('-_--')]).toEqual([...bytesOf('+/++')]);
});
