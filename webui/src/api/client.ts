/**
 * The relay's API as its own OpenAPI document types it: bearer token on every request, refusals in the relay's own words.
 *
 * Every call throws ApiError for a refusal (status 0 when no answer came); a refused token ends the session of this tab.
 */
import createFetchClient, { type Middleware } from 'openapi-fetch';
import { ApiError } from '@/api/errors';
import type { paths } from '@/api/schema';
import { bearerToken, forgetSession, requireFactor, requirePassword } from '@/lib/auth';

/** Signing in again with a wrong password must not end a session, and has no use for an old token. */
const ANONYMOUS = new Set(['/api/auth/login', '/api/auth/select-tenant', '/api/auth/verify-otp', '/api/auth/second-factor', '/api/auth/second-factor/passkey-options', '/api/auth/oidc/providers']);

/** The relay's words for somebody who came in with a password that works once. */
const PASSWORD_FIRST = 'Password change required';

/** And for somebody whose organization wants a second factor, which they do not have. */
const FACTOR_FIRST = 'Second factor enrolment required';

const door: Middleware = {
  onRequest({ request, schemaPath }) {
    const token = bearerToken();
    if (token !== null && !ANONYMOUS.has(schemaPath) && !request.headers.has('Authorization')) request.headers.set('Authorization', `Bearer ${token}`);
  },
  async onResponse({ request, response }) {
    if (response.ok) return;
    const sent = request.headers.get('Authorization');
    const text = await refusalText(response);
    // Only when the refused token is still ours: a late answer must not end the next person's session.
    const ours = sent !== null && sent === `Bearer ${bearerToken()}`;
    if (ours && response.status === 401) forgetSession('refused');
    if (ours && response.status === 403 && text === PASSWORD_FIRST) requirePassword();
    if (ours && response.status === 403 && text === FACTOR_FIRST) requireFactor();
    throw new ApiError(text, response.status);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    return new ApiError('The relay does not answer. Is it running, and is this computer online?', 0);
  },
};

async function refusalText(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: unknown };
    if (typeof error === 'string' && error !== '') return error;
  } catch {
    // Not the relay's own answer (a proxy's page): the status is all there is.
  }
  return `The relay answered ${response.status}`;
}

export const relay = createFetchClient<paths>({ cache: 'no-store', headers: { Accept: 'application/json' } });
relay.use(door);

/** The answer of a request that cannot have failed any more: refusals were thrown before. */
export function answered<T>({ data }: { data?: T }): T {
  if (data === undefined) throw new ApiError('The relay sent an empty answer', 0);
  return data;
}
