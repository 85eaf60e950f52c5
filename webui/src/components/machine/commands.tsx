/** What was run on a machine, by whom, and how it ended. */
import { TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { IconListSearch, IconSearch } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useMachineCommands } from '@/api/machines';
import type { CommandLog } from '@/api/types';
import { Ago } from '@/components/ago';
import { Evidence } from '@/components/commands/evidence';
import { Exit } from '@/components/commands/exit';
import { CommandLine } from '@/components/commands/line';
import { Empty, Failure, Loading } from '@/components/states';
import { duration } from '@/lib/format';

export function MachineCommands({ agentId }: { agentId: string }) {
  const { q = '' } = useSearch({ from: '/signed-in/machines/$agentId' });
  const { data, error, refetch } = useMachineCommands(agentId, q);
  return (
    <>
      <div className="toolbar"><SearchInput q={q} /><span className="shown" role="status">{data === undefined ? '' : `${data.length} shown`}</span></div>
      {error !== null ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <div className="panel"><Loading label="Loading the command log" /></div> : <Log logs={data} q={q} />}
    </>
  );
}

function SearchInput({ q }: { q: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q);
  const navigate = useNavigate({ from: '/machines/$agentId' });
  const search = useDebouncedCallback((next: string) => void navigate({ search: next.trim() === '' ? { tab: 'commands' } : { tab: 'commands', q: next }, replace: true }), 250);
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput ref={input} className="filter" type="search" aria-label="Search commands" aria-keyshortcuts="/" placeholder="Search in command text" leftSection={<IconSearch size={16} />}
      rightSection={text === '' ? <kbd className="key" aria-hidden="true">/</kbd> : null} spellCheck={false} maxLength={500} value={text}
      onChange={(event) => { setText(event.currentTarget.value); search(event.currentTarget.value); }} />
  );
}

function Log({ logs, q }: { logs: CommandLog[]; q: string }) {
  if (logs.length === 0) {
    return <Empty icon={<IconListSearch size={26} />} title={q === '' ? 'Nothing has been run here yet' : 'No command contains this text'} />;
  }
  return (
    <div className="panel table-panel">
      <table className="table log-table">
        <thead><tr><th scope="col">Exit</th><th scope="col">Command</th><th scope="col" className="wide">Person</th><th scope="col" className="wide">Took</th><th scope="col" className="wide">Evidence</th><th scope="col">When</th></tr></thead>
        <tbody>{logs.map((log) => <LogRow key={log.id} log={log} />)}</tbody>
      </table>
    </div>
  );
}

function LogRow({ log }: { log: CommandLog }) {
  return (
    <tr>
      <td><Exit code={log.exit_code} /></td>
      <td><CommandLine log={log} /><span className="narrow-only small dimmed">{log.username}</span></td>
      <td className="wide">{log.username}</td>
      <td className="wide nowrap">{log.duration_ms === null || log.duration_ms === undefined ? <span className="dimmed">–</span> : duration(log.duration_ms)}</td>
      <td className="wide"><Evidence log={log} /></td>
      <td className="nowrap"><When log={log} /></td>
    </tr>
  );
}

/** The moment, and from there to the session it happened in. */
function When({ log }: { log: CommandLog }) {
  if (!log.session_id) return <Ago at={log.timestamp} />;
  return <Link className="link" to="/sessions/$sessionId" params={{ sessionId: log.session_id }} search={{ command: log.id }}><Ago at={log.timestamp} /><span className="visually-hidden">: show the session of this command</span></Link>;
}
