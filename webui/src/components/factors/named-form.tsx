/** The first half of adding a factor: what to call it, and one's password once more. */
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { errorText, isAboutPassword } from '@/api/errors';
import { Failure } from '@/components/states';

type Props = { suggestion: string; verb: string; pending: boolean; error: unknown; submit: (fields: { name: string; current_password: string }) => void; children?: ReactNode };

export function NamedForm({ suggestion, verb, pending, error, submit, children }: Props) {
  const [name, setName] = useState(suggestion);
  const [password, setPassword] = useState('');
  const about = isAboutPassword(error);
  const ready = name.trim() !== '' && password !== '';
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (ready) submit({ name: name.trim(), current_password: password });
  };
  return (
    <form className="dialog-form" onSubmit={send} noValidate>
      {children}
      <TextInput label="Name" description="So that you know later which one it is." autoComplete="off" maxLength={60} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <PasswordInput label="Your password" description="Once more, to be sure that it is you." autoComplete="current-password" data-autofocus autoFocus value={password} error={about ? errorText(error) : undefined}
        onChange={(event) => setPassword(event.currentTarget.value)} />
      {error !== null && !about ? <Failure error={error} /> : null}
      <Button type="submit" loading={pending} disabled={!ready}>{verb}</Button>
    </form>
  );
}
