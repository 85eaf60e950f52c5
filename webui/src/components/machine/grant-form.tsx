/** Gives one person access to one machine: who, as what, until when. */
import { Button, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useGrantAccess } from '@/api/machines';
import type { Machine } from '@/api/types';
import { useUsers } from '@/api/users';
import { showDone } from '@/components/confirm';
import { Failure } from '@/components/states';
import { endOf, ENDS } from '@/lib/grant-end';
import { MACHINE_ROLES, readMachineRole } from '@/lib/roles';

const EMPTY = { who: '', role: 'non-sudo', end: 'never', day: '' };

export function GrantForm({ machine, admin }: { machine: Machine; admin: boolean }) {
  const grant = useGrantAccess(machine.agent_id);
  const [form, setForm] = useState(EMPTY);
  const [late, setLate] = useState(false);
  const ready = form.who !== '' && (form.end !== 'at' || form.day !== '');
  const submit = () => {
    const expires = endOf(form.end, form.day, Date.now());
    setLate(expires === null);
    if (!ready || expires === null) return;
    const who = admin ? { user_id: form.who } : { username: form.who.trim() };
    grant.mutate({ ...who, machine_role: readMachineRole(form.role), ...(expires === '' ? {} : { expires_at: expires }) }, {
      onSuccess: () => {
        setForm(EMPTY);
        showDone('Access granted');
      },
    });
  };
  return (
    <form className="grant-form" aria-label="Grant access" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Who admin={admin} value={form.who} choose={(who) => setForm({ ...form, who })} />
      <Select label="May" data={[...MACHINE_ROLES]} value={form.role} allowDeselect={false} onChange={(role) => setForm({ ...form, role: role ?? 'non-sudo' })} />
      <Select label="Ends" data={ENDS} value={form.end} allowDeselect={false} onChange={(end) => setForm({ ...form, end: end ?? 'never' })} />
      {form.end === 'at' ? <TextInput type="datetime-local" label="On" value={form.day} error={late ? 'Choose a time to come' : undefined} onChange={(event) => setForm({ ...form, day: event.currentTarget.value })} /> : null}
      <Button type="submit" disabled={!ready} loading={grant.isPending}>Grant access</Button>
      {grant.isError ? <Failure error={grant.error} /> : null}
      {form.role === 'sudo' && !machine.allow_sudo ? <p className="grant-note dimmed">This agent was enrolled without <code>--allow-sudo</code>: sudo stays refused there whatever is granted.</p> : null}
    </form>
  );
}

function Who({ admin, value, choose }: { admin: boolean; value: string; choose: (who: string) => void }) {
  const users = useUsers(admin);
  if (!admin) return <TextInput label="Person" placeholder="User name" className="grow" autoCapitalize="none" spellCheck={false} value={value} onChange={(event) => choose(event.currentTarget.value)} />;
  const data = (users.data ?? []).map((user) => ({ value: user.id, label: `${user.username} (${user.email})` }));
  return (
    <Select label="Person" placeholder="Type a name" className="grow" searchable clearable limit={50} nothingFoundMessage="No such person" data={data} value={value === '' ? null : value}
      error={users.error === null ? undefined : users.error.message} onChange={(who) => choose(who ?? '')} />
  );
}
