/** From a name to a running agent: the form, then the command to run there, then the moment it arrives. */
import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useCreateMachine } from '@/api/machines';
import type { NewMachine } from '@/api/types';
import { Enrolment } from '@/components/machines/enrolment';
import { Failure } from '@/components/states';

const LINUX_USER = /^[a-z_][a-z0-9_-]{0,31}$/;

export function AddMachine({ verb = 'Create and show the command' }: { verb?: string }) {
  const [machine, setMachine] = useState<NewMachine | null>(null);
  return machine === null
    ? <MachineForm verb={verb} done={setMachine} />
    : <Enrolment created={machine} another={() => setMachine(null)} />;
}

function MachineForm({ verb, done }: { verb: string; done: (machine: NewMachine) => void }) {
  const create = useCreateMachine();
  const form = useForm({
    initialValues: { name: '', description: '', linuxUser: '' },
    validate: {
      name: (name) => (name.trim() === '' ? 'Give the machine a name' : name.trim().length > 100 ? 'At most 100 characters' : null),
      description: (text) => (text.length > 500 ? 'At most 500 characters' : null),
      linuxUser: (user) => (user === '' || LINUX_USER.test(user) ? null : 'Lower-case letters, digits, - and _, beginning with a letter'),
    },
  });
  const submit = form.onSubmit(({ name, description, linuxUser }) =>
    create.mutate({ name: name.trim(), description: description.trim(), ...(linuxUser === '' ? {} : { linux_user: linuxUser }) }, { onSuccess: done }));
  return (
    <form className="panel form-panel" onSubmit={submit}>
      <TextInput label="Name" placeholder="web-1" description="How it is called in lists and in the log" data-autofocus autoComplete="off" spellCheck={false} {...form.getInputProps('name')} />
      <TextInput label="Description" placeholder="Optional" autoComplete="off" {...form.getInputProps('description')} />
      <TextInput label="Linux user" placeholder="Optional: whoever runs the agent" description="Shells on this machine run as this user" autoComplete="off" autoCapitalize="none" spellCheck={false} className="mono-input" {...form.getInputProps('linuxUser')} />
      {create.isError ? <Failure error={create.error} /> : null}
      <div><Button type="submit" loading={create.isPending}>{verb}</Button></div>
    </form>
  );
}
