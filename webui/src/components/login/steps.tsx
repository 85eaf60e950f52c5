/** What the relay still asks after a proof, one question after the other. */
import type { Step } from '@/api/auth';
import { FactorForm } from '@/components/login/factor-form';
import { MailForm } from '@/components/login/mail-form';
import { TenantForm } from '@/components/login/tenant-form';

const TITLES: Record<Step['kind'], string> = { tenant: 'Which organization?', mail: 'Look into your mailbox', factor: 'One more proof' };

export function stepTitle(step: Step): string {
  return TITLES[step.kind];
}

type Props = { step: Step; done: (next: Step | null) => void; back: () => void };

export function StepForm({ step, done, back }: Props) {
  if (step.kind === 'tenant') return <TenantForm step={step} done={done} back={back} />;
  if (step.kind === 'mail') return <MailForm step={step} done={done} back={back} />;
  return <FactorForm step={step} done={done} back={back} />;
}
