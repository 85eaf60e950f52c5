import { useAddMember, useGroupMembers, useRemoveMember } from '@/api/groups';
import { useUsers } from '@/api/users';
import { confirm, showError } from '@/components/confirm';
import { Roster } from '@/components/groups/roster';

export function GroupMembers({ groupId, admin }: { groupId: string; admin: boolean }) {
  const members = useGroupMembers(groupId);
  const users = useUsers(admin);
  const add = useAddMember(groupId);
  const remove = useRemoveMember(groupId);
  const inside = new Set(members.data?.map((member) => member.user_id));
  const choices = (users.data ?? []).filter((user) => !inside.has(user.id)).map((user) => ({ value: user.id, label: `${user.username} (${user.email})` }));
  const entries = members.data?.map((member) => ({
    id: member.user_id,
    name: member.username,
    face: <span className="two-lines grow"><span className="strong">{member.username}</span><span className="small dimmed clip">{member.email}</span></span>,
  }));
  return (
    <Roster title="Members" empty="Nobody is in this group." placeholder="Add a person" entries={entries} error={members.error} choices={admin ? choices : null} adding={add.isPending}
      add={(id) => add.mutate(id, { onError: showError })}
      remove={(entry) => confirm({
        title: `Remove ${entry.name} from the group?`,
        text: 'Machines they reach only through this group are closed to them now, with any open shell.',
        verb: 'Remove',
        act: () => remove.mutateAsync(entry.id),
      })} />
  );
}
