/** A passkey: this device, its keychain, or a security key. */
import { useAddPasskey } from '@/api/second-factors';
import type { AddedFactor } from '@/api/types';
import { NamedForm } from '@/components/factors/named-form';
import { noPasskeysHere } from '@/lib/passkeys';

export function AddPasskey({ done }: { done: (added: AddedFactor) => void }) {
  const add = useAddPasskey();
  const why = noPasskeysHere();
  if (why !== null) return <p className="login-note">{why}</p>;
  return (
    <NamedForm suggestion="Passkey" verb="Make the passkey" pending={add.isPending} error={add.error} submit={(fields) => add.mutate(fields, { onSuccess: done })}>
      <p className="dimmed small flush">Your browser asks next: it may use this device, your phone, or a security key.</p>
    </NamedForm>
  );
}
