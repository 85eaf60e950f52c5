/** Groups: who belongs together may use the same machines. */
import { Button } from '@mantine/core';
import { IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useCreateGroup, useGroups } from '@/api/groups';
import type { Group } from '@/api/types';
import { openGroupForm } from '@/components/groups/group-form';
import { isSudo } from '@/lib/roles';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';
import { isAdmin, useUser } from '@/lib/session';

export function GroupsPage() {
  const admin = isAdmin(useUser());
  const { data, error, refetch } = useGroups();
  const create = <NewGroupButton />;
  return (
    <Page title="Groups" note={data === undefined || data.length === 0 ? undefined : `${data.length}`} actions={admin && data !== undefined && data.length > 0 ? create : null}>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <div className="panel"><Loading label="Loading groups" /></div> : null)
        : data.length > 0 ? <GroupTable groups={data} />
        : <Empty icon={<IconUsersGroup size={28} />} title="No groups yet" action={admin ? create : undefined}>Put people and machines into a group: every member may then use every machine in it.</Empty>}
    </Page>
  );
}

function NewGroupButton() {
  const create = useCreateGroup();
  const navigate = useNavigate();
  const ask = () => openGroupForm('New group', {
    initial: { name: '', description: '', machine_role: 'non-sudo' },
    verb: 'Create group',
    save: async (draft) => {
      const group = await create.mutateAsync(draft);
      await navigate({ to: '/groups/$groupId', params: { groupId: group.id } });
    },
  });
  return <Button leftSection={<IconPlus size={16} />} onClick={ask}>New group</Button>;
}

function GroupTable({ groups }: { groups: Group[] }) {
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col">Group</th><th scope="col" className="wide">Description</th><th scope="col" className="wide">Members may</th><th scope="col">Members</th><th scope="col">Machines</th></tr></thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.id}>
              <td><Link to="/groups/$groupId" params={{ groupId: group.id }} className="machine-name">{group.name}</Link></td>
              <td className="wide dimmed clip">{group.description}</td>
              <td className="wide">{isSudo(group.machine_role) ? 'shell and sudo' : 'shell'}</td>
              <td>{group.member_count}</td>
              <td>{group.machine_count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
