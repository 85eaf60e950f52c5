/** A quiet line for whoever has not confirmed their address, where the relay can send the link. */
import { Button, CloseButton } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useState } from 'react';
import { useProfile, useResendVerification } from '@/api/profile';
import { errorText } from '@/api/errors';

export function ConfirmAddress() {
  const { data } = useProfile();
  const resend = useResendVerification();
  const [away, setAway] = useState(false);
  if (away || data === undefined || data.user.email_verified || !data.sends_mail) return null;
  const { email } = data.user;
  const words = resend.isSuccess ? `A link is on its way to ${email}.` : resend.isError ? errorText(resend.error) : `Confirm that ${email} is yours: open the link we sent you.`;
  return (
    <div className="quiet-line" role="status">
      <IconMail size={17} aria-hidden="true" />
      <span className="grow">{words}</span>
      {resend.isSuccess ? null : <Button size="compact-sm" variant="default" loading={resend.isPending} onClick={() => resend.mutate()}>Send it again</Button>}
      <CloseButton size="sm" aria-label="Not now" onClick={() => setAway(true)} />
    </div>
  );
}
