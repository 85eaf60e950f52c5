/** Who one is to this relay: picture, names, rights, and whether the address is confirmed. */
import { Button, FileButton } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useResendVerification, useSetAvatar } from '@/api/profile';
import type { Profile } from '@/api/types';
import { Ago } from '@/components/ago';
import { showDone, showError } from '@/components/confirm';
import { Picture } from '@/components/profile/picture';
import { fullName, roleName } from '@/lib/people';
import { isSudo } from '@/lib/roles';

export function Account({ user, sendsMail }: { user: Profile; sendsMail: boolean }) {
  return (
    <section className="panel card" aria-labelledby="account">
      <h2 id="account">Account</h2>
      <PictureRow user={user} />
      <dl className="facts">
        <div><dt>User name</dt><dd>{user.username}</dd></div>
        <div><dt>E-mail</dt><dd>{user.email}<Confirmed user={user} sendsMail={sendsMail} /></dd></div>
        <div><dt>Role</dt><dd>{roleName(user.role)} of {user.tenant_name}</dd></div>
        <div><dt>On machines</dt><dd>{isSudo(user.machine_role) ? 'shell and sudo' : 'shell'}</dd></div>
        <div><dt>Groups</dt><dd>{user.groups.join(', ') || <span className="dimmed">none</span>}</dd></div>
        <div><dt>Account made</dt><dd><Ago at={user.created_at} /></dd></div>
      </dl>
      <div className="card-end"><Button component={Link} to="/password" search={{ next: '/profile' } as never} variant="default" leftSection={<IconKey size={16} />}>Change password</Button></div>
    </section>
  );
}

function PictureRow({ user }: { user: Profile }) {
  const set = useSetAvatar();
  const take = (picture: File | null) => set.mutate(picture, { onSuccess: () => showDone(picture === null ? 'Your picture is gone' : 'Your picture is set'), onError: showError });
  return (
    <div className="picture-row">
      <Picture person={user} url={user.avatar_url} size={64} />
      <div className="grow">
        <div className="strong">{fullName(user)}</div>
        <div className="row picture-actions">
          <FileButton accept="image/png,image/jpeg,image/gif,image/webp" onChange={(file) => { if (file !== null) take(file); }} inputProps={{ 'aria-label': 'Picture file' }}>
            {(props) => <Button {...props} size="compact-sm" variant="default" loading={set.isPending}>{user.avatar_url ? 'Change picture' : 'Add a picture'}</Button>}
          </FileButton>
          {user.avatar_url ? <Button size="compact-sm" variant="subtle" onClick={() => take(null)}>Remove</Button> : null}
        </div>
      </div>
    </div>
  );
}

function Confirmed({ user, sendsMail }: { user: Profile; sendsMail: boolean }) {
  const resend = useResendVerification();
  if (user.email_verified) return <span className="dimmed"> · confirmed</span>;
  const send = () => resend.mutate(undefined, { onSuccess: () => showDone(`A link is on its way to ${user.email}`), onError: showError });
  return (
    <div className="small unconfirmed">
      <span>not confirmed{sendsMail ? '' : ' (this relay sends no mail)'}</span>
      {sendsMail ? <Button size="compact-xs" variant="default" loading={resend.isPending} onClick={send}>Send the link again</Button> : null}
    </div>
  );
}
