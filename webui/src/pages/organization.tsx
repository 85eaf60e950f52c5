/** One organization: its figures, its people and groups, and how it is closed or deleted. */
import { Button, Menu } from '@mantine/core';
import { IconBuildingOff, IconChevronDown, IconChevronLeft, IconLock, IconLockOpen, IconPencil, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ApiError } from '@/api/errors';
import { useDeleteOrganization, useOrganization, useOrganizationStats, useUpdateOrganization } from '@/api/organizations';
import type { Organization } from '@/api/types';
import { confirm, showDone, showError } from '@/components/confirm';
import { openRename } from '@/components/organizations/rename';
import { OrganizationRosters } from '@/components/organizations/rosters';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';

const back = <Link to="/organizations" className="back link"><IconChevronLeft size={15} aria-hidden="true" />Organizations</Link>;

export function OrganizationPage() {
  const { organizationId } = useParams({ from: '/signed-in/organizations/$organizationId' });
  const { data, error, refetch } = useOrganization(organizationId);
  if (data !== undefined) return <Known organization={data} error={error} />;
  if (error === null) return <Page title="Organization" above={back}><div className="panel"><Loading label="Loading the organization" /></div></Page>;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return (
    <Page title="Organization" above={back}>
      {gone ? <Empty icon={<IconBuildingOff size={26} />} title={error.message}>It may have been deleted.</Empty> : <Failure error={error} retry={() => void refetch()} />}
    </Page>
  );
}

function Known({ organization, error }: { organization: Organization; error: unknown }) {
  return (
    <Page title={organization.display_name} above={back} note={organization.enabled ? organization.name : <span className="pill" data-kind="bad">closed</span>} actions={<Actions organization={organization} />}>
      {error === null ? null : <Failure error={error} />}
      <Figures id={organization.id} />
      <OrganizationRosters id={organization.id} />
    </Page>
  );
}

function Figures({ id }: { id: string }) {
  const { data, error } = useOrganizationStats(id);
  if (error !== null) return <Failure error={error} />;
  if (data === undefined) return <div className="panel session-facts"><Loading rows={1} label="Loading figures" /></div>;
  const figures: [string, string][] = [
    ['People', String(data.user_count)], ['Machines', `${data.online_machine_count} online of ${data.machine_count}`], ['Groups', String(data.group_count)], ['Sessions today', String(data.session_count_today)],
  ];
  return (
    <section className="panel card session-facts" aria-label="Figures">
      <dl className="facts facts-row">{figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}

function Actions({ organization }: { organization: Organization }) {
  const update = useUpdateOrganization(organization.id);
  const reopen = () => update.mutate({ enabled: true }, { onSuccess: () => showDone(`${organization.display_name} is open again`), onError: showError });
  const close = () => confirm({
    title: `Close ${organization.display_name}?`,
    text: 'Everybody in it is signed out, open shells end and its agents are cut off now. Nothing is deleted; it can be opened again.',
    verb: 'Close organization',
    act: () => update.mutateAsync({ enabled: false }),
    done: () => showDone(`${organization.display_name} is closed`),
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button variant="default" rightSection={<IconChevronDown size={15} />}>Actions</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => openRename(organization)}>Rename…</Menu.Item>
        {organization.enabled
          ? <Menu.Item leftSection={<IconLock size={16} />} onClick={close}>Close the organization…</Menu.Item>
          : <Menu.Item leftSection={<IconLockOpen size={16} />} onClick={reopen}>Open it again</Menu.Item>}
        <Menu.Divider />
        <Delete organization={organization} />
      </Menu.Dropdown>
    </Menu>
  );
}

function Delete({ organization }: { organization: Organization }) {
  const remove = useDeleteOrganization(organization.id);
  const navigate = useNavigate();
  const ask = () => confirm({
    title: `Delete ${organization.display_name} for good?`,
    text: `${organization.user_count} people and ${organization.machine_count} machines go with it, and every open shell ends now. Its audit log stays. This cannot be undone.`,
    verb: 'Delete everything',
    act: async () => {
      await remove.mutateAsync();
      await navigate({ to: '/organizations' });
    },
    done: () => showDone(`${organization.display_name} was deleted`),
  });
  return <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>Delete the organization…</Menu.Item>;
}
