/** A new organization with its first administrator, who gets a first password to change. */
import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { useCreateOrganization } from '@/api/organizations';
import { showDone } from '@/components/confirm';
import { PasswordField } from '@/components/people/password-field';
import { Failure } from '@/components/states';
import { newPassword, SHORTEST_PASSWORD } from '@/lib/new-password';

const required = (what: string) => (value: string) => (value.trim() === '' ? `Give ${what}` : null);

function NewOrganization() {
  const create = useCreateOrganization();
  const [password] = useState(newPassword);
  const form = useForm({
    initialValues: { display_name: '', name: '', first_name: '', last_name: '', username: '', email: '', password },
    validate: {
      display_name: required('a name people know it by'),
      name: (name) => (/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name.trim()) ? null : '3 to 63 small letters, digits and dashes'),
      first_name: required('a first name'),
      last_name: required('a last name'),
      username: (name) => (/^[A-Za-z0-9._-]{3,50}$/.test(name.trim()) ? null : '3 to 50 letters, digits, dots, dashes, underscores'),
      email: (email) => (/^\S+@\S+$/.test(email.trim()) ? null : 'An address such as ada@example.com'),
      password: (given) => ([...given].length < SHORTEST_PASSWORD ? `At least ${SHORTEST_PASSWORD} characters` : null),
    },
  });
  const submit = form.onSubmit(({ name, display_name, ...admin }) => create.mutate({ name, display_name, admin }, {
    onSuccess: () => {
      modals.closeAll();
      showDone(`${display_name} is there; ${admin.username} can sign in`);
    },
  }));
  return (
    <form className="dialog-form" onSubmit={submit}>
      <div className="field-pair">
        <TextInput label="Name" placeholder="Acme Ltd" data-autofocus autoComplete="off" {...form.getInputProps('display_name')} />
        <TextInput label="Short name" placeholder="acme" description="In addresses and files; it stays" autoComplete="off" autoCapitalize="none" spellCheck={false} inputWrapperOrder={['label', 'input', 'description', 'error']} {...form.getInputProps('name')} />
      </div>
      <h3 className="form-part">Its first administrator</h3>
      <div className="field-pair">
        <TextInput label="First name" autoComplete="off" {...form.getInputProps('first_name')} />
        <TextInput label="Last name" autoComplete="off" {...form.getInputProps('last_name')} />
      </div>
      <div className="field-pair">
        <TextInput label="User name" autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('username')} />
        <TextInput label="E-mail" type="email" autoComplete="off" {...form.getInputProps('email')} />
      </div>
      <PasswordField label="First password" description="Hand it over by a safe way; they are asked to change it." {...form.getInputProps('password')} />
      {create.isError ? <Failure error={create.error} /> : null}
      <div className="dialog-actions">
        <Button variant="default" onClick={() => modals.closeAll()}>Cancel</Button>
        <Button type="submit" loading={create.isPending}>Add organization</Button>
      </div>
    </form>
  );
}

export function openNewOrganization(): void {
  modals.open({ title: 'Add an organization', size: 'lg', children: <NewOrganization /> });
}
