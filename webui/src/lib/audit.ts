/** The audit trail in words: what an action's name means, and how a search in the address becomes a question to the relay. */
import type { AuditEntry, AuditQuery } from '@/api/types';
import { boundsOf } from '@/lib/periods';

const WORDS: Record<string, string> = {
  login: 'Signed in', logout: 'Signed out', login_failed: 'Failed to sign in', signup: 'Signed up', token_refresh: 'Renewed a sign-in',
  machine_access: 'Opened a shell', access_denied: 'Was refused', command_executed: 'Ran a command', session_closed: 'Closed a session',
  role_changed: 'Changed a role', otp_sent: 'Was sent a code', otp_failed: 'Gave a wrong code', org_created: 'Created an organization',
  org_updated: 'Changed an organization', org_deleted: 'Deleted an organization', api_key_regenerated: 'Made a new API key',
};

/** "Group member added" for whatever has no better words. */
export function actionWords(action: string): string {
  const known = WORDS[action];
  if (known !== undefined) return known;
  const text = action.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export type AuditSearch = {
  q?: string; category?: string; severity?: string; status?: string; username?: string; action?: string;
  period?: string; from?: string; to?: string; tenant?: string; page?: number;
};
export const AUDIT_FIELDS = ['q', 'category', 'severity', 'status', 'username', 'action', 'period', 'from', 'to', 'tenant'] as const;

/** What the relay is asked. */
export function auditQuery(search: AuditSearch, nowMs: number): AuditQuery {
  const { period, from, to, tenant, page, ...rest } = search;
  return { ...rest, ...boundsOf({ period, from, to }, nowMs), ...(tenant === undefined ? {} : { tenant_id: tenant }), ...(page === undefined ? {} : { page }) };
}

/** The details of an entry as lines; nested values as JSON. */
export function detailLines(entry: AuditEntry): [string, string][] {
  return Object.entries(entry.details as Record<string, unknown>).map(([name, value]) => [name.replaceAll('_', ' '), typeof value === 'string' ? value : JSON.stringify(value)]);
}
