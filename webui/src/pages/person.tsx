/** One person: who they are, what they may, which machines that opens, and how it ends. */
import { Tabs } from '@mantine/core';
import { IconChevronLeft, IconUserOff } from '@tabler/icons-react';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ApiError } from '@/api/errors';
import type { Person } from '@/api/types';
import { useUserOf } from '@/api/users';
import { EffectiveAccess } from '@/components/access/effective';
import { Page } from '@/components/page';
import { PersonActions } from '@/components/people/person-actions';
import { PersonForm } from '@/components/people/person-form';
import { Empty, Failure, Loading } from '@/components/states';
import { fullName } from '@/lib/people';

const back = <Link to="/people" className="back link"><IconChevronLeft size={15} aria-hidden="true" />People</Link>;

export function PersonPage() {
  const { userId } = useParams({ from: '/signed-in/people/$userId' });
  const { data, error, refetch } = useUserOf(userId);
  if (data !== undefined) return <Known person={data} error={error} />;
  if (error === null) return <Page title="Person" above={back}><div className="panel"><Loading label="Loading the person" /></div></Page>;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return (
    <Page title="Person" above={back}>
      {gone ? <Empty icon={<IconUserOff size={26} />} title={error.message}>The account may have been deleted.</Empty> : <Failure error={error} retry={() => void refetch()} />}
    </Page>
  );
}

const TABS = [['account', 'Account'], ['access', 'Access']] as const;

function Known({ person, error }: { person: Person; error: unknown }) {
  const { tab = 'account' } = useSearch({ from: '/signed-in/people/$userId' });
  const navigate = useNavigate({ from: '/people/$userId' });
  const chosen = tab === 'access' ? tab : 'account';
  return (
    <Page title={fullName(person)} above={back} note={person.enabled ? person.username : <span className="pill" data-kind="bad">disabled</span>} actions={<PersonActions person={person} />}>
      {error === null ? null : <Failure error={error} />}
      <Tabs value={chosen} keepMounted={false} onChange={(value) => void navigate({ search: value === 'access' ? { tab: 'access' } : {}, replace: true })}>
        <Tabs.List className="page-tabs">{TABS.map(([value, label]) => <Tabs.Tab key={value} value={value}>{label}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value="account"><PersonForm key={person.id} person={person} /></Tabs.Panel>
        <Tabs.Panel value="access"><EffectiveAccess userId={person.id} /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}
