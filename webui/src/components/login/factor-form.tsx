/** The second factor, by one of the ways this person has. */
import { Button, TextInput } from '@mantine/core';
import { IconDeviceMobile, IconFingerprint, IconLifebuoy } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { type Method, proveCode, provePasskey, type Step } from '@/api/auth';
import { errorText } from '@/api/errors';
import { CodeForm } from '@/components/login/code-form';
import { Failure } from '@/components/states';
import { noPasskeysHere } from '@/lib/passkeys';

type Props = { step: Extract<Step, { kind: 'factor' }>; done: (next: Step | null) => void; back: () => void };
type WayProps = { proof: string; done: (next: Step | null) => void };

const WAYS: Record<Method, { label: string; icon: ReactNode; form: (props: WayProps) => ReactNode }> = {
  passkey: { label: 'Use a passkey', icon: <IconFingerprint size={17} />, form: PasskeyWay },
  totp: { label: 'Use the authenticator app', icon: <IconDeviceMobile size={17} />, form: AppWay },
  recovery_code: { label: 'Use a recovery code', icon: <IconLifebuoy size={17} />, form: RecoveryWay },
};

/** The safest first, unless this address or browser cannot do it. */
function firstOf(methods: readonly Method[]): Method {
  if (methods.includes('passkey') && (noPasskeysHere() === null || methods.length === 1)) return 'passkey';
  return methods.includes('totp') ? 'totp' : (methods[0] ?? 'totp');
}

export function FactorForm({ step, done, back }: Props) {
  const [method, setMethod] = useState<Method>(() => firstOf(step.methods));
  const Form = WAYS[method].form;
  const others = (Object.keys(WAYS) as Method[]).filter((each) => each !== method && step.methods.includes(each));
  return (
    <div className="login-form">
      <p className="login-lead dimmed">The account of <strong>{step.username}</strong> asks for a second proof that it is you.</p>
      <Form proof={step.proof} done={done} />
      <div className="login-ways">
        {others.map((each) => <Button key={each} variant="default" leftSection={WAYS[each].icon} onClick={() => setMethod(each)}>{WAYS[each].label}</Button>)}
        <Button variant="subtle" onClick={back}>Start again</Button>
      </div>
    </div>
  );
}

function AppWay({ proof, done }: WayProps) {
  return <CodeForm label="Code of your authenticator app" send={(code) => proveCode(proof, 'totp', code)} done={done} />;
}

function PasskeyWay({ proof, done }: WayProps) {
  const attempt = useMutation({ mutationFn: () => provePasskey(proof), onSuccess: done });
  const why = noPasskeysHere();
  return (
    <>
      {attempt.isError ? <Failure error={attempt.error} /> : why === null ? null : <p className="login-note">{why}</p>}
      <Button size="md" fullWidth autoFocus loading={attempt.isPending} disabled={why !== null} leftSection={<IconFingerprint size={18} />} onClick={() => attempt.mutate()}>{attempt.isError ? 'Try the passkey again' : 'Use your passkey'}</Button>
    </>
  );
}

function RecoveryWay({ proof, done }: WayProps) {
  const [code, setCode] = useState('');
  const attempt = useMutation({ mutationFn: () => proveCode(proof, 'recovery_code', code), onSuccess: done });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() !== '') attempt.mutate();
  };
  const change = (next: string) => {
    setCode(next);
    attempt.reset();
  };
  return (
    <form className="login-form" onSubmit={submit} noValidate>
      <TextInput label="Recovery code" description="Each of them works once." error={attempt.isError ? errorText(attempt.error) : undefined} className="mono-input" size="md" autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={64}
        required withAsterisk={false} value={code} onChange={(event) => change(event.currentTarget.value)} />
      <Button type="submit" size="md" fullWidth loading={attempt.isPending} disabled={code.trim() === ''}>Go on</Button>
    </form>
  );
}
