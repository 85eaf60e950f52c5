/** Signing in and out, and keeping the token fresh. */
import { answered, relay } from '@/api/client';
import { ApiError } from '@/api/errors';
import type { components } from '@/api/schema';
import type { Tenant } from '@/api/types';
import { bearerToken, currentSession, forgetSession, replaceToken, type Session, signIn, switchTo } from '@/lib/auth';
import { askPasskey } from '@/lib/passkeys';

export type Method = 'totp' | 'passkey' | 'recovery_code';

/** What the relay asks after a proof, with the token that stands for the proof: an organization, a code of a mail, a second factor. */
export type Step =
  | { readonly kind: 'tenant'; readonly proof: string; readonly tenants: readonly Tenant[] }
  | { readonly kind: 'mail'; readonly proof: string; readonly username: string; readonly minutes: number }
  | { readonly kind: 'factor'; readonly proof: string; readonly username: string; readonly methods: readonly Method[] };

export type LoginAnswer = components['schemas']['LoginAnswer'];

/** Signs in with an e-mail address or a user name. Gives what is asked next, null when that was all; throws ApiError with the relay's text. */
export async function login(name: string, password: string): Promise<Step | null> {
  const who = name.includes('@') ? { email: name } : { username: name };
  return enter(answered(await relay.POST('/api/auth/login', { body: { ...who, password } })));
}

export async function selectTenant(proof: string, tenantId: string): Promise<Step | null> {
  return enter(answered(await relay.POST('/api/auth/select-tenant', { body: { session_token: proof, tenant_id: tenantId } })));
}

/** By the code that came by mail. */
export async function verifyCode({ username, proof }: { username: string; proof: string }, code: string): Promise<Step | null> {
  return enter(answered(await relay.POST('/api/auth/verify-otp', { body: { username, otp_code: code, session_token: proof } })));
}

/** By a code of the authenticator app, or one of the recovery codes. */
export async function proveCode(proof: string, method: 'totp' | 'recovery_code', code: string): Promise<Step | null> {
  return enter(answered(await relay.POST('/api/auth/second-factor', { body: { session_token: proof, method, code } })));
}

export async function provePasskey(proof: string): Promise<Step | null> {
  const { options } = answered(await relay.POST('/api/auth/second-factor/passkey-options', { body: { session_token: proof } }));
  const credential = await askPasskey(options);
  return enter(answered(await relay.POST('/api/auth/second-factor', { body: { session_token: proof, method: 'passkey', credential } })));
}

/** The step an answer asks for; null when it holds a token. */
export function stepOf(answer: LoginAnswer): Step | null {
  const proof = answer.session_token;
  if (answer.requires_tenant_selection) return { kind: 'tenant', proof, tenants: answer.tenants ?? [] };
  if (answer.requires_otp) return { kind: 'mail', proof, username: answer.username ?? '', minutes: answer.otp_expires_in_min ?? 10 };
  if (answer.requires_second_factor) return { kind: 'factor', proof, username: answer.username ?? '', methods: (answer.methods ?? []) as Method[] };
  return null;
}

function enter(answer: LoginAnswer): Step | null {
  const step = stepOf(answer);
  if (step !== null) return step;
  if (!answer.token || !answer.user) throw new ApiError('The relay sent neither a token nor a question', 0);
  // The account key is a standing credential: it has no business in this tab's storage.
  const { api_key: _kept, ...user } = answer.user;
  begin({ ...sessionFacts(answer), token: answer.token, user });
  return null;
}

/** With a token that came without the person's name: it is asked for with that very token. */
export async function enterWith(answer: LoginAnswer): Promise<void> {
  const token = answer.token ?? '';
  const { user } = answered(await relay.GET('/api/users/me', { headers: { Authorization: `Bearer ${token}` } }));
  enter({ ...answer, user });
}

/** What of an answer belongs to the session beside token and person. */
export function sessionFacts(answer: LoginAnswer): Omit<Session, 'token' | 'user'> {
  return {
    mustChoosePassword: answer.password_change_required === true,
    passwordWasGiven: answer.must_reset_password === true,
    mustAddFactor: answer.second_factor_enrolment_required === true,
    switchToken: answer.session_token,
    tenants: answer.available_tenants ?? [],
  };
}

/** Whoever is signed in already changes the account. */
export function begin(session: Session): void {
  if (currentSession() === null) signIn(session);
  else switchTo(session);
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
