/** Signing in and out, and keeping the token fresh. */
import { answered, relay } from '@/api/client';
import { ApiError } from '@/api/errors';
import type { components } from '@/api/schema';
import type { Tenant } from '@/api/types';
import { bearerToken, forgetSession, replaceToken, signIn } from '@/lib/auth';

/** Which organization, when one address belongs to several: the proof of the password and the choice. */
export type TenantChoice = { proof: string; tenants: Tenant[] };

/** Signs in with an e-mail address or a user name; null when that was all. Throws ApiError with the relay's text. */
export async function login(name: string, password: string): Promise<TenantChoice | null> {
  const who = name.includes('@') ? { email: name } : { username: name };
  return enter(answered(await relay.POST('/api/auth/login', { body: { ...who, password } })));
}

export async function selectTenant(proof: string, tenantId: string): Promise<void> {
  enter(answered(await relay.POST('/api/auth/select-tenant', { body: { session_token: proof, tenant_id: tenantId } })));
}

function enter(answer: components['schemas']['LoginAnswer']): TenantChoice | null {
  if (answer.requires_tenant_selection) return { proof: answer.session_token, tenants: answer.tenants ?? [] };
  if (!answer.token || !answer.user) throw new ApiError('This account needs a second step this console does not offer yet', 0);
  // The account key is a standing credential: it has no business in this tab's storage.
  const { api_key: _kept, ...user } = answer.user;
  signIn({ token: answer.token, user, mustChoosePassword: answer.password_change_required === true });
  return null;
}

/** Signs out here even when the relay cannot be told. */
export async function logout(): Promise<void> {
  try {
    await relay.POST('/api/auth/logout');
  } catch {
    // The token dies with its own expiry; the person must be out now.
  }
  forgetSession('left');
}

export async function refresh(): Promise<void> {
  const token = bearerToken();
  if (token === null) return;
  const answer = answered(await relay.POST('/api/auth/refresh', { body: { token } }));
  if (token === bearerToken()) replaceToken(answer.token);
}
