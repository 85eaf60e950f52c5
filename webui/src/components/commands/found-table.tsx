/** Found commands, newest first, with what was searched for marked; each leads to the session it was run in. */
import { Link } from '@tanstack/react-router';
import type { FoundCommand } from '@/api/types';
import { Ago } from '@/components/ago';
import { Exit } from '@/components/commands/exit';
import { CommandLine } from '@/components/commands/line';
import { marked } from '@/lib/command-search';
import { duration } from '@/lib/format';

export function FoundTable({ rows }: { rows: FoundCommand[] }) {
  return (
    <div className="panel table-panel">
      <table className="table log-table">
        <thead><tr><th scope="col">Exit</th><th scope="col">Command</th><th scope="col">Machine</th><th scope="col" className="wide">Person</th><th scope="col" className="wide">Took</th><th scope="col" className="wide">When</th></tr></thead>
        <tbody>{rows.map((row) => <Row key={row.id} row={row} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ row }: { row: FoundCommand }) {
  return (
    <tr>
      <td><Exit code={row.exit_code} /></td>
      <td>{row.session_id ? <Link className="found" to="/sessions/$sessionId" params={{ sessionId: row.session_id }} search={{ command: row.id }}><Line row={row} /></Link> : <Line row={row} />}<span className="narrow-only small dimmed">{row.username}, <Ago at={row.timestamp} /></span></td>
      <td className="clip"><Link className="link" to="/machines/$agentId" params={{ agentId: row.agent_id }} search={{ tab: 'commands' }}>{row.machine_name}</Link></td>
      <td className="wide">{row.username}</td>
      <td className="wide nowrap">{row.duration_ms === null || row.duration_ms === undefined ? <span className="dimmed">–</span> : duration(row.duration_ms)}</td>
      <td className="wide nowrap"><Ago at={row.timestamp} /></td>
    </tr>
  );
}

function Line({ row }: { row: FoundCommand }) {
  if (row.matches.length === 0) return <CommandLine log={row} />;
  return <code className="command">{marked(row.command, row.matches).map((piece, place) => (piece.hit ? <mark key={place}>{piece.text}</mark> : piece.text))}</code>;
}
