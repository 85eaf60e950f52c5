/** How people are named and found in lists. */
import type { Person, PortalRole } from '@/api/types';

export const ROLE_NAMES: Record<string, string> = { super_admin: 'Super administrator', company_admin: 'Administrator', user: 'User' };

/** The roles an administrator may give. */
export const PORTAL_ROLES: readonly { value: PortalRole; label: string }[] = [
  { value: 'user', label: 'User: the machines they are given' }, { value: 'company_admin', label: 'Administrator: people, machines and access' },
];

export function roleName(role: string): string {
  return ROLE_NAMES[role] ?? role;
}

/** First and last name, or the user name where there are none. */
export function fullName(person: { first_name: string; last_name: string; username: string }): string {
  return `${person.first_name} ${person.last_name}`.trim() || person.username;
}

export type PeopleFilter = { readonly q: string; readonly state: string | undefined };

const STATES: Record<string, (person: Person) => boolean> = {
  admins: (person) => person.role !== 'user',
  disabled: (person) => !person.enabled,
};

/** Everybody whose name, address, role or group holds each word; `state` narrows to administrators or disabled accounts. */
export function matchingPeople(people: readonly Person[], { q, state }: PeopleFilter): Person[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = state === undefined ? undefined : STATES[state];
  return people.filter((person) => (kept === undefined || kept(person)) && words.every((word) => searchable(person).includes(word)));
}

function searchable(person: Person): string {
  return [person.username, person.email, fullName(person), roleName(person.role), ...person.groups].join('\n').toLowerCase();
}
