/** A new account: who it is, what they may, and a first password to hand over. */
import { Button, MultiSelect, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { useGroups } from '@/api/groups';
import type { MachineRole, PortalRole } from '@/api/types';
import { useCreateUser } from '@/api/users';
import { showDone } from '@/components/confirm';
import { PasswordField } from '@/components/people/password-field';
import { Failure } from '@/components/states';
import { PORTAL_ROLES } from '@/lib/people';
import { MACHINE_ROLES } from '@/lib/roles';
import { newPassword, SHORTEST_PASSWORD } from '@/lib/new-password';

const required = (what: string) => (value: string) => (value.trim() === '' ? `Give ${what}` : null);

function NewPerson() {
  const create = useCreateUser();
  const groups = useGroups();
  const [password] = useState(newPassword);
  const form = useForm({
    initialValues: { first_name: '', last_name: '', username: '', email: '', password, role: 'user' as PortalRole, machine_role: 'non-sudo' as MachineRole, groups: [] as string[] },
    validate: {
      first_name: required('a first name'),
      last_name: required('a last name'),
      username: (name) => (/^[A-Za-z0-9._-]{3,50}$/.test(name.trim()) ? null : '3 to 50 letters, digits, dots, dashes, underscores'),
      email: (email) => (/^\S+@\S+$/.test(email.trim()) ? null : 'An address such as ada@example.com'),
      password: (given) => ([...given].length < SHORTEST_PASSWORD ? `At least ${SHORTEST_PASSWORD} characters` : null),
    },
  });
  const submit = form.onSubmit((fields) => create.mutate(fields, {
    onSuccess: () => {
      modals.closeAll();
      showDone(`${fields.username} can sign in now`);
    },
  }));
  return (
    <form className="dialog-form" onSubmit={submit}>
      <div className="field-pair">
        <TextInput label="First name" data-autofocus autoComplete="off" {...form.getInputProps('first_name')} />
        <TextInput label="Last name" autoComplete="off" {...form.getInputProps('last_name')} />
      </div>
      <div className="field-pair">
        <TextInput label="User name" autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('username')} />
        <TextInput label="E-mail" type="email" autoComplete="off" {...form.getInputProps('email')} />
      </div>
      <PasswordField label="First password" description="Hand it over in person or by a safe way; they are asked to change it." {...form.getInputProps('password')} />
      <div className="field-pair">
        <Select label="Role" data={[...PORTAL_ROLES]} allowDeselect={false} comboboxProps={{ withinPortal: false }} {...form.getInputProps('role')} />
        <Select label="On machines" data={[...MACHINE_ROLES]} allowDeselect={false} comboboxProps={{ withinPortal: false }} {...form.getInputProps('machine_role')} />
      </div>
      <MultiSelect label="Groups" placeholder={form.values.groups.length === 0 ? 'None' : undefined} data={(groups.data ?? []).map((group) => group.name)} searchable hidePickedOptions comboboxProps={{ withinPortal: false }} {...form.getInputProps('groups')} />
      {create.isError ? <Failure error={create.error} /> : null}
      <div className="dialog-actions">
        <Button variant="default" onClick={() => modals.closeAll()}>Cancel</Button>
        <Button type="submit" loading={create.isPending}>Add person</Button>
      </div>
    </form>
  );
}

export function openNewPerson(): void {
  modals.open({ title: 'Add a person', size: 'lg', children: <NewPerson /> });
}
