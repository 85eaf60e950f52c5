/** The person's other organizations, and the way over to them without signing in again. */
import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { selectTenant, type Step } from '@/api/auth';
import { queryClient } from '@/api/cache';
import type { Tenant } from '@/api/types';
import { showDone, showError } from '@/components/confirm';
import { StepForm, stepTitle } from '@/components/login/steps';
import { useSession } from '@/lib/session';

export function OwnOrganizations() {
  const session = useSession();
  const tenants = session?.tenants ?? [];
  if (session === null || tenants.length < 2) return null;
  return (
    <section className="panel card roster" aria-labelledby="organizations">
      <h2 id="organizations">Organizations</h2>
      <p className="card-lead dimmed">Your address has an account in each of these. Changing over closes the terminals of this one here.</p>
      <ul>{tenants.map((tenant) => <Row key={tenant.tenant_id} tenant={tenant} current={tenant.user_id === session.user.id} />)}</ul>
    </section>
  );
}

function Row({ tenant, current }: { tenant: Tenant; current: boolean }) {
  return (
    <li>
      <span className="grow two-lines"><span className="strong">{tenant.tenant_name}</span><span className="small dimmed">as {tenant.username}</span></span>
      {current ? <span className="pill" data-kind="good">you are here</span> : <Switch tenant={tenant} />}
    </li>
  );
}

function Switch({ tenant }: { tenant: Tenant }) {
  const proof = useSession()?.switchToken;
  const router = useRouter();
  const goOn = (asked: Step | null) => {
    modals.closeAll();
    if (asked !== null) {
      modals.open({ title: stepTitle(asked), children: <StepForm step={asked} done={goOn} back={() => modals.closeAll()} /> });
      return;
    }
    queryClient.clear();
    showDone(`You are in ${tenant.tenant_name} now`);
    void router.navigate({ to: '/machines' });
  };
  const change = useMutation({ mutationFn: () => selectTenant(proof ?? '', tenant.tenant_id), onSuccess: goOn, onError: showError });
  return <Button size="compact-sm" variant="default" loading={change.isPending} onClick={() => change.mutate()} aria-label={`Change over to ${tenant.tenant_name}`}>Change over</Button>;
}
