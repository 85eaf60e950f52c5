/** One session: who was on which machine, from when to when, and every command in the order it was run. */
import { Pagination } from '@mantine/core';
import { IconChevronLeft, IconHistoryOff, IconListDetails } from '@tabler/icons-react';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ApiError } from '@/api/errors';
import { useTerminalSession } from '@/api/sessions';
import type { SessionPage as Found, TerminalSession } from '@/api/types';
import { Ago } from '@/components/ago';
import { Page } from '@/components/page';
import { SessionCommands } from '@/components/session/commands';
import { Length } from '@/components/session/length';
import { Empty, Failure, Loading } from '@/components/states';
import { cameFrom } from '@/lib/clients';

export function SessionPage() {
  const { sessionId } = useParams({ from: '/signed-in/sessions/$sessionId' });
  const { page = 1 } = useSearch({ from: '/signed-in/sessions/$sessionId' });
  const { data, error, refetch } = useTerminalSession(sessionId, page);
  if (data !== undefined) return <Known found={data} error={error} />;
  if (error === null) return <Page title="Session"><div className="panel"><Loading label="Loading the session" /></div></Page>;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 403);
  return (
    <Page title="Session">
      {gone ? <Empty icon={<IconHistoryOff size={26} />} title={error.message}>It is kept as long as the log, for its own person and for who may use the machine.</Empty> : <Failure error={error} retry={() => void refetch()} />}
    </Page>
  );
}

function Known({ found, error }: { found: Found; error: unknown }) {
  const { session } = found;
  return (
    <Page title={`${session.username} on ${session.machine_name}`} above={<Back session={session} />} note={<State session={session} />}>
      {error === null ? null : <Failure error={error} />}
      <section className="panel card session-facts" aria-label="About this session"><Facts session={session} total={found.logs_total} /></section>
      {found.logs.length === 0
        ? <Empty icon={<IconListDetails size={26} />} title="No command was recorded">{session.status === 'active' ? 'Commands appear here when they end.' : 'Nothing was run, or the shell reported nothing.'}</Empty>
        : <SessionCommands logs={found.logs} />}
      {found.total_pages > 1 ? <Pages found={found} /> : null}
    </Page>
  );
}

function Back({ session }: { session: TerminalSession }) {
  return <Link to="/machines/$agentId" params={{ agentId: session.agent_id }} search={{ tab: 'sessions' }} className="back link"><IconChevronLeft size={15} aria-hidden="true" />{session.machine_name}</Link>;
}

function State({ session }: { session: TerminalSession }) {
  if (session.status === 'active') return <span className="pill" data-kind="good">open</span>;
  return <>ended{session.close_reason ? `: ${session.close_reason}` : ''}</>;
}

function Facts({ session, total }: { session: TerminalSession; total: number }) {
  return (
    <dl className="facts facts-row">
      <div><dt>Started</dt><dd><Ago at={session.started_at} /></dd></div>
      <div><dt>Length</dt><dd><Length session={session} /></dd></div>
      <div><dt>Commands</dt><dd>{total}</dd></div>
      <div><dt>From</dt><dd>{cameFrom(session)}{session.ip_address ? `, ${session.ip_address}` : ''}</dd></div>
      <div><dt>Session</dt><dd className="mono">{session.session_id}</dd></div>
    </dl>
  );
}

function Pages({ found }: { found: Found }) {
  const navigate = useNavigate({ from: '/sessions/$sessionId' });
  return <Pagination className="pages" total={found.total_pages} value={found.page} onChange={(page) => void navigate({ search: page === 1 ? {} : { page } })} getControlProps={(control) => ({ 'aria-label': `${control} page` })} />;
}
