import { Link } from '@tanstack/react-router';
import { useAddMachine, useGroupMachines, useRemoveMachine } from '@/api/groups';
import { useMachines } from '@/api/machines';
import { confirm, showError } from '@/components/confirm';
import { Roster } from '@/components/groups/roster';
import { Status } from '@/components/status';

export function GroupMachines({ groupId, admin }: { groupId: string; admin: boolean }) {
  const machines = useGroupMachines(groupId);
  const all = useMachines(false);
  const add = useAddMachine(groupId);
  const remove = useRemoveMachine(groupId);
  const inside = new Set(machines.data?.map((machine) => machine.agent_id));
  const choices = (all.data ?? []).filter((machine) => !inside.has(machine.agent_id)).map((machine) => ({ value: machine.agent_id, label: machine.name }));
  const entries = machines.data?.map((machine) => ({
    id: machine.agent_id,
    name: machine.name,
    face: (
      <span className="roster-machine grow">
        <Link to="/machines/$agentId" params={{ agentId: machine.agent_id }} className="machine-name">{machine.name}</Link>
        <Status status={machine.status} />
      </span>
    ),
  }));
  return (
    <Roster title="Machines" empty="No machine is in this group." placeholder="Add a machine" entries={entries} error={machines.error} choices={admin ? choices : null} adding={add.isPending}
      add={(id) => add.mutate(id, { onError: showError })}
      remove={(entry) => confirm({
        title: `Remove ${entry.name} from the group?`,
        text: 'Members who reach it only through this group lose it now, with any open shell on it.',
        verb: 'Remove',
        act: () => remove.mutateAsync(entry.id),
      })} />
  );
}
