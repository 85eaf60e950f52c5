/** Who is in an organization, and its groups: to look at; they are changed from inside. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useOrganizationGroups, useOrganizationUsers } from '@/api/organizations';
import { Failure, Loading } from '@/components/states';
import { roleName } from '@/lib/people';

export function OrganizationRosters({ id }: { id: string }) {
  const users = useOrganizationUsers(id);
  const groups = useOrganizationGroups(id);
  return (
    <div className="two-columns">
      <Roster title="People" empty="Nobody yet." error={users.error} rows={users.data?.map((user) => (
        <li key={user.id}>
          <span className="two-lines grow"><Link className="machine-name" to="/people/$userId" params={{ userId: user.id }}>{user.username}</Link><span className="small dimmed clip">{user.email}</span></span>
          {user.enabled ? <span className="small dimmed">{roleName(user.role)}</span> : <span className="pill" data-kind="bad">disabled</span>}
        </li>
      ))} />
      <Roster title="Groups" empty="No groups yet." error={groups.error} rows={groups.data?.map((group) => (
        <li key={group.id}>
          <Link className="machine-name grow" to="/groups/$groupId" params={{ groupId: group.id }}>{group.name}</Link>
          <span className="small dimmed">{group.member_count === 1 ? '1 member' : `${group.member_count} members`}</span>
        </li>
      ))} />
    </div>
  );
}

function Roster({ title, empty, error, rows }: { title: string; empty: string; error: Error | null; rows: ReactNode[] | undefined }) {
  return (
    <section className="panel card roster" aria-label={title}>
      <h2>{title}{rows === undefined ? '' : ` (${rows.length})`}</h2>
      {error === null ? null : <Failure error={error} />}
      {rows === undefined ? (error === null ? <Loading rows={3} label={`Loading ${title.toLowerCase()}`} /> : null) : rows.length === 0 ? <p className="dimmed roster-empty">{empty}</p> : <ul>{rows}</ul>}
    </section>
  );
}
