/** An authenticator app: a name, a square to photograph, a code that proves it worked. */
import { confirmTotp, useBeginTotp } from '@/api/second-factors';
import type { AddedFactor } from '@/api/types';
import { Copyable } from '@/components/copyable';
import { NamedForm } from '@/components/factors/named-form';
import { QrCode } from '@/components/factors/qr-code';
import { CodeForm } from '@/components/login/code-form';

export function AddTotp({ done }: { done: (added: AddedFactor) => void }) {
  const begin = useBeginTotp();
  if (begin.data === undefined) return <NamedForm suggestion="Authenticator app" verb="Show the code to scan" pending={begin.isPending} error={begin.error} submit={begin.mutate} />;
  const { id, secret, otpauth_url: url } = begin.data;
  return (
    <div className="factor-setup">
      <p className="dimmed small">Scan this with your authenticator app. It is shown this once.</p>
      <QrCode text={url} label="Square code for the authenticator app; the key below says the same" />
      <details className="factor-secret">
        <summary>No camera? Type the key</summary>
        <Copyable text={inFours(secret)} label="Key for the authenticator app" />
      </details>
      <CodeForm label="The six digits it shows now" verb="Confirm" send={(code) => confirmTotp(id, code)} done={done} />
    </div>
  );
}

function inFours(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? secret;
}
