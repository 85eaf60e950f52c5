/** The name people read; the short name stays as it is. */
import { Button, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { useUpdateOrganization } from '@/api/organizations';
import type { Organization } from '@/api/types';
import { Failure } from '@/components/states';

function Rename({ organization }: { organization: Organization }) {
  const update = useUpdateOrganization(organization.id);
  const [name, setName] = useState(organization.display_name);
  const wanted = name.trim();
  const save = () => update.mutate({ display_name: wanted }, { onSuccess: () => modals.closeAll() });
  return (
    <form className="dialog-form" onSubmit={(event) => { event.preventDefault(); if (wanted !== '') save(); }}>
      <TextInput label="Name" data-autofocus autoComplete="off" maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      {update.isError ? <Failure error={update.error} /> : null}
      <div className="dialog-actions">
        <Button variant="default" onClick={() => modals.closeAll()}>Cancel</Button>
        <Button type="submit" disabled={wanted === ''} loading={update.isPending}>Rename</Button>
      </div>
    </form>
  );
}

export function openRename(organization: Organization): void {
  modals.open({ title: 'Rename the organization', children: <Rename organization={organization} /> });
}
