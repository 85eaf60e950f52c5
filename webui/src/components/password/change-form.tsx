/** The password there is, and twice the one there is to be. What is wrong stands at the field where it is wrong. */
import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { isAboutPassword } from '@/api/errors';
import { changePassword } from '@/api/profile';
import { Failure } from '@/components/states';
import { passwordFaults, type PasswordFields, SHORTEST_PASSWORD } from '@/lib/new-password';

const EMPTY: PasswordFields = { current: '', next: '', again: '' };
const LOOK = { required: true, withAsterisk: false, size: 'md' } as const;

type Props = { username: string; currentLabel: string; verb: string; done: () => void };

export function PasswordChangeForm({ username, currentLabel, verb, done }: Props) {
  const [fields, setFields] = useState(EMPTY);
  const [faults, setFaults] = useState<ReturnType<typeof passwordFaults>>({});
  const inputs = { current: useRef<HTMLInputElement>(null), next: useRef<HTMLInputElement>(null), again: useRef<HTMLInputElement>(null) };
  const attempt = useMutation({
    mutationFn: () => changePassword(fields.current, fields.next),
    onSuccess: done,
    onError: (error) => { if (isAboutPassword(error)) inputs.current.current?.focus(); },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = passwordFaults(fields);
    setFaults(found);
    const wrong = found.next !== undefined ? inputs.next : found.again !== undefined ? inputs.again : null;
    if (wrong === null) attempt.mutate();
    else wrong.current?.focus();
  };
  const field = (name: keyof PasswordFields, error?: string) => ({
    ...LOOK, ref: inputs[name], value: fields[name], error,
    onChange: (event: { currentTarget: { value: string } }) => {
      setFields({ ...fields, [name]: event.currentTarget.value });
      setFaults({});
      attempt.reset();
    },
  });
  const about = isAboutPassword(attempt.error);
  return (
    <form className="login-form" onSubmit={submit} noValidate>
      {/* For password managers, which keep a password under a name. */}
      <input className="visually-hidden" tabIndex={-1} aria-hidden="true" autoComplete="username" name="username" value={username} readOnly />
      <PasswordInput label={currentLabel} name="current" autoComplete="current-password" autoFocus {...field('current', about ? attempt.error?.message : undefined)} />
      <PasswordInput label="New password" description={`At least ${SHORTEST_PASSWORD} characters`} name="next" autoComplete="new-password" {...field('next', faults.next)} />
      <PasswordInput label="New password again" name="again" autoComplete="new-password" {...field('again', faults.again)} />
      {attempt.isError && !about ? <Failure error={attempt.error} /> : null}
      <Button type="submit" size="md" fullWidth loading={attempt.isPending}>{verb}</Button>
    </form>
  );
}
