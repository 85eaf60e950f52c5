/** Commands that a rule holds: seen whole, let through or refused by somebody else than who sent them. */
import { SegmentedControl } from '@mantine/core';
import { IconHandStop } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useDecideHeld, useHeldCommands } from '@/api/command-rules';
import type { HeldCommand } from '@/api/types';
import { Ago, Until } from '@/components/ago';
import { Decision } from '@/components/requests/decision';
import { RequestState } from '@/components/requests/state';
import { Empty, Failure, Loading } from '@/components/states';
import { useUser } from '@/lib/session';

const VIEWS = [{ value: 'pending', label: 'Waiting' }, { value: '', label: 'All' }];

export function HeldCommands() {
  const [status, setStatus] = useState('pending');
  const { data, error, refetch } = useHeldCommands(status);
  return (
    <>
      <div className="toolbar"><SegmentedControl className="status-tabs" aria-label="Which commands" size="sm" transitionDuration={0} value={status} data={VIEWS} onChange={setStatus} /></div>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <div className="panel"><Loading rows={3} label="Loading held commands" /></div> : null)
        : data.length === 0 ? <Empty icon={<IconHandStop size={26} />} title={status === 'pending' ? 'No command waits' : 'No command was ever held'}>Rules of a group decide which commands wait here for somebody else.</Empty>
        : <ul className="requests">{data.map((held) => <li key={held.id}><Held held={held} /></li>)}</ul>}
    </>
  );
}

function Held({ held }: { held: HeldCommand }) {
  const own = useUser().id === held.user_id;
  const decide = useDecideHeld();
  return (
    <article className="panel card request" aria-label={`Command of ${held.username} on ${held.machine_name}`}>
      <header className="request-head"><span><span className="strong">{held.username}</span> wants to run this on <Link className="link" to="/machines/$agentId" params={{ agentId: held.agent_id }}>{held.machine_name}</Link></span><RequestState status={held.status} /></header>
      <pre className="lane-output request-command">{held.command}</pre>
      <p className="small dimmed request-facts">Held by <code>{held.pattern || 'the group’s default'}</code>, <Ago at={held.created_at} />{held.status === 'pending' ? <>, lapses <Until at={held.expires_at} /></> : null}{held.decided_by_username === null ? null : <>, decided by {held.decided_by_username} <Ago at={held.decided_at} /></>}</p>
      {held.decision_note === '' ? null : <p className="small request-note">“{held.decision_note}”</p>}
      {held.error === null ? null : <p className="small verified-bad request-note">{held.error}</p>}
      {held.status !== 'pending' ? null : own ? <p className="small dimmed request-note">Somebody else has to decide.</p>
        : <Decision verb="Run it" busy={decide.isPending} error={decide.error} decide={(approve, note) => decide.mutate({ id: held.id, approve, note })} />}
    </article>
  );
}
