import { expect, test } from 'vitest';
import { methodName } from '@/lib/logins';

test.each([['password', 'with the password'], ['oidc:github', 'with GitHub'], ['oidc:sso', 'with sso'], ['ssh', 'ssh']])('%s reads %s', (method, words) => {
  expect(methodName(method)).toBe(words);
});
