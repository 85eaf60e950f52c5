/** One request to the relay: bearer token, JSON both ways, and refusals in the relay's own words. */
import { ApiError } from '@/api/errors';
import { bearerToken, forgetSession } from '@/lib/auth';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Query = Record<string, string | number | undefined>;
type Options = { body?: unknown; query?: Query; signal?: AbortSignal; anonymous?: boolean };

/**
 * Sends one request and returns the parsed answer.
 *
 * Throws ApiError with the relay's text; status 0 when no answer came. A refused token (401) ends the session of this tab.
 */
export async function request<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const token = options.anonymous ? null : bearerToken();
  const response = await send(method, path, options, token);
  const answer = await read(response);
  if (response.ok) return answer as T;
  // Only when the refused token is still ours: a late answer must not end the next person's session.
  if (response.status === 401 && token !== null && token === bearerToken()) forgetSession('refused');
  throw new ApiError(refusalText(answer, response.status), response.status);
}

async function send(method: Method, path: string, options: Options, token: string | null): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json' });
  if (token !== null) headers.set('Authorization', `Bearer ${token}`);
  if (options.body !== undefined) headers.set('Content-Type', 'application/json');
  try {
    return await fetch(path + queryText(options.query), {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
      cache: 'no-store',
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError('The relay does not answer. Is it running, and is this machine online?', 0);
  }
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return {};
  }
}

function refusalText(answer: unknown, status: number): string {
  const text = (answer as { error?: unknown } | null)?.error;
  return typeof text === 'string' && text !== '' ? text : `The relay answered ${status}`;
}

function queryText(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') params.set(key, String(value));
  }
  return params.size === 0 ? '' : `?${params.toString()}`;
}
