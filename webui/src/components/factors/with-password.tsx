/** A dialog for what needs one's password once more. */
import { Button, PasswordInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { type FormEvent, useState } from 'react';
import { errorText, isAboutPassword } from '@/api/errors';
import { Failure } from '@/components/states';

type Props = { text: string; verb: string; danger?: boolean; act: (password: string) => Promise<unknown> };

export function WithPassword({ text, verb, danger = false, act }: Props) {
  const [password, setPassword] = useState('');
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (password === '') return;
    setState({ busy: true, error: null });
    try {
      await act(password);
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  const about = isAboutPassword(state.error);
  return (
    <form className="dialog-form" onSubmit={(event) => void submit(event)} noValidate>
      <p className="flush">{text}</p>
      <PasswordInput label="Your password" autoComplete="current-password" data-autofocus value={password} error={about ? errorText(state.error) : undefined} onChange={(event) => setPassword(event.currentTarget.value)} />
      {state.error !== null && !about ? <Failure error={state.error} /> : null}
      <div className="dialog-actions">
        <Button variant="default" onClick={() => modals.closeAll()}>Cancel</Button>
        <Button type="submit" loading={state.busy} disabled={password === ''} {...(danger ? { color: 'red' } : {})}>{verb}</Button>
      </div>
    </form>
  );
}
