/** What an administrator may change about somebody; saved as one change, refused in the relay's words. */
import { Button, MultiSelect, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useGroups } from '@/api/groups';
import type { Person, PortalRole } from '@/api/types';
import { useUpdateUser } from '@/api/users';
import { Ago } from '@/components/ago';
import { showDone } from '@/components/confirm';
import { Failure } from '@/components/states';
import { PORTAL_ROLES } from '@/lib/people';
import { isSudo, MACHINE_ROLES, readMachineRole } from '@/lib/roles';
import { useUser } from '@/lib/session';


function fieldsOf(person: Person) {
  const { first_name, last_name, email, role, groups } = person;
  return { first_name, last_name, email, role: role as PortalRole, machine_role: readMachineRole(isSudo(person.machine_role) ? 'sudo' : null), groups };
}

export function PersonForm({ person }: { person: Person }) {
  const update = useUpdateUser(person.id);
  const own = useUser().id === person.id;
  const groups = useGroups();
  const form = useForm({
    initialValues: fieldsOf(person),
    validate: { email: (email) => (/^\S+@\S+$/.test(email.trim()) ? null : 'An address such as ada@example.com') },
  });
  const submit = form.onSubmit(({ role, ...fields }) => update.mutate(person.role === 'super_admin' ? fields : { ...fields, role }, {
    onSuccess: (saved) => {
      form.setInitialValues(fieldsOf(saved));
      form.reset();
      showDone('Saved. What they may no longer do has ended.');
    },
  }));
  return (
    <div className="two-columns">
      <form className="panel form-panel" onSubmit={submit} aria-label="Account">
        <div className="field-pair">
          <TextInput label="First name" autoComplete="off" {...form.getInputProps('first_name')} />
          <TextInput label="Last name" autoComplete="off" {...form.getInputProps('last_name')} />
        </div>
        <TextInput label="E-mail" type="email" autoComplete="off" description={person.email_verified ? undefined : 'Not confirmed yet'} {...form.getInputProps('email')} />
        {person.role === 'super_admin' ? null : <Select label="Role" data={[...PORTAL_ROLES]} allowDeselect={false} disabled={own} description={own ? 'Somebody else has to change your own role' : undefined} {...form.getInputProps('role')} />}
        <Select label="On machines" data={[...MACHINE_ROLES]} allowDeselect={false} description="Where a grant or a group does not say otherwise" {...form.getInputProps('machine_role')} />
        <MultiSelect label="Groups" placeholder={form.values.groups.length === 0 ? 'None' : undefined} data={(groups.data ?? []).map((group) => group.name)} searchable hidePickedOptions {...form.getInputProps('groups')} />
        {update.isError ? <Failure error={update.error} /> : null}
        <div className="row"><Button type="submit" disabled={!form.isDirty()} loading={update.isPending}>Save changes</Button></div>
      </form>
      <section className="panel card" aria-label="Facts">
        <dl className="facts">
          <div><dt>User name</dt><dd>{person.username}</dd></div>
          <div><dt>Organization</dt><dd>{person.tenant_name}</dd></div>
          <div><dt>Added</dt><dd><Ago at={person.created_at} /></dd></div>
          <div><dt>Last signed in</dt><dd><Ago at={person.last_login} never="never" /></dd></div>
        </dl>
      </section>
    </div>
  );
}
