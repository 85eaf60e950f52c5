/** Who may use a machine and why; its owner and administrators give and take that here. */
import { Button } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useGroups } from '@/api/groups';
import { useMachineAccess, useRevokeAccess } from '@/api/machines';
import type { AccessUser, Machine } from '@/api/types';
import { Explainer } from '@/components/access/explainer';
import { Ago, Until } from '@/components/ago';
import { confirm, showDone } from '@/components/confirm';
import { GrantForm } from '@/components/machine/grant-form';
import { Empty, Failure, Loading } from '@/components/states';
import { isSudo } from '@/lib/roles';
import { isAdmin, useUser } from '@/lib/session';

export function MachineAccess({ machine }: { machine: Machine }) {
  const user = useUser();
  const may = isAdmin(user) || machine.owner_id === user.id;
  const { data, error, refetch } = useMachineAccess(machine.agent_id);
  return (
    <>
      {may ? <GrantForm machine={machine} admin={isAdmin(user)} /> : null}
      {error !== null ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <div className="panel"><Loading rows={3} label="Loading access" /></div> : <People people={data} machine={machine} may={may} />}
      <Explainer machine={machine} />
      <p className="footnote dimmed">Administrators of the organization may always connect; they are not listed.</p>
    </>
  );
}

function People({ people, machine, may }: { people: AccessUser[]; machine: Machine; may: boolean }) {
  if (people.length === 0) return <Empty icon={<IconUsers size={26} />} title="No one has been given access">{may ? 'Give it above, or add the machine to a group.' : undefined}</Empty>;
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col">Person</th><th scope="col">Through</th><th scope="col">May</th><th scope="col" className="wide">Since</th><th scope="col" className="wide">Ends</th><th scope="col"><span className="visually-hidden">Actions</span></th></tr></thead>
        <tbody>{people.map((person) => <PersonRow key={`${person.user_id} ${person.via} ${person.group_id ?? ''}`} person={person} machine={machine} may={may} />)}</tbody>
      </table>
    </div>
  );
}

function PersonRow({ person, machine, may }: { person: AccessUser; machine: Machine; may: boolean }) {
  const sudo = isSudo(person.machine_role);
  return (
    <tr>
      <td><span className="two-lines"><span className="strong">{person.username}</span><span className="small dimmed clip">{person.email}</span></span></td>
      <td>{person.via === 'group' && person.group_id !== null ? <GroupLink id={person.group_id} /> : 'a grant'}</td>
      <td>{sudo ? 'shell and sudo' : 'shell'}</td>
      <td className="wide"><Ago at={person.granted_at} /></td>
      <td className="wide"><Until at={person.expires_at} /></td>
      <td className="end">{may && person.via !== 'group' ? <RevokeButton person={person} machine={machine} /> : null}</td>
    </tr>
  );
}

/** By name where the person may see the group's. */
function GroupLink({ id }: { id: string }) {
  const name = useGroups().data?.find((group) => group.id === id)?.name;
  return <Link to="/groups/$groupId" params={{ groupId: id }} className="link">{name ?? 'a group'}</Link>;
}

function RevokeButton({ person, machine }: { person: AccessUser; machine: Machine }) {
  const revoke = useRevokeAccess(machine.agent_id);
  const ask = () => confirm({
    title: `Take access from ${person.username}?`,
    text: `Open shells of ${person.username} on ${machine.name} end now, unless a group still lets them in.`,
    verb: 'Revoke access',
    act: () => revoke.mutateAsync(person.user_id),
    done: () => showDone(`${person.username} no longer has this grant`),
  });
  return <Button size="compact-sm" variant="default" onClick={ask} aria-label={`Revoke access of ${person.username}`}>Revoke</Button>;
}
