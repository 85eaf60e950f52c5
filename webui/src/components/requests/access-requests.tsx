/** Who asks to be let onto which machine, why, for how long; decided here by somebody else. */
import { Button, SegmentedControl, Select } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAccessRequests, useDecideRequest } from '@/api/access-requests';
import type { AccessRequest } from '@/api/types';
import { Ago, Until } from '@/components/ago';
import { Decision } from '@/components/requests/decision';
import { RequestState } from '@/components/requests/state';
import { Empty, Failure, Loading } from '@/components/states';
import { DURATIONS, minutesInWords } from '@/lib/durations';
import { isSudo } from '@/lib/roles';
import { useUser } from '@/lib/session';

const VIEWS = [{ value: 'pending', label: 'Waiting' }, { value: '', label: 'All' }];

export function AccessRequests() {
  const [status, setStatus] = useState('pending');
  const { data, error, refetch } = useAccessRequests(status);
  return (
    <>
      <div className="toolbar"><SegmentedControl className="status-tabs" aria-label="Which requests" size="sm" transitionDuration={0} value={status} data={VIEWS} onChange={setStatus} /></div>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <div className="panel"><Loading rows={3} label="Loading requests" /></div> : null)
        : data.length === 0 ? <Empty icon={<IconKey size={26} />} title={status === 'pending' ? 'Nobody waits for access' : 'Nobody has asked for access'}>Whoever needs a machine for a while asks for it here, with a reason and an end.</Empty>
        : <ul className="requests">{data.map((request) => <li key={request.id}><Request request={request} /></li>)}</ul>}
    </>
  );
}

function Request({ request }: { request: AccessRequest }) {
  return (
    <article className="panel card request" aria-label={`Request of ${request.username} for ${request.machine_name}`}>
      <header className="request-head">
        <span><span className="strong">{request.username}</span> asks for {isSudo(request.machine_role) ? 'a shell with sudo' : 'a shell'} on <Link className="link" to="/machines/$agentId" params={{ agentId: request.agent_id }}>{request.machine_name}</Link> for {minutesInWords(request.duration_minutes)}</span>
        <RequestState status={request.status} />
      </header>
      <p className="request-reason">{request.reason}</p>
      <p className="small dimmed request-facts">Asked <Ago at={request.created_at} />{request.decided_by_username === null ? null : <>, decided by {request.decided_by_username} <Ago at={request.decided_at} /></>}{request.status === 'approved' && request.expires_at !== null ? <>, ends <Until at={request.expires_at} /></> : null}</p>
      {request.decision_note === '' ? null : <p className="small request-note">“{request.decision_note}”</p>}
      {request.status === 'pending' ? <Verdicts request={request} /> : null}
    </article>
  );
}

function Verdicts({ request }: { request: AccessRequest }) {
  const own = useUser().id === request.user_id;
  const decide = useDecideRequest();
  const [minutes, setMinutes] = useState(String(request.duration_minutes));
  const choices = DURATIONS.some(({ value }) => value === minutes) ? DURATIONS : [{ value: String(request.duration_minutes), label: minutesInWords(request.duration_minutes) }, ...DURATIONS];
  if (own) return <div className="decision"><span className="small dimmed grow">Somebody else has to decide.</span><Button size="compact-sm" variant="default" loading={decide.isPending} onClick={() => decide.mutate({ id: request.id, verdict: 'cancel', note: '' })}>Take it back</Button>{decide.isError ? <Failure error={decide.error} /> : null}</div>;
  return (
    <Decision verb="Approve" busy={decide.isPending} error={decide.error} decide={(approve, note) => decide.mutate(approve ? { id: request.id, verdict: 'approve', note, minutes: Number(minutes) } : { id: request.id, verdict: 'deny', note })}>
      <Select className="decision-length" aria-label="For how long" data={choices} allowDeselect={false} value={minutes} onChange={(value) => setMinutes(value ?? minutes)} />
    </Decision>
  );
}
