/** Asking for a machine: which, as what, for how long, and why. */
import { Button, Select, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { useRequestableMachines, useRequestAccess } from '@/api/access-requests';
import { showDone } from '@/components/confirm';
import { Failure } from '@/components/states';
import { DURATIONS } from '@/lib/durations';
import { MACHINE_ROLES, readMachineRole } from '@/lib/roles';

function RequestForm({ agentId }: { agentId: string }) {
  const machines = useRequestableMachines();
  const ask = useRequestAccess();
  const [form, setForm] = useState({ agentId, role: 'non-sudo', minutes: '60', reason: '' });
  const ready = form.agentId !== '' && form.reason.trim() !== '';
  const send = () => ask.mutate({ agent_id: form.agentId, reason: form.reason.trim(), duration_minutes: Number(form.minutes), machine_role: readMachineRole(form.role) }, {
    onSuccess: () => {
      modals.closeAll();
      showDone('Asked. Whoever owns the machine and the administrators see it.');
    },
  });
  return (
    <form className="dialog-form" onSubmit={(event) => { event.preventDefault(); if (ready) send(); }}>
      <Select label="Machine" placeholder="Type a name" searchable limit={50} nothingFoundMessage="No such machine" comboboxProps={{ withinPortal: false }} data={(machines.data ?? []).map((machine) => ({ value: machine.agent_id, label: machine.name }))}
        value={form.agentId === '' ? null : form.agentId} error={machines.error === null ? undefined : machines.error.message} onChange={(id) => setForm({ ...form, agentId: id ?? '' })} />
      <div className="field-pair">
        <Select label="As" data={[...MACHINE_ROLES]} allowDeselect={false} comboboxProps={{ withinPortal: false }} value={form.role} onChange={(role) => setForm({ ...form, role: role ?? 'non-sudo' })} />
        <Select label="For" data={DURATIONS} allowDeselect={false} comboboxProps={{ withinPortal: false }} value={form.minutes} onChange={(minutes) => setForm({ ...form, minutes: minutes ?? '60' })} />
      </div>
      <Textarea label="Why" description="Whoever decides reads this, and so does an auditor" autosize minRows={2} maxRows={8} maxLength={500} value={form.reason} onChange={(event) => setForm({ ...form, reason: event.currentTarget.value })} />
      {ask.isError ? <Failure error={ask.error} /> : null}
      <div className="dialog-actions">
        <Button variant="default" onClick={() => modals.closeAll()}>Cancel</Button>
        <Button type="submit" disabled={!ready} loading={ask.isPending}>Ask for access</Button>
      </div>
    </form>
  );
}

export function openRequestForm(agentId = ''): void {
  modals.open({ title: 'Ask for access', children: <RequestForm agentId={agentId} /> });
}
