/** The way in. A refusal stands where it was made and looks the same whatever was wrong. */
import { useDocumentTitle } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { TenantChoice } from '@/api/auth';
import { queryClient } from '@/api/cache';
import { Logo } from '@/components/logo';
import { PasswordForm } from '@/components/login/password-form';
import { TenantForm } from '@/components/login/tenant-form';
import { safeNext } from '@/lib/next';

export function LoginPage() {
  useDocumentTitle('Sign in · Fairlead');
  const { next } = useSearch({ from: '/login' });
  const navigate = useNavigate();
  const [choice, setChoice] = useState<TenantChoice | null>(null);
  const enter = () => {
    queryClient.clear();
    void navigate({ to: safeNext(next), replace: true });
  };
  return (
    <main className="login" id="content">
      <div className="login-card">
        <div className="login-brand"><Logo size={36} /><h1>{choice === null ? 'Sign in to Fairlead' : 'Which organization?'}</h1></div>
        {choice === null
          ? <PasswordForm done={(asked) => (asked === null ? enter() : setChoice(asked))} />
          : <TenantForm choice={choice} done={enter} back={() => setChoice(null)} />}
      </div>
      <p className="login-foot">Your shells, from anywhere. Every line is accounted for.</p>
    </main>
  );
}
