/** What was run on a machine, by whom, and how it ended. */
import { TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { IconHelpCircle, IconListSearch, IconSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useMachineCommands } from '@/api/machines';
import type { CommandLog } from '@/api/types';
import { Ago } from '@/components/ago';
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
      <td><Exit log={log} /></td>
      <td><code className="command" title={log.cwd ? `in ${log.cwd}` : undefined}>{log.command || <span className="dimmed">input without a recorded command</span>}</code><span className="narrow-only small dimmed">{log.username}</span></td>
      <td className="wide">{log.username}</td>
      <td className="wide nowrap">{log.duration_ms === null || log.duration_ms === undefined ? <span className="dimmed">–</span> : duration(log.duration_ms)}</td>
      <td className="wide"><Evidence log={log} /></td>
      <td className="nowrap"><Ago at={log.timestamp} /></td>
    </tr>
  );
}

function Exit({ log }: { log: CommandLog }) {
  if (log.exit_code === null || log.exit_code === undefined) return <span className="pill" title="The exit code is not known">?</span>;
  return <span className="pill" data-kind={log.exit_code === 0 ? 'good' : 'bad'} title={log.exit_code === 0 ? 'Succeeded' : `Failed with exit code ${log.exit_code}`}>{log.exit_code}</span>;
}

const METHODS: Record<string, string> = {
  bash: 'reported by bash', zsh: 'reported by zsh', fish: 'reported by fish', keystrokes: 'seen as keystrokes', api: 'sent over the API',
};

/** How sure the log is of this line: the person reading it must not have to guess. */
function Evidence({ log }: { log: CommandLog }) {
  const method = log.method ? (METHODS[log.method] ?? log.method) : 'not stated';
  if (log.confidence !== 'low' && log.confidence !== 'medium') return <span className="dimmed small">{method}</span>;
  return (
    <Tooltip label="The shell itself did not vouch for this line">
      <span className="evidence-low small" tabIndex={0}><IconHelpCircle size={14} aria-hidden="true" />{method}, {log.confidence} confidence</span>
    </Tooltip>
  );
}
