/** The code that went to the person's mailbox. */
import { Button } from '@mantine/core';
import type { Step } from '@/api/auth';
import { verifyCode } from '@/api/auth';
import { CodeForm } from '@/components/login/code-form';

type Props = { step: Extract<Step, { kind: 'mail' }>; done: (next: Step | null) => void; back: () => void };

export function MailForm({ step, done, back }: Props) {
  return (
    <div className="login-form">
      <p className="login-lead dimmed">We sent a code to the mailbox of <strong>{step.username}</strong>. It works once, for {step.minutes} minutes.</p>
      <CodeForm label="Code of the mail" send={(code) => verifyCode(step, code)} done={done} />
      <Button variant="subtle" onClick={back}>Start again, with a new code</Button>
    </div>
  );
}
