/** Every organization of this relay, for whoever runs it. */
import { Button, TextInput } from '@mantine/core';
import { IconBuilding, IconFilterOff, IconPlus, IconSearch } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useOrganizations } from '@/api/organizations';
import type { Organization } from '@/api/types';
import { Ago } from '@/components/ago';
import { openNewOrganization } from '@/components/organizations/new-organization';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';

export function OrganizationsPage() {
  const { data, error, refetch } = useOrganizations();
  const add = <Button leftSection={<IconPlus size={16} />} onClick={openNewOrganization}>Add organization</Button>;
  return (
    <Page title="Organizations" note={data === undefined ? undefined : data.length.toLocaleString()} actions={add}>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <div className="panel"><Loading label="Loading organizations" /></div> : null)
        : data.length === 0 ? <Empty icon={<IconBuilding size={26} />} title="No organizations yet" action={add}>Each has its own people, machines, groups and logs; nothing crosses its border.</Empty>
        : <Filtered organizations={data} />}
    </Page>
  );
}

function Filtered({ organizations }: { organizations: Organization[] }) {
  const { q = '' } = useSearch({ from: '/signed-in/organizations' });
  const navigate = useNavigate({ from: '/organizations' });
  const show = (text: string) => void navigate({ search: text === '' ? {} : { q: text }, replace: true });
  const word = q.trim().toLowerCase();
  const shown = organizations.filter((each) => `${each.display_name}\n${each.name}`.toLowerCase().includes(word));
  return (
    <>
      <div className="toolbar">
        <TextInput className="filter" type="search" aria-label="Filter organizations" placeholder="Filter by name" leftSection={<IconSearch size={16} />} spellCheck={false} value={q} onChange={(event) => show(event.currentTarget.value)} />
        <span className={word === '' ? 'visually-hidden' : 'shown'} role="status">{shown.length} shown</span>
      </div>
      {shown.length === 0 ? <Empty icon={<IconFilterOff size={26} />} title="No organization has this name" action={<Button variant="light" onClick={() => show('')}>Show all</Button>} /> : (
        <div className="panel table-panel">
          <table className="table">
            <thead><tr><th scope="col">Organization</th><th scope="col">State</th><th scope="col">People</th><th scope="col">Machines</th><th scope="col" className="wide">Since</th></tr></thead>
            <tbody>{shown.map((each) => <Row key={each.id} organization={each} />)}</tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Row({ organization }: { organization: Organization }) {
  return (
    <tr>
      <td><span className="two-lines"><Link to="/organizations/$organizationId" params={{ organizationId: organization.id }} className="machine-name">{organization.display_name}</Link><span className="small dimmed mono">{organization.name}</span></span></td>
      <td>{organization.enabled ? <span className="status" data-status="online">open</span> : <span className="pill" data-kind="bad">closed</span>}</td>
      <td>{organization.user_count}</td>
      <td>{organization.machine_count}</td>
      <td className="wide"><Ago at={organization.created_at} /></td>
    </tr>
  );
}
