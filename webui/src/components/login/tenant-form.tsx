/** One address, several organizations: the password was right, now which of them. */
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { selectTenant, type TenantChoice } from '@/api/auth';
import { Failure } from '@/components/states';

type Props = { choice: TenantChoice; done: () => void; back: () => void };

export function TenantForm({ choice, done, back }: Props) {
  const attempt = useMutation({ mutationFn: (tenantId: string) => selectTenant(choice.proof, tenantId), onSuccess: done });
  return (
    <div className="login-form">
      {choice.tenants.map((tenant, index) => (
        <Button key={tenant.tenant_id} variant="default" size="md" justify="space-between" data-autofocus={index === 0 || undefined} autoFocus={index === 0}
          loading={attempt.isPending && attempt.variables === tenant.tenant_id} onClick={() => attempt.mutate(tenant.tenant_id)}
          rightSection={<span className="dimmed small">{tenant.username}</span>}>{tenant.tenant_name}</Button>
      ))}
      {attempt.isError ? <Failure error={attempt.error} /> : null}
      <Button variant="subtle" onClick={back}>Back</Button>
    </div>
  );
}
