/**
 * Who is signed in on this tab, and the token that proves it.
 *
 * Kept in sessionStorage so that a reload keeps the person in, and a second tab or a closed browser does not inherit it.
 * The token is never put in a URL and never logged.
 */
import type { Tenant, User } from '@/api/types';

const KEY = 'fairlead.auth';

export type Session = {
  readonly token: string;
  readonly user: User;
  /** Until the person has chosen a password of their own, the token opens nothing else. */
  readonly mustChoosePassword?: boolean;
  /** Somebody else chose the password, and knows it. */
  readonly passwordWasGiven?: boolean;
  /** Until there is a second factor where the organization wants one, the token opens nothing but adding it. */
  readonly mustAddFactor?: boolean;
  /** For changing to another of one's organizations, and which there are. */
  readonly switchToken?: string;
  readonly tenants?: readonly Tenant[];
};

function restore(): Session | null {
  try {
    const kept = sessionStorage.getItem(KEY);
    return kept === null ? null : (JSON.parse(kept) as Session);
  } catch {
    return null;
  }
}

let session: Session | null = restore();
let refused = false;
const watchers = new Set<() => void>();
const leavers = new Set<() => void>();

function keep(next: Session | null): void {
  session = next;
  try {
    if (next === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Storage may be full or forbidden: the session then lasts as long as the page.
  }
  for (const watch of watchers) watch();
}

/** The signed-in session, null when there is none. */
export function currentSession(): Session | null {
  return session;
}

/** The bearer token, null when nobody is signed in. */
export function bearerToken(): string | null {
  return session?.token ?? null;
}

/** Runs `watch` at every change of session; returns its undoing. */
export function watchSession(watch: () => void): () => void {
  watchers.add(watch);
  return () => watchers.delete(watch);
}

/** Runs `leave` when the person signs out or the token is refused (terminals forget their snapshots); returns its undoing. */
export function onSignOut(leave: () => void): () => void {
  leavers.add(leave);
  return () => leavers.delete(leave);
}

export function signIn(next: Session): void {
  refused = false;
  keep(next);
}

/** Another account of the same person: the terminals of the one before are closed, as at a sign-out. */
export function switchTo(next: Session): void {
  for (const leave of leavers) leave();
  signIn(next);
}

export function replaceToken(token: string): void {
  if (session !== null) keep({ ...session, token });
}

/** The relay wants a password of the person's own before anything else. */
export function requirePassword(): void {
  if (session !== null && !session.mustChoosePassword) keep({ ...session, mustChoosePassword: true });
}

export function passwordChosen(): void {
  if (session !== null) keep({ ...session, mustChoosePassword: false, passwordWasGiven: false });
}

/** The organization's name as people read it was changed. */
export function renameTenant(name: string): void {
  if (session !== null && session.user.tenant_name !== name) keep({ ...session, user: { ...session.user, tenant_name: name } });
}

/** The relay wants a second factor before anything else. */
export function requireFactor(): void {
  if (session !== null && !session.mustAddFactor) keep({ ...session, mustAddFactor: true });
}

export function factorAdded(): void {
  if (session !== null) keep({ ...session, mustAddFactor: false });
}

/** Whether the last session ended because the relay refused its token, not because the person left. */
export function endedByRelay(): boolean {
  return refused;
}

export function forgetSession(reason: 'left' | 'refused'): void {
  if (session === null) return;
  refused = reason === 'refused';
  keep(null);
  for (const leave of leavers) leave();
}
