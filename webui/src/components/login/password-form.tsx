import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { login, type Step } from '@/api/auth';
import { Failure } from '@/components/states';
import { endedByRelay } from '@/lib/auth';

export function PasswordForm({ done }: { done: (next: Step | null) => void }) {
  const password = useRef<HTMLInputElement>(null);
  const [form, setForm] = useState({ name: '', password: '' });
  const attempt = useMutation({
    mutationFn: () => login(form.name.trim(), form.password),
    onSuccess: done,
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
    <form className="login-form" onSubmit={submit}>
      {endedByRelay() && !attempt.isError ? <p className="login-note" role="status">Your sign-in has ended. Sign in again and you come back to where you were.</p> : null}
      <TextInput label="E-mail or user name" name="username" autoComplete="username" autoFocus required withAsterisk={false} size="md" maxLength={254}
        autoCapitalize="none" spellCheck={false} value={form.name} onChange={(event) => setForm({ ...form, name: event.currentTarget.value })} />
      <PasswordInput ref={password} label="Password" name="password" autoComplete="current-password" required withAsterisk={false} size="md"
        value={form.password} onChange={(event) => setForm({ ...form, password: event.currentTarget.value })} />
      <Button type="submit" size="md" fullWidth loading={attempt.isPending}>Sign in</Button>
      <div className="login-failure" aria-live="assertive">{attempt.isError ? <Failure error={attempt.error} /> : null}</div>
    </form>
  );
}
