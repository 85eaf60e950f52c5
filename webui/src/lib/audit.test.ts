import { expect, test } from 'vitest';
import { actionWords, auditQuery } from '@/lib/audit';

const NOW = Date.parse('2026-11-25T12:00:42Z');

test('an action nobody put into words is still readable', () => {
  expect(actionWords('login_failed')).toBe('Failed to sign in');
  expect(actionWords('group_member_added')).toBe('Group member added');
});

test('a period becomes a bound, to the minute', () => {
  expect(auditQuery({ period: '1h', q: 'x' }, NOW)).toEqual({ q: 'x', from: '2026-11-25T11:00:00.000Z' });
  expect(auditQuery({}, NOW)).toEqual({});
});

test('days of one\'s own are taken as they are, and only then', () => {
  expect(auditQuery({ period: 'days', from: '2026-11-01', to: '2026-11-02', tenant: 'acme', page: 3 }, NOW)).toEqual({ from: '2026-11-01', to: '2026-11-02', tenant_id: 'acme', page: 3 });
  expect(auditQuery({ from: '2026-11-01' }, NOW)).toEqual({});
});
