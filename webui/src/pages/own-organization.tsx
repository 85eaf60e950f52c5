/** The organization one administers: what it is called, and whether everybody needs a second factor. */
import { Button, Switch, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useOwnOrganization, useUpdateOwnOrganization } from '@/api/own-organization';
import { useSecondFactors } from '@/api/second-factors';
import type { OwnOrganization } from '@/api/types';
import { confirm, showDone, showError } from '@/components/confirm';
import { Page } from '@/components/page';
import { Failure, Loading } from '@/components/states';

export function OwnOrganizationPage() {
  const { data, error, refetch } = useOwnOrganization();
  return (
    <Page title="Organization" note={data?.name} narrow>
      {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <div className="panel"><Loading rows={4} label="Loading the organization" /></div> : (
        <div className="profile-column">
          <Name key={data.display_name} organization={data} />
          <Required organization={data} />
        </div>
      )}
    </Page>
  );
}

function Name({ organization }: { organization: OwnOrganization }) {
  const update = useUpdateOwnOrganization();
  const [name, setName] = useState(organization.display_name);
  const wanted = name.trim();
  const ready = wanted !== '' && wanted !== organization.display_name;
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (ready) update.mutate({ display_name: wanted }, { onSuccess: () => showDone('Saved') });
  };
  return (
    <form className="panel form-panel" onSubmit={save} aria-label="Name">
      <TextInput label="Name" description={`What people read. In addresses and logs it stays ${organization.name}.`} autoComplete="off" maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      {update.isError ? <Failure error={update.error} /> : null}
      <div className="dialog-actions"><Button type="submit" disabled={!ready} loading={update.isPending}>Save</Button></div>
    </form>
  );
}

function Required({ organization }: { organization: OwnOrganization }) {
  const update = useUpdateOwnOrganization();
  const own = useSecondFactors().data;
  const required = organization.second_factor_required;
  const none = own !== undefined && own.second_factors.length === 0;
  const turn = (on: boolean) => update.mutateAsync({ second_factor_required: on });
  const ask = () => confirm({
    title: 'Require a second factor of everybody?',
    text: `From now on the console opens nothing for people without one until they have added one, and their API keys are refused until then. Their agents stay connected.${none ? ' You have none yourself: you are asked for it next.' : ''}`,
    verb: 'Require it',
    act: () => turn(true),
    done: () => showDone('Everybody needs a second factor now'),
  });
  const allow = () => void turn(false).then(() => showDone('The password alone is enough again, for whoever has no second factor'), showError);
  return (
    <section className="panel card" aria-labelledby="second-factor-required">
      <h2 id="second-factor-required">Signing in</h2>
      <Switch label="Require a second factor" description="An authenticator app or a passkey beside the password, for everybody in this organization." checked={required} disabled={update.isPending} onChange={(event) => (event.currentTarget.checked ? ask() : allow())} />
    </section>
  );
}
