/** Name and description of a group, for a new one and for an old one; opened as a dialog. */
import { Button, Select, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import type { Group, MachineRole } from '@/api/types';
import { Failure } from '@/components/states';

/** What a person decides about a group; its people and machines are chosen on its page. */
type GroupFields = Pick<Group, 'name' | 'description'> & { machine_role: MachineRole };

const ROLES = [{ value: 'non-sudo', label: 'Open shells' }, { value: 'sudo', label: 'Open shells and use sudo' }];

type Props = { initial: GroupFields; verb: string; save: (fields: GroupFields) => Promise<void> };

function GroupForm({ initial, verb, save }: Props) {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const form = useForm({
    initialValues: initial,
    validate: { name: (name) => (name.trim() === '' ? 'Give the group a name' : name.trim().length > 100 ? 'At most 100 characters' : null) },
  });
  const submit = form.onSubmit(async ({ name, description, machine_role }) => {
    setState({ busy: true, error: null });
    try {
      await save({ name: name.trim(), description: description.trim(), machine_role });
      modals.closeAll();
    } catch (error) {
      setState({ busy: false, error });
    }
  });
  return (
    <form className="dialog-form" onSubmit={submit}>
      <TextInput label="Name" data-autofocus autoComplete="off" {...form.getInputProps('name')} />
      <Textarea label="Description" placeholder="Optional" autosize minRows={2} maxRows={6} {...form.getInputProps('description')} />
      <Select label="Members may" data={ROLES} allowDeselect={false} comboboxProps={{ withinPortal: false }} {...form.getInputProps('machine_role')} />
      {state.error === null ? null : <Failure error={state.error} />}
      <div className="dialog-actions">
        <Button variant="default" onClick={() => modals.closeAll()}>Cancel</Button>
        <Button type="submit" loading={state.busy}>{verb}</Button>
      </div>
    </form>
  );
}

export function openGroupForm(title: string, props: Props): void {
  modals.open({ title, children: <GroupForm {...props} /> });
}
