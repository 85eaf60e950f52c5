/** The way in. A refusal stands where it was made and looks the same whatever was wrong. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Step } from '@/api/auth';
import { queryClient } from '@/api/cache';
import { LoginFrame } from '@/components/login/frame';
import { PasswordForm } from '@/components/login/password-form';
import { Providers } from '@/components/login/providers';
import { StepForm, stepTitle } from '@/components/login/steps';
import { safeNext } from '@/lib/next';

export function LoginPage() {
  const { next } = useSearch({ from: '/login' });
  const navigate = useNavigate();
  const [step, setStep] = useState<Step | null>(null);
  const goOn = (asked: Step | null) => {
    setStep(asked);
    if (asked !== null) return;
    queryClient.clear();
    void navigate({ to: safeNext(next), replace: true });
  };
  return (
    <LoginFrame title={step === null ? 'Sign in to Fairlead' : stepTitle(step)} foot="Your shells, from anywhere. Every line is accounted for.">
      {step === null ? <><PasswordForm done={goOn} /><Providers next={next} /></> : <StepForm key={step.kind} step={step} done={goOn} back={() => setStep(null)} />}
    </LoginFrame>
  );
}
