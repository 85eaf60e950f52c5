/** The commands of one session, oldest first; the one asked for is marked and scrolled to. */
import { useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { SessionCommand } from '@/api/types';
import { Evidence } from '@/components/commands/evidence';
import { Exit } from '@/components/commands/exit';
import { CommandLine } from '@/components/commands/line';
import { duration, moment, timeOfDay } from '@/lib/format';

export function SessionCommands({ logs }: { logs: SessionCommand[] }) {
  const { command } = useSearch({ from: '/signed-in/sessions/$sessionId' });
  return (
    <div className="panel table-panel">
      <table className="table log-table">
        <thead><tr><th scope="col">Exit</th><th scope="col">Command</th><th scope="col" className="wide">Folder</th><th scope="col" className="wide">Took</th><th scope="col" className="wide">Evidence</th><th scope="col">When</th></tr></thead>
        <tbody>{logs.map((log) => <Row key={log.id} log={log} sought={log.id === command} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ log, sought }: { log: SessionCommand; sought: boolean }) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => { if (sought) row.current?.scrollIntoView({ block: 'center' }); }, [sought]);
  return (
    <tr ref={row} aria-current={sought ? 'true' : undefined}>
      <td><Exit code={log.exit_code} /></td>
      <td><CommandLine log={log} /></td>
      <td className="wide mono dimmed clip" title={log.cwd}>{log.cwd}</td>
      <td className="wide nowrap">{log.duration_ms === null ? <span className="dimmed">–</span> : duration(log.duration_ms)}</td>
      <td className="wide nowrap"><Evidence log={log} /></td>
      <td className="nowrap"><time dateTime={log.timestamp} title={moment(log.timestamp)}>{timeOfDay(log.timestamp)}</time></td>
    </tr>
  );
}
