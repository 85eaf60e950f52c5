/** Every machine the person may see, with its state as it is now. */
import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconFilterOff, IconPlus, IconSearch } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import { useMachines } from '@/api/machines';
import type { Machine } from '@/api/types';
import { FirstMachine } from '@/components/machines/first-machine';
import { MachineTable } from '@/components/machines/machine-table';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';
import { matches, matchesText, parseFilter, withStatus } from '@/lib/filter';
import { isAdmin, useUser } from '@/lib/session';

export function MachinesPage() {
  const admin = isAdmin(useUser());
  const { data, error, refetch } = useMachines();
  const online = data?.filter((machine) => machine.status === 'online').length ?? 0;
  const note = data === undefined || data.length === 0 ? undefined : `${online.toLocaleString()} online of ${data.length.toLocaleString()}`;
  const add = admin && data !== undefined && data.length > 0
    ? <Button component={Link} to="/machines/add" leftSection={<IconPlus size={16} />}>Add machine</Button>
    : null;
  return (
    <Page title="Machines" note={note} actions={add}>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <div className="panel"><Loading rows={8} label="Loading machines" /></div> : null) : null}
      {data === undefined ? null : data.length === 0 ? <FirstMachine admin={admin} /> : <FilteredMachines machines={data} />}
    </Page>
  );
}

const STATUSES = ['online', 'offline', 'pending'] as const;

function FilteredMachines({ machines }: { machines: Machine[] }) {
  const { q = '' } = useSearch({ from: '/signed-in/machines' });
  const navigate = useNavigate({ from: '/machines' });
  const setQ = (text: string) => void navigate({ search: text === '' ? {} : { q: text }, replace: true });
  const filter = useMemo(() => parseFilter(q), [q]);
  const shown = useMemo(() => machines.filter((machine) => matches(machine, filter)), [machines, filter]);
  return (
    <>
      <div className="toolbar">
        <FilterInput q={q} setQ={setQ} />
        <StatusTabs machines={machines} q={q} setQ={setQ} />
        <span className={q === '' ? 'visually-hidden' : 'shown'} role="status">{shown.length.toLocaleString()} shown</span>
      </div>
      {shown.length > 0
        ? <MachineTable machines={shown} />
        : <Empty icon={<IconFilterOff size={26} />} title="No machine matches this filter" action={<Button variant="light" onClick={() => setQ('')}>Show all</Button>} />}
    </>
  );
}

type FilterProps = { q: string; setQ: (text: string) => void };

function FilterInput({ q, setQ }: FilterProps) {
  const input = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput ref={input} className="filter" aria-label="Filter machines" aria-keyshortcuts="/" placeholder="Filter: name, address, tag:prod, status:online" type="search"
      leftSection={<IconSearch size={16} />} rightSection={q === '' ? <kbd className="key" aria-hidden="true">/</kbd> : null} value={q} spellCheck={false}
      onChange={(event) => setQ(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Escape') setQ(''); }} />
  );
}

function StatusTabs({ machines, q, setQ }: FilterProps & { machines: Machine[] }) {
  const filter = parseFilter(q);
  const rest = machines.filter((machine) => matchesText(machine, filter));
  const count = (status: string) => rest.filter((machine) => machine.status === status).length;
  const data = [
    { value: 'all', label: `All ${rest.length}` },
    ...STATUSES.map((status) => ({ value: status, label: `${status[0]?.toUpperCase()}${status.slice(1)} ${count(status)}` })),
  ];
  return (
    <SegmentedControl className="status-tabs" aria-label="Status" size="sm" transitionDuration={0} data={data}
      value={STATUSES.find((status) => status === filter.status) ?? 'all'} onChange={(value) => setQ(withStatus(q, value === 'all' ? null : value))} />
  );
}
