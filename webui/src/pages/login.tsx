/** The way in. A refusal stands where it was made and looks the same whatever was wrong. */
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import { useDocumentTitle } from '@mantine/hooks';
import { login } from '@/api/auth';
import { queryClient } from '@/api/cache';
import { Failure } from '@/components/states';
import { endedByRelay } from '@/lib/auth';
import { Logo } from '@/components/logo';

/** Only addresses of this console: a link must not send a freshly signed-in person elsewhere. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : '/machines';
}

export function LoginPage() {
  useDocumentTitle('Sign in · Fairlead');
  const { next } = useSearch({ from: '/login' });
  const navigate = useNavigate();
  const password = useRef<HTMLInputElement>(null);
  const [form, setForm] = useState({ name: '', password: '' });
  const attempt = useMutation({
    mutationFn: () => login(form.name.trim(), form.password),
    onSuccess: async () => {
      queryClient.clear();
      await navigate({ to: safeNext(next), replace: true });
    },
    onError: () => {
      setForm((kept) => ({ ...kept, password: '' }));
      password.current?.focus();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  return (
    <main className="login" id="content">
      <form className="login-card" onSubmit={submit}>
        <div className="login-brand"><Logo size={36} /><h1>Sign in to Fairlead</h1></div>
        {endedByRelay() && !attempt.isError ? <p className="login-note" role="status">Your sign-in has ended. Sign in again and you come back to where you were.</p> : null}
        <TextInput label="E-mail or user name" name="username" autoComplete="username" autoFocus required withAsterisk={false} size="md"
          autoCapitalize="none" spellCheck={false} value={form.name} onChange={(event) => setForm({ ...form, name: event.currentTarget.value })} />
        <PasswordInput ref={password} label="Password" name="password" autoComplete="current-password" required withAsterisk={false} size="md"
          value={form.password} onChange={(event) => setForm({ ...form, password: event.currentTarget.value })} />
        <Button type="submit" size="md" fullWidth loading={attempt.isPending}>Sign in</Button>
        <div className="login-failure" aria-live="assertive">{attempt.isError ? <Failure error={attempt.error} /> : null}</div>
      </form>
      <p className="login-foot">Your shells, from anywhere. Every line is accounted for.</p>
    </main>
  );
}
