import { expect, test } from 'vitest';
import type { Person } from '@/api/types';
import { fullName, matchingPeople } from '@/lib/people';

const person = (more: Partial<Person>): Person => ({
  id: '1', username: 'ada', email: 'ada@example.com', first_name: 'Ada', last_name: 'Byron', role: 'user', machine_role: '', groups: [],
  enabled: true, email_verified: true, tenant_id: 'acme', tenant_name: 'Acme', created_at: '2026-01-01T00:00:00Z', last_login: null, ...more,
});
const ada = person({ groups: ['Turners'] });
const bob = person({ id: '2', username: 'bob', email: 'bob@example.org', first_name: '', last_name: '', role: 'company_admin' });
const carol = person({ id: '3', username: 'carol', first_name: 'Carol', last_name: 'Danvers', enabled: false });

test('each word must be found somewhere', () => {
  expect(matchingPeople([ada, bob, carol], { q: 'turn ada', state: undefined })).toEqual([ada]);
  expect(matchingPeople([ada, bob, carol], { q: 'administrator', state: undefined })).toEqual([bob]);
});

test('a state narrows the list', () => {
  expect(matchingPeople([ada, bob, carol], { q: '', state: 'admins' })).toEqual([bob]);
  expect(matchingPeople([ada, bob, carol], { q: '', state: 'disabled' })).toEqual([carol]);
});

test('who has no name goes by the user name', () => {
  expect(fullName(bob)).toBe('bob');
});
