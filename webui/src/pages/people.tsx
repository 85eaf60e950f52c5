/** Everybody with an account in the organization. */
import { Button, SegmentedControl, Tabs, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconFilterOff, IconSearch, IconUserPlus } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import type { Person } from '@/api/types';
import { useUsers } from '@/api/users';
import { Page } from '@/components/page';
import { openNewPerson } from '@/components/people/new-person';
import { PeopleTable } from '@/components/people/people-table';
import { Roles } from '@/components/people/roles';
import { Empty, Failure, Loading } from '@/components/states';
import { matchingPeople } from '@/lib/people';

export function PeoplePage() {
  const { data, error, refetch } = useUsers(true);
  const tab = useSearch({ from: '/signed-in/people' }).tab === 'roles' ? 'roles' : 'accounts';
  const navigate = useNavigate({ from: '/people' });
  return (
    <Page title="People" note={data === undefined ? undefined : data.length.toLocaleString()} actions={<Button leftSection={<IconUserPlus size={16} />} onClick={openNewPerson}>Add person</Button>}>
      <Tabs value={tab} keepMounted={false} onChange={(value) => void navigate({ search: value === 'roles' ? { tab: 'roles' } : {}, replace: true })}>
        <Tabs.List className="page-tabs"><Tabs.Tab value="accounts">Accounts</Tabs.Tab><Tabs.Tab value="roles">Roles</Tabs.Tab></Tabs.List>
        <Tabs.Panel value="accounts">
          {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
          {data !== undefined ? <FilteredPeople people={data} /> : error === null ? <div className="panel"><Loading label="Loading people" /></div> : null}
        </Tabs.Panel>
        <Tabs.Panel value="roles"><Roles /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function FilteredPeople({ people }: { people: Person[] }) {
  const { q = '', state } = useSearch({ from: '/signed-in/people' });
  const navigate = useNavigate({ from: '/people' });
  const shown = useMemo(() => matchingPeople(people, { q, state }), [people, q, state]);
  const show = (next: { q?: string; state?: string }) => void navigate({ search: next, replace: true });
  return (
    <>
      <div className="toolbar">
        <FilterInput q={q} setQ={(text) => show({ ...(state === undefined ? {} : { state }), ...(text === '' ? {} : { q: text }) })} />
        <SegmentedControl className="status-tabs" aria-label="Which accounts" size="sm" transitionDuration={0} value={state ?? 'all'} data={choices(people)}
          onChange={(value) => show({ ...(q === '' ? {} : { q }), ...(value === 'all' ? {} : { state: value }) })} />
        <span className={q === '' ? 'visually-hidden' : 'shown'} role="status">{shown.length.toLocaleString()} shown</span>
      </div>
      {shown.length > 0 ? <PeopleTable people={shown} />
        : <Empty icon={<IconFilterOff size={26} />} title="Nobody matches this filter" action={<Button variant="light" onClick={() => show({})}>Show all</Button>} />}
    </>
  );
}

function choices(people: Person[]) {
  const count = (state: string) => matchingPeople(people, { q: '', state }).length;
  return [{ value: 'all', label: `All ${people.length}` }, { value: 'admins', label: `Administrators ${count('admins')}` }, { value: 'disabled', label: `Disabled ${count('disabled')}` }];
}

function FilterInput({ q, setQ }: { q: string; setQ: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput ref={input} className="filter" aria-label="Filter people" aria-keyshortcuts="/" placeholder="Filter: name, e-mail, group" type="search" leftSection={<IconSearch size={16} />}
      rightSection={q === '' ? <kbd className="key" aria-hidden="true">/</kbd> : null} value={q} spellCheck={false}
      onChange={(event) => setQ(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Escape') setQ(''); }} />
  );
}
