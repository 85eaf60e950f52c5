/** What narrows the command log; each choice stands in the address. */
import { Button, Select } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMachines } from '@/api/machines';
import { useUsers } from '@/api/users';
import { Days } from '@/components/days';
import { SearchField } from '@/components/search-field';
import { type CommandSearch, OUTCOMES } from '@/lib/command-search';
import { PERIODS } from '@/lib/periods';
import { isAdmin, useUser } from '@/lib/session';

function useChange(): (change: CommandSearch) => void {
  const search = useSearch({ from: '/signed-in/commands' });
  const navigate = useNavigate({ from: '/commands' });
  return (change) => void navigate({ search: { ...search, ...change }, replace: true });
}

export function CommandFilters({ shown, more }: { shown: number | undefined; more: boolean }) {
  const search = useSearch({ from: '/signed-in/commands' });
  const change = useChange();
  const admin = isAdmin(useUser());
  const machines = (useMachines(false).data ?? []).map((machine) => ({ value: machine.agent_id, label: machine.name }));
  const people = (useUsers(admin).data ?? []).map((person) => ({ value: person.id, label: person.username }));
  return (
    <div className="toolbar audit-filters">
      <SearchField label="Search commands" placeholder="Any part of a command" value={search.q ?? ''} search={(q) => change({ q })} />
      <Select aria-label="Machine" placeholder="Any machine" searchable clearable limit={50} data={machines} value={search.machine ?? null} onChange={(machine) => change({ machine: machine ?? '' })} />
      {admin ? <Select aria-label="Person" placeholder="Anybody" searchable clearable limit={50} data={people} value={search.person ?? null} onChange={(person) => change({ person: person ?? '' })} /> : null}
      <Select aria-label="Outcome" data={OUTCOMES} value={search.outcome ?? ''} allowDeselect={false} onChange={(outcome) => change({ outcome: outcome ?? '' })} />
      <Select aria-label="When" data={PERIODS} value={search.period ?? ''} allowDeselect={false} onChange={(period) => change({ period: period ?? '' })} />
      {search.period === 'days' ? <Days from={search.from} to={search.to} change={change} /> : null}
      {search.tag === undefined ? null : <Button size="compact-sm" variant="light" onClick={() => change({ tag: '' })}>tag: {search.tag} ✕</Button>}
      <span className="shown" role="status">{shown === undefined ? '' : `${shown.toLocaleString()}${more ? ' so far' : ' shown'}`}</span>
    </div>
  );
}
