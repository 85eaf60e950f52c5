/** Where to? The machines one may reach, those that are online first; Enter takes the first. */
import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useMachines } from '@/api/machines';
import type { Machine } from '@/api/types';
import { Failure, Loading } from '@/components/states';
import { Status } from '@/components/status';
import { MAX_TERMINALS, terminals } from '@/components/terminal/store';

export const TOO_MANY = `${MAX_TERMINALS} terminals are open. Close one to open another.`;
/** A list longer than this is for the filter, not for the eye. */
const MOST_SHOWN = 50;

export function MachinePicker({ onPick }: { onPick: (agentId: string) => void }) {
  const [wanted, setWanted] = useState('');
  const { data, error, isPending, refetch } = useMachines();
  const found = matching(data ?? [], wanted);
  const first = found.find((machine) => machine.status === 'online');
  if (terminals.isFull) return <p className="fl-picker-empty">{TOO_MANY}</p>;
  return (
    <div className="fl-picker">
      <TextInput
        data-autofocus
        size="sm"
        aria-label="Find a machine"
        placeholder="Open a terminal on…"
        leftSection={<IconSearch size={16} />}
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && first) onPick(first.agent_id);
        }}
      />
      {error ? <Failure error={error} retry={() => void refetch()} /> : null}
      {isPending ? <Loading rows={3} label="Loading machines" /> : null}
      <ul className="fl-picker-list">
        {found.slice(0, MOST_SHOWN).map((machine) => (
          <li key={machine.agent_id}>
            <button type="button" className="fl-picker-machine" disabled={machine.status !== 'online'} onClick={() => onPick(machine.agent_id)}>
              <span className="fl-picker-name">{machine.name}</span>
              <Status status={machine.status} />
            </button>
          </li>
        ))}
      </ul>
      {data && found.length === 0 ? <p className="fl-picker-empty">{data.length === 0 ? 'No machine yet.' : 'No machine matches.'}</p> : null}
    </div>
  );
}

function matching(machines: readonly Machine[], wanted: string): Machine[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return machines
    .filter((machine) => words.every((word) => text(machine).includes(word)))
    .toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

function text(machine: Machine): string {
  return [machine.name, machine.hostname, ...machine.tags].join(' ').toLowerCase();
}

function rank(machine: Machine): number {
  return machine.status === 'online' ? 0 : 1;
}
