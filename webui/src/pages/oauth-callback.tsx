/** Where an identity provider's word comes back to: a token, the next question, or a refusal. */
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { enterWith, type Step, stepOf } from '@/api/auth';
import { queryClient } from '@/api/cache';
import { LoginFrame } from '@/components/login/frame';
import { StepForm, stepTitle } from '@/components/login/steps';
import { Failure, Loading } from '@/components/states';
import { safeNext } from '@/lib/next';
import type { Brought } from '@/lib/oauth';
import { brought } from '@/lib/oauth-arrival';

export function OauthCallbackPage() {
  return 'error' in brought ? <Refused error={new Error(brought.error)} /> : <Arrived brought={brought} />;
}

function Arrived({ brought: { answer, next } }: { brought: Extract<Brought, { answer: unknown }> }) {
  const navigate = useNavigate();
  const [step, setStep] = useState<Step | null>(() => stepOf(answer));
  const goOn = (asked: Step | null) => {
    setStep(asked);
    if (asked !== null) return;
    queryClient.clear();
    void navigate({ to: safeNext(next), replace: true });
  };
  if (step === null) return <Entering answer={answer} done={() => goOn(null)} />;
  return <LoginFrame title={stepTitle(step)}><StepForm key={step.kind} step={step} done={goOn} back={() => void navigate({ to: '/login', search: {} })} /></LoginFrame>;
}

function Entering({ answer, done }: { answer: Parameters<typeof enterWith>[0]; done: () => void }) {
  const entry = useMutation({ mutationFn: enterWith, onSuccess: done });
  const { mutate } = entry;
  useEffect(() => mutate(answer), [answer, mutate]);
  if (entry.isError) return <Refused error={entry.error} />;
  return <LoginFrame title="Signing you in"><Loading rows={2} label="Signing in" /></LoginFrame>;
}

function Refused({ error }: { error: unknown }) {
  const navigate = useNavigate();
  return (
    <LoginFrame title="You are not signed in">
      <Failure error={error} />
      <Button size="md" fullWidth autoFocus onClick={() => void navigate({ to: '/login', search: {} })}>Back to the sign-in</Button>
    </LoginFrame>
  );
}
