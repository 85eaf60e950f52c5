/**
 * What an identity provider's way back brought, taken out of the address before the router or anything else sees it.
 *
 * Imported first of all by `main.tsx`; the history keeps the bare path.
 */
import { arrival, type Brought } from '@/lib/oauth';

export const OAUTH_PATH = '/oauth/callback';

function takeArrival(): Brought {
  if (location.pathname !== OAUTH_PATH) return { error: 'Nothing came back from the sign-in. Begin it again.' };
  const { hash } = location;
  history.replaceState(null, '', OAUTH_PATH);
  return arrival(hash);
}

export const brought: Brought = takeArrival();
