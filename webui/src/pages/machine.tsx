/** One machine: how it is, who was on it, what they ran, who may. */
import { ActionIcon, Anchor, Menu, Tabs } from '@mantine/core';
import { IconChevronLeft, IconDotsVertical, IconServerOff, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ApiError } from '@/api/errors';
import { useDeleteMachine, useMachine } from '@/api/machines';
import type { Machine } from '@/api/types';
import { confirm, showDone } from '@/components/confirm';
import { Connect } from '@/components/connect';
import { MachineAccess } from '@/components/machine/access';
import { MachineCommands } from '@/components/machine/commands';
import { MachineSessions } from '@/components/machine/sessions';
import { MachineSummary } from '@/components/machine/summary';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';
import { Status } from '@/components/status';
import { isAdmin, useUser } from '@/lib/session';

const back = <Anchor component={Link} to="/machines" className="back"><IconChevronLeft size={15} aria-hidden="true" />Machines</Anchor>;

export function MachinePage() {
  const { agentId } = useParams({ from: '/signed-in/machines/$agentId' });
  const { data, error, refetch } = useMachine(agentId);
  if (data !== undefined) return <Known machine={data} error={error} />;
  if (error === null) return <Page title="Machine" above={back}><div className="panel"><Loading label="Loading the machine" /></div></Page>;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 403);
  return (
    <Page title="Machine" above={back}>
      {gone ? <Empty icon={<IconServerOff size={26} />} title={error.message}>It may have been deleted, or you may not have access.</Empty> : <Failure error={error} retry={() => void refetch()} />}
    </Page>
  );
}

const TABS = [['summary', 'Summary'], ['sessions', 'Sessions'], ['commands', 'Command log'], ['access', 'Access']] as const;

function Known({ machine, error }: { machine: Machine; error: unknown }) {
  const { tab = 'summary' } = useSearch({ from: '/signed-in/machines/$agentId' });
  const navigate = useNavigate({ from: '/machines/$agentId' });
  const chosen = TABS.some(([value]) => value === tab) ? tab : 'summary';
  return (
    <Page title={machine.name} above={back} note={<Status status={machine.status} />} actions={<Actions machine={machine} />}>
      {machine.description ? <p className="page-lead dimmed">{machine.description}</p> : null}
      {error === null ? null : <Failure error={error} />}
      <Tabs value={chosen} keepMounted={false} onChange={(value) => void navigate({ search: value === null || value === 'summary' ? {} : { tab: value }, replace: true })}>
        <Tabs.List className="page-tabs">{TABS.map(([value, label]) => <Tabs.Tab key={value} value={value}>{label}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value="summary"><MachineSummary machine={machine} /></Tabs.Panel>
        <Tabs.Panel value="sessions"><MachineSessions agentId={machine.agent_id} /></Tabs.Panel>
        <Tabs.Panel value="commands"><MachineCommands agentId={machine.agent_id} /></Tabs.Panel>
        <Tabs.Panel value="access"><MachineAccess machine={machine} /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Actions({ machine }: { machine: Machine }) {
  const user = useUser();
  const remove = useDeleteMachine();
  const navigate = useNavigate();
  const ask = () => confirm({
    title: `Delete ${machine.name}?`,
    text: 'Its agent is cut off and every open shell on it ends now. The command log stays readable to administrators. The agent itself stays installed on the machine until it is uninstalled there.',
    verb: 'Delete machine',
    act: async () => {
      await remove.mutateAsync(machine.agent_id);
      await navigate({ to: '/machines' });
    },
    done: () => showDone(`${machine.name} was deleted`),
  });
  return (
    <>
      <Connect agentId={machine.agent_id} name={machine.name} status={machine.status} prominent />
      {isAdmin(user) ? (
        <Menu position="bottom-end">
          <Menu.Target><ActionIcon variant="default" size={34} aria-label={`More about ${machine.name}`}><IconDotsVertical size={17} /></ActionIcon></Menu.Target>
          <Menu.Dropdown><Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>Delete machine…</Menu.Item></Menu.Dropdown>
        </Menu>
      ) : null}
    </>
  );
}
