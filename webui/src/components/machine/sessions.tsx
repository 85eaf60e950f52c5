/** Who has or had a shell on a machine; open ones can be ended by their owner or an administrator. */
import { Button } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useCloseSession, useMachineSessions } from '@/api/machines';
import type { TerminalSession } from '@/api/types';
import { Ago } from '@/components/ago';
import { confirm, showDone } from '@/components/confirm';
import { Empty, Failure, Loading } from '@/components/states';
import { Length } from '@/components/session/length';
import { cameFrom } from '@/lib/clients';
import { isAdmin, useUser } from '@/lib/session';

export function MachineSessions({ agentId }: { agentId: string }) {
  const { data, error, refetch } = useMachineSessions(agentId);
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <div className="panel"><Loading label="Loading sessions" /></div>;
  if (data.length === 0) return <Empty icon={<IconHistory size={26} />} title="Nobody has opened a shell here yet" />;
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col">Person</th><th scope="col">State</th><th scope="col" className="wide">From</th><th scope="col">Started</th><th scope="col" className="wide">Length</th><th scope="col" className="wide">Commands</th><th scope="col" className="wide">Session</th><th scope="col"><span className="visually-hidden">Actions</span></th></tr></thead>
        <tbody>{data.map((session) => <SessionRow key={session.session_id} agentId={agentId} session={session} />)}</tbody>
      </table>
    </div>
  );
}

function SessionRow({ agentId, session }: { agentId: string; session: TerminalSession }) {
  const user = useUser();
  const active = session.status === 'active';
  const may = active && (isAdmin(user) || session.user_id === user.id);
  return (
    <tr>
      <td className="strong"><Link className="machine-name" to="/sessions/$sessionId" params={{ sessionId: session.session_id }}>{session.username}</Link></td>
      <td>{active ? <span className="pill" data-kind="good">open</span> : <span className="dimmed">ended{session.close_reason ? `: ${session.close_reason}` : ''}</span>}</td>
      <td className="wide dimmed">{cameFrom(session)}</td>
      <td><Ago at={session.started_at} /></td>
      <td className="wide"><Length session={session} /></td>
      <td className="wide">{session.command_count}</td>
      <td className="wide mono clip"><Link className="link" to="/sessions/$sessionId" params={{ sessionId: session.session_id }} title={session.session_id}>{session.session_id}</Link></td>
      <td className="end">{may ? <EndButton agentId={agentId} session={session} /> : null}</td>
    </tr>
  );
}

function EndButton({ agentId, session }: { agentId: string; session: TerminalSession }) {
  const close = useCloseSession(agentId);
  const ask = () => confirm({
    title: `End the shell of ${session.username}?`,
    text: 'The shell and what runs in its foreground end now.',
    verb: 'End session',
    act: () => close.mutateAsync(session.session_id),
    done: () => showDone('The session was ended'),
  });
  return <Button size="compact-sm" variant="default" onClick={ask} aria-label={`End the session of ${session.username}`}>End</Button>;
}
