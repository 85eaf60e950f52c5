/** One code to prove something with; a wrong one is refused at its field, which is ready for the next. */
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { errorText } from '@/api/errors';
import { CodeField, isCode } from '@/components/login/code-field';

type Props<T> = { label: string; description?: string; verb?: string; send: (code: string) => Promise<T>; done: (found: T) => void };

export function CodeForm<T>({ label, description, verb = 'Go on', send, done }: Props<T>) {
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const attempt = useMutation({
    mutationFn: send,
    onSuccess: done,
    onError: () => {
      setCode('');
      field.current?.focus();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isCode(code)) attempt.mutate(code);
    else field.current?.focus();
  };
  const change = (next: string) => {
    setCode(next);
    if (next !== '') attempt.reset();
  };
  return (
    <form className="login-form" onSubmit={submit} noValidate>
      <CodeField ref={field} label={label} description={description} value={code} error={attempt.isError ? errorText(attempt.error) : undefined} change={change} complete={(all) => attempt.mutate(all)} />
      <Button type="submit" size="md" fullWidth loading={attempt.isPending} disabled={!isCode(code) && !attempt.isPending}>{verb}</Button>
    </form>
  );
}
