/** The way out to an identity provider and back: what this tab keeps meanwhile, and what the relay puts into the address. */
import type { LoginAnswer } from '@/api/auth';

const SET_OUT = 'fairlead.oauth';

/** Whom the tab is on its way to, and where the person wanted to go. */
type SetOut = { next?: string };

/** Called as the person leaves for a provider: what nobody set out for is not taken when it comes. */
export function setOut(next: string | undefined): void {
  try {
    sessionStorage.setItem(SET_OUT, JSON.stringify(next === undefined ? {} : { next }));
  } catch {
    // Without storage the tab does not know it when it comes back, and asks to begin again.
  }
}

function takeSetOut(): SetOut | null {
  try {
    const kept = sessionStorage.getItem(SET_OUT);
    sessionStorage.removeItem(SET_OUT);
    return kept === null ? null : (JSON.parse(kept) as SetOut);
  } catch {
    return null;
  }
}

export type Brought = { readonly answer: LoginAnswer; readonly next?: string } | { readonly error: string };

/** What came back to this tab. A link somebody else made must not sign a person in as somebody else. */
export function arrival(fragment: string): Brought {
  const left = takeSetOut();
  const brought = broughtBy(fragment);
  if ('error' in brought) return brought;
  if (left === null) return { error: 'This sign-in was not begun in this window. Begin it again here.' };
  return { ...brought, ...left };
}

/** What the fragment of the address says: an answer like that of a login, or a refusal. */
export function broughtBy(fragment: string): Brought {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const error = fields.get('error');
  if (error !== null) return { error };
  if (fields.get('session_token') === null) return { error: 'Nothing came back from the sign-in. Begin it again.' };
  return { answer: Object.fromEntries([...fields].map(([name, text]) => [name, TEXTS.has(name) ? text : valueOf(name, text)])) as LoginAnswer };
}

const TEXTS = new Set(['session_token', 'token', 'username', 'message']);
const LISTS = new Set(['tenants', 'available_tenants', 'methods']);

/** Lists come as base64url of JSON, the rest as JSON. */
function valueOf(name: string, text: string): unknown {
  try {
    if (!LISTS.has(name)) return JSON.parse(text) as unknown;
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
