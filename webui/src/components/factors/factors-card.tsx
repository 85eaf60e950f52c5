/** One's second factors: which there are, another one, and the codes for when all are lost. */
import { Button, Menu } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconChevronDown, IconDeviceMobile, IconFingerprint } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useFactorsChanged, useNewRecoveryCodes, useRemoveFactor, useSecondFactors } from '@/api/second-factors';
import type { AddedFactor, SecondFactor, SecondFactors } from '@/api/types';
import { Ago } from '@/components/ago';
import { showDone } from '@/components/confirm';
import { AddPasskey } from '@/components/factors/add-passkey';
import { AddTotp } from '@/components/factors/add-totp';
import { RecoveryCodes } from '@/components/factors/recovery-codes';
import { WithPassword } from '@/components/factors/with-password';
import { Failure, Loading } from '@/components/states';
import { useUser } from '@/lib/session';

/** Fewer than this are worth a warning. */
const FEW_CODES = 3;

export function FactorsCard() {
  const { data, error, refetch } = useSecondFactors();
  return (
    <section className="panel card roster" aria-labelledby="second-factors">
      <div className="roster-machine"><h2 id="second-factors">Second factors</h2>{data === undefined ? null : <AddMenu />}</div>
      {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <Loading rows={3} label="Loading second factors" /> : <Known found={data} />}
    </section>
  );
}

function Known({ found }: { found: SecondFactors }) {
  const { second_factors: factors, recovery_codes_left: left, required } = found;
  if (factors.length === 0) return <p className="card-lead dimmed">None yet. With one, your password alone lets nobody in. Add a passkey or an authenticator app.</p>;
  return (
    <>
      <ul>{factors.map((factor) => <FactorRow key={factor.id} factor={factor} last={required && factors.length === 1} />)}</ul>
      <div className="roster-machine recovery-line">
        <span className={left < FEW_CODES ? 'recovery-few' : 'dimmed'}>{left === 0 ? 'No recovery codes left' : `${left} recovery ${left === 1 ? 'code' : 'codes'} left`}</span>
        <NewCodes />
      </div>
      {required ? <p className="card-lead dimmed small">Your organization requires a second factor: the last one can be replaced, not removed.</p> : null}
    </>
  );
}

function FactorRow({ factor, last }: { factor: SecondFactor; last: boolean }) {
  return (
    <li>
      {factor.kind === 'passkey' ? <IconFingerprint size={19} aria-hidden="true" /> : <IconDeviceMobile size={19} aria-hidden="true" />}
      <span className="grow two-lines">
        <span className="strong clip">{factor.name}</span>
        <span className="small dimmed">{factor.kind === 'passkey' ? 'Passkey' : 'Authenticator app'} · added <Ago at={factor.created_at} />{factor.last_used_at ? <> · used <Ago at={factor.last_used_at} /></> : null}</span>
      </span>
      {last ? null : <Remove factor={factor} />}
    </li>
  );
}

function Remove({ factor }: { factor: SecondFactor }) {
  const remove = useRemoveFactor(factor.id);
  const act = async (password: string) => {
    await remove.mutateAsync(password);
    modals.closeAll();
    showDone(`${factor.name} no longer counts`);
  };
  const ask = () => modals.open({ title: `Remove ${factor.name}?`, children: <WithPassword danger verb="Remove" text="It no longer lets you in. With the last one go the recovery codes, and your password alone is enough again." act={act} /> });
  return <Button size="compact-sm" variant="default" onClick={ask} aria-label={`Remove ${factor.name}`}>Remove</Button>;
}

/** A dialog that a stray click does not close: what it shows is shown once. */
function openFirmly(title: string, children: ReactNode): void {
  modals.closeAll();
  modals.open({ title, children, closeOnClickOutside: false, closeOnEscape: false });
}

function useShowCodes(): (codes: readonly string[]) => void {
  const { username } = useUser();
  return (codes) => openFirmly('Your recovery codes', <RecoveryCodes codes={codes} username={username} done={() => modals.closeAll()} />);
}

function NewCodes() {
  const make = useNewRecoveryCodes();
  const show = useShowCodes();
  const act = async (password: string) => show(await make.mutateAsync(password));
  const ask = () => modals.open({ title: 'Make new recovery codes?', children: <WithPassword verb="Make new codes" text="Ten new ones are shown once. The old ones stop working." act={act} /> });
  return <Button size="compact-sm" variant="default" onClick={ask}>Make new ones…</Button>;
}

function AddMenu() {
  const changed = useFactorsChanged();
  const show = useShowCodes();
  const added = ({ second_factor: factor, recovery_codes: codes }: AddedFactor) => {
    changed();
    modals.closeAll();
    showDone(`${factor.name} counts from now on`);
    if (codes.length > 0) show(codes);
  };
  const passkey = () => openFirmly('Add a passkey', <AddPasskey done={added} />);
  const totp = () => openFirmly('Add an authenticator app', <AddTotp done={added} />);
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button size="compact-sm" variant="default" rightSection={<IconChevronDown size={14} />}>Add</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFingerprint size={16} />} onClick={passkey}>Passkey…</Menu.Item>
        <Menu.Item leftSection={<IconDeviceMobile size={16} />} onClick={totp}>Authenticator app…</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
