/** A list inside a group (people or machines) with a picker to add to it and a way to take out. */
import { ActionIcon, Select, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { type ReactNode, useId } from 'react';
import { Failure, Loading } from '@/components/states';

export type Entry = { id: string; name: string; face: ReactNode };
type Choice = { value: string; label: string };

type Props = {
  title: string;
  empty: string;
  placeholder: string;
  entries: Entry[] | undefined;
  error: Error | null;
  /** What may still be added; null when this person may not change the list. */
  choices: Choice[] | null;
  add: (id: string) => void;
  adding: boolean;
  remove: (entry: Entry) => void;
};

export function Roster({ title, empty, placeholder, entries, error, choices, add, adding, remove }: Props) {
  const heading = useId();
  return (
    <section className="panel card roster" aria-labelledby={heading}>
      <h2 id={heading}>{title}{entries === undefined ? '' : ` (${entries.length})`}</h2>
      {choices === null ? null : (
        <Select aria-label={placeholder} placeholder={placeholder} searchable limit={50} data={choices} value={null} disabled={adding} nothingFoundMessage="Nothing left to add"
          onChange={(id) => { if (id !== null) add(id); }} />
      )}
      {error === null ? null : <Failure error={error} />}
      {entries === undefined ? (error === null ? <Loading rows={3} /> : null) : entries.length === 0 ? <p className="dimmed roster-empty">{empty}</p> : (
        <ul>
          {entries.map((entry) => (
            <li key={entry.id}>
              {entry.face}
              {choices === null ? null : <Tooltip label="Remove from the group"><ActionIcon variant="subtle" color="gray" className="quiet-icon" aria-label={`Remove ${entry.name} from the group`} onClick={() => remove(entry)}><IconX size={16} /></ActionIcon></Tooltip>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
