/** What is signed in as this person, and ending it. */
import { Button } from '@mantine/core';
import { useEndLogins, useLogins } from '@/api/profile';
import type { LoginRecord } from '@/api/types';
import { Ago } from '@/components/ago';
import { confirm, showDone } from '@/components/confirm';
import { Failure, Loading } from '@/components/states';
import { cameFrom } from '@/lib/clients';
import { methodName } from '@/lib/logins';

export function Devices() {
  const { data, error, refetch } = useLogins();
  const others = (data?.logins ?? []).filter((login) => !login.current);
  return (
    <section aria-labelledby="devices" className="profile-devices">
      <div className="section-head">
        <h2 id="devices">Signed in</h2>
        {others.length === 0 ? null : <EndOthers others={others} />}
      </div>
      {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <div className="panel"><Loading rows={3} label="Loading sign-ins" /></div> : <Table logins={data.logins.toSorted((one, other) => Number(other.current) - Number(one.current))} />}
    </section>
  );
}

function Table({ logins }: { logins: LoginRecord[] }) {
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col">With</th><th scope="col" className="wide">From</th><th scope="col" className="wide">How</th><th scope="col" className="wide">Since</th><th scope="col">Last used</th><th scope="col"><span className="visually-hidden">Actions</span></th></tr></thead>
        <tbody>{logins.map((login) => <Row key={login.id} login={login} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ login }: { login: LoginRecord }) {
  return (
    <tr>
      <td><span className="two-lines"><span className="strong">{cameFrom(login)}</span><span className="small dimmed narrow-only">{login.ip_address}</span></span></td>
      <td className="wide mono">{login.ip_address}</td>
      <td className="wide dimmed">{methodName(login.method)}</td>
      <td className="wide nowrap"><Ago at={login.created_at} /></td>
      <td className="nowrap">{login.current ? <span className="pill" data-kind="good">this one</span> : <Ago at={login.last_seen_at} />}</td>
      <td className="end">{login.current ? null : <EndOne login={login} />}</td>
    </tr>
  );
}

function EndOne({ login }: { login: LoginRecord }) {
  const end = useEndLogins();
  const ask = () => confirm({
    title: `End the sign-in with ${cameFrom(login)}?`,
    text: 'It is signed out now, and its open shells end.',
    verb: 'End it',
    act: () => end.mutateAsync([login.id]),
    done: () => showDone('That sign-in has ended'),
  });
  return <Button size="compact-sm" variant="default" onClick={ask} aria-label={`End the sign-in with ${cameFrom(login)}`}>End</Button>;
}

function EndOthers({ others }: { others: LoginRecord[] }) {
  const end = useEndLogins();
  const ask = () => confirm({
    title: 'End all other sign-ins?',
    text: `${others.length === 1 ? 'One other sign-in ends' : `${others.length} other sign-ins end`} now, with the open shells. This one goes on. If somebody else may know your password, change it as well.`,
    verb: 'End all others',
    act: () => end.mutateAsync(others.map((login) => login.id)),
    done: () => showDone('Only this sign-in is left'),
  });
  return <Button size="compact-sm" variant="default" loading={end.isPending} onClick={ask}>End all others…</Button>;
}
