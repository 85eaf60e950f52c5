/** Where an organization wants a second factor and the person has none: it is added before anything else. */
import { Button } from '@mantine/core';
import { IconDeviceMobile, IconFingerprint } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { logout } from '@/api/auth';
import { queryClient } from '@/api/cache';
import { useSecondFactors } from '@/api/second-factors';
import type { AddedFactor } from '@/api/types';
import { showDone } from '@/components/confirm';
import { AddPasskey } from '@/components/factors/add-passkey';
import { AddTotp } from '@/components/factors/add-totp';
import { RecoveryCodes } from '@/components/factors/recovery-codes';
import { LoginFrame } from '@/components/login/frame';
import { Failure, Loading } from '@/components/states';
import { factorAdded, type Session } from '@/lib/auth';
import { safeNext } from '@/lib/next';
import { noPasskeysHere } from '@/lib/passkeys';
import { useSession } from '@/lib/session';

export function SecondFactorPage() {
  const session = useSession();
  const navigate = useNavigate();
  useEffect(() => {
    if (session === null) void navigate({ to: '/login', search: {} });
  }, [session, navigate]);
  return session === null ? null : <Enrolment session={session} />;
}

function Enrolment({ session }: { session: Session }) {
  const { next } = useSearch({ from: '/second-factor' });
  const navigate = useNavigate();
  const { data, error, refetch } = useSecondFactors();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const goOn = () => {
    factorAdded();
    queryClient.clear();
    void navigate({ to: safeNext(next), replace: true });
  };
  const added = ({ recovery_codes: made }: AddedFactor) => {
    setCodes(made);
    if (made.length === 0) goOn();
  };
  const finish = () => {
    showDone('Your second factor is set up.');
    goOn();
  };
  // Added meanwhile in another tab, or just before a reload: there is nothing left to do here.
  const has = codes === null && data !== undefined && data.second_factors.length > 0;
  useEffect(() => { if (has) goOn(); });
  if (codes !== null) return <LoginFrame title="Keep your recovery codes" wide><RecoveryCodes codes={codes} username={session.user.username} done={finish} /></LoginFrame>;
  return (
    <LoginFrame title="Add a second factor" wide>
      <p className="login-lead dimmed">{session.user.tenant_name} asks everybody for a second proof beside the password. You come in as <strong>{session.user.username}</strong> once you have one.</p>
      {error !== null ? <Failure error={error} retry={() => void refetch()} /> : data === undefined || has ? <Loading rows={3} label="Loading" /> : <Ways added={added} />}
      <Button variant="subtle" onClick={() => void logout()}>Sign out</Button>
    </LoginFrame>
  );
}

function Ways({ added }: { added: (found: AddedFactor) => void }) {
  const [way, setWay] = useState<'totp' | 'passkey' | null>(null);
  const why = noPasskeysHere();
  if (way !== null) {
    return (
      <>
        {way === 'totp' ? <AddTotp done={added} /> : <AddPasskey done={added} />}
        <Button variant="default" onClick={() => setWay(null)}>Another way</Button>
      </>
    );
  }
  return (
    <div className="factor-ways">
      <Button variant="default" size="md" justify="start" leftSection={<IconFingerprint size={18} />} disabled={why !== null} onClick={() => setWay('passkey')}>Passkey on this device or a key</Button>
      {why === null ? null : <p className="dimmed small flush">{why}</p>}
      <Button variant="default" size="md" justify="start" leftSection={<IconDeviceMobile size={18} />} onClick={() => setWay('totp')}>Authenticator app on your phone</Button>
    </div>
  );
}
