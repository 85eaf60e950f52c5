/** A new password for somebody who lost theirs: made here, handed over by the administrator. */
import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import type { Person } from '@/api/types';
import { useUpdateUser } from '@/api/users';
import { showDone } from '@/components/confirm';
import { PasswordField } from '@/components/people/password-field';
import { Failure } from '@/components/states';
import { newPassword, SHORTEST_PASSWORD } from '@/lib/new-password';

function SetPassword({ person }: { person: Person }) {
  const update = useUpdateUser(person.id);
  const [password, setPassword] = useState(newPassword);
  const short = [...password].length < SHORTEST_PASSWORD;
  const save = () => update.mutate({ password }, {
    onSuccess: () => {
      modals.closeAll();
      showDone(`${person.username} has a new password`);
    },
  });
  return (
    <form className="dialog-form" onSubmit={(event) => { event.preventDefault(); if (!short) save(); }}>
      <PasswordField label="New password" description="Copy it now: it is not shown again. They are signed out everywhere." value={password} error={short ? `At least ${SHORTEST_PASSWORD} characters` : undefined} onChange={(event) => setPassword(event.currentTarget.value)} />
      {update.isError ? <Failure error={update.error} /> : null}
      <div className="dialog-actions">
        <Button variant="default" onClick={() => modals.closeAll()}>Cancel</Button>
        <Button type="submit" loading={update.isPending}>Set password</Button>
      </div>
    </form>
  );
}

export function openSetPassword(person: Person): void {
  modals.open({ title: `New password for ${person.username}`, children: <SetPassword person={person} /> });
}
