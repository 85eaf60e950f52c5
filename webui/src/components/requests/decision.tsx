/** Yes or no, with a word to whoever asked. */
import { Button, TextInput } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Failure } from '@/components/states';

type Props = { verb: string; busy: boolean; error: Error | null; decide: (approve: boolean, note: string) => void; children?: ReactNode };

export function Decision({ verb, busy, error, decide, children }: Props) {
  const [note, setNote] = useState('');
  return (
    <div className="decision">
      {children}
      <TextInput className="grow" aria-label="A word with the decision" placeholder="A word with it (optional)" maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      <Button leftSection={<IconCheck size={16} />} loading={busy} onClick={() => decide(true, note.trim())}>{verb}</Button>
      <Button variant="default" leftSection={<IconX size={16} />} disabled={busy} onClick={() => decide(false, note.trim())}>Refuse</Button>
      {error === null ? null : <Failure error={error} />}
    </div>
  );
}
