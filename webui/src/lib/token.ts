/** When a token should be traded for a new one. */

/** Longest wait a browser timer takes (2^31 ms); longer ones would fire at once. */
const LONGEST_TIMER_MS = 2_000_000_000;

type Claims = { exp?: number; iat?: number };

/** The claims of a JWT, unverified: only used to plan the refresh. Empty for anything unreadable. */
export function readClaims(token: string): Claims {
  try {
    const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    return JSON.parse(atob(part)) as Claims;
  } catch {
    return {};
  }
}

/** Milliseconds until the token should be refreshed: at three quarters of its life, at once when that is past. */
export function refreshDelayMs(token: string, nowMs: number): number {
  const { exp, iat } = readClaims(token);
  if (exp === undefined) return LONGEST_TIMER_MS;
  const life = (exp - (iat ?? nowMs / 1000)) * 1000;
  const due = exp * 1000 - life / 4 - nowMs;
  return Math.min(Math.max(due, 0), LONGEST_TIMER_MS);
}
