/** One person, several organizations: who they are is proven, now which of them. */
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { selectTenant, type Step } from '@/api/auth';
import { Failure } from '@/components/states';

type Props = { step: Extract<Step, { kind: 'tenant' }>; done: (next: Step | null) => void; back: () => void };

export function TenantForm({ step, done, back }: Props) {
  const attempt = useMutation({ mutationFn: (tenantId: string) => selectTenant(step.proof, tenantId), onSuccess: done });
  return (
    <div className="login-form">
      {step.tenants.map((tenant, index) => (
        <Button key={tenant.tenant_id} variant="default" size="md" justify="start" className="tenant-button" data-autofocus={index === 0 || undefined} autoFocus={index === 0}
          loading={attempt.isPending && attempt.variables === tenant.tenant_id} onClick={() => attempt.mutate(tenant.tenant_id)}>
          <span className="two-lines"><span>{tenant.tenant_name}</span><span className="dimmed small">as {tenant.username}</span></span>
        </Button>
      ))}
      {attempt.isError ? <Failure error={attempt.error} /> : null}
      <Button variant="subtle" onClick={back}>Back</Button>
    </div>
  );
}
