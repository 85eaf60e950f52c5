/** One's own password: chosen before anything else where it was a one-time one, changed at will otherwise. */
import { Button } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { logout } from '@/api/auth';
import { queryClient } from '@/api/cache';
import { showDone } from '@/components/confirm';
import { Logo } from '@/components/logo';
import { PasswordChangeForm } from '@/components/password/change-form';
import { type Session } from '@/lib/auth';
import { safeNext } from '@/lib/next';
import { useSession } from '@/lib/session';

export function PasswordPage() {
  const session = useSession();
  const navigate = useNavigate();
  useEffect(() => {
    if (session === null) void navigate({ to: '/login', search: {} });
  }, [session, navigate]);
  return session === null ? null : <Choice session={session} />;
}

function Choice({ session }: { session: Session }) {
  const { next } = useSearch({ from: '/password' });
  const navigate = useNavigate();
  // As it was when the page came: the words must not change under the person when the answer arrives.
  const [must] = useState(session.mustChoosePassword === true);
  const title = must ? 'Choose your password' : 'Change your password';
  useDocumentTitle(`${title} · Fairlead`);
  const goOn = () => void navigate({ to: safeNext(next), replace: true });
  const done = () => {
    queryClient.clear();
    showDone(must ? 'Your password is set.' : 'Your password is changed. Your other sign-ins have ended.');
    goOn();
  };
  return (
    <main className="login" id="content">
      <div className="login-card">
        <div className="login-brand"><Logo size={36} /><h1>{title}</h1></div>
        <p className="login-lead dimmed">
          {must
            ? <>You came in as <strong>{session.user.username}</strong> with a password that works once. Choose one that only you know; then you are in.</>
            : <>For <strong>{session.user.username}</strong> of {session.user.tenant_name}. This sign-in goes on; every other one of yours ends, with its shells.</>}
        </p>
        <PasswordChangeForm username={session.user.username} currentLabel={must ? 'One-time password' : 'Current password'} verb={must ? 'Set password and go on' : 'Change password'} done={done} />
        {must ? <Button variant="subtle" onClick={() => void logout()}>Sign out</Button> : <Button variant="subtle" onClick={goOn}>Cancel</Button>}
      </div>
    </main>
  );
}
