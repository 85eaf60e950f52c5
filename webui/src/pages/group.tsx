/** One group: its people, its machines, and what follows from being in it. */
import { ActionIcon, Anchor, Button, Menu } from '@mantine/core';
import { IconChevronLeft, IconDotsVertical, IconTrash, IconUsersGroup } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ApiError } from '@/api/errors';
import { useDeleteGroup, useGroup, useUpdateGroup } from '@/api/groups';
import type { Group } from '@/api/types';
import { confirm, showDone } from '@/components/confirm';
import { openGroupForm } from '@/components/groups/group-form';
import { GroupCommandRules } from '@/components/groups/command-rules';
import { GroupMachines } from '@/components/groups/machines';
import { GroupMembers } from '@/components/groups/members';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';
import { isSudo } from '@/lib/roles';
import { isAdmin, useUser } from '@/lib/session';

const back = <Anchor component={Link} to="/groups" className="back"><IconChevronLeft size={15} aria-hidden="true" />Groups</Anchor>;

export function GroupPage() {
  const { groupId } = useParams({ from: '/signed-in/groups/$groupId' });
  const admin = isAdmin(useUser());
  const { data, error, refetch } = useGroup(groupId);
  if (data === undefined) {
    const gone = error instanceof ApiError && error.status === 404;
    return (
      <Page title="Group" above={back}>
        {error === null ? <div className="panel"><Loading label="Loading the group" /></div>
          : gone ? <Empty icon={<IconUsersGroup size={26} />} title={error.message} /> : <Failure error={error} retry={() => void refetch()} />}
      </Page>
    );
  }
  return (
    <Page title={data.name} above={back} actions={admin ? <Actions group={data} /> : null}>
      <p className="page-lead dimmed">{data.description ? `${data.description} – members` : 'Members'} may open shells{isSudo(data.machine_role) ? ' and use sudo' : ''} on every machine here.</p>
      <div className="two-columns">
        <GroupMembers groupId={groupId} admin={admin} />
        <GroupMachines groupId={groupId} admin={admin} />
      </div>
      <GroupCommandRules groupId={groupId} admin={admin} />
    </Page>
  );
}

function Actions({ group }: { group: Group }) {
  const rename = useUpdateGroup(group.id);
  const remove = useDeleteGroup();
  const navigate = useNavigate();
  const edit = () => openGroupForm('Edit group', {
    initial: { name: group.name, description: group.description, machine_role: isSudo(group.machine_role) ? 'sudo' : 'non-sudo' },
    verb: 'Save',
    save: async (draft) => void (await rename.mutateAsync(draft)),
  });
  const ask = () => confirm({
    title: `Delete ${group.name}?`,
    text: 'Whoever reached a machine only through this group loses it now, and their open shells there end.',
    verb: 'Delete group',
    act: async () => {
      await remove.mutateAsync(group.id);
      await navigate({ to: '/groups' });
    },
    done: () => showDone(`${group.name} was deleted`),
  });
  return (
    <>
      <Button variant="default" onClick={edit}>Edit</Button>
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon variant="default" size={34} aria-label={`More about ${group.name}`}><IconDotsVertical size={17} /></ActionIcon></Menu.Target>
        <Menu.Dropdown><Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>Delete group…</Menu.Item></Menu.Dropdown>
      </Menu>
    </>
  );
}
