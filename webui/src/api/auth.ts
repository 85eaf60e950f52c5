/** Signing in and out, and keeping the token fresh. */
import { request } from '@/api/client';
import { ApiError } from '@/api/errors';
import type { User } from '@/api/types';
import { bearerToken, forgetSession, replaceToken, signIn } from '@/lib/auth';

type LoginAnswer = { token?: string; user?: User };

/** Signs in with an e-mail address or a user name. Throws ApiError with the relay's text. */
export async function login(name: string, password: string): Promise<void> {
  const who = name.includes('@') ? { email: name } : { username: name };
  const answer = await request<LoginAnswer>('POST', '/api/auth/login', { body: { ...who, password }, anonymous: true });
  if (!answer.token || !answer.user) throw new ApiError('This account needs a second step this console does not offer yet', 0);
  signIn({ token: answer.token, user: answer.user });
}

/** Signs out here even when the relay cannot be told. */
export async function logout(): Promise<void> {
  try {
    await request<unknown>('POST', '/api/auth/logout');
  } catch {
    // The token dies with its own expiry; the person must be out now.
  }
  forgetSession('left');
}

export async function refresh(): Promise<void> {
  const token = bearerToken();
  if (token === null) return;
  const answer = await request<{ token: string }>('POST', '/api/auth/refresh', { body: { token } });
  if (token === bearerToken()) replaceToken(answer.token);
}
