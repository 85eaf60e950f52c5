import { expect, test } from 'vitest';
import { base64urlOf, bytesOf, refuseOtherName } from '@/lib/passkeys';

test.each([[[]], [[0]], [[251, 255, 190]], [[1, 2, 3, 4]]])('bytes %j survive the way there and back', (bytes) => {
  const text = base64urlOf(new Uint8Array(bytes).buffer);
  expect(text).not.toMatch(/[+/=]/);
  expect([...bytesOf(text)]).toEqual(bytes);
});

test('the two letters in which base64url differs are read', () => {
  expect([...bytesOf('-_--')]).toEqual([...bytesOf('+/++')]);
});

test.each([['relay.example', 'relay.example'], ['eu.relay.example', 'relay.example'], ['anything', undefined]])('at %s passkeys of %s may be asked for', (host, owner) => {
  expect(() => refuseOtherName(host, owner)).not.toThrow();
});

test('under another name the person hears which one it is', () => {
  expect(() => refuseOtherName('evilrelay.example', 'relay.example')).toThrow('belong to relay.example');
});
