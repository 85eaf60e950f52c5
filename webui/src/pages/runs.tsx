/** Commands that were sent to many machines at once. */
import { Button, Pagination } from '@mantine/core';
import { IconPlayerPlay, IconStack2 } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useRuns } from '@/api/runs';
import type { Run } from '@/api/types';
import { Ago } from '@/components/ago';
import { Page } from '@/components/page';
import { LaneBar } from '@/components/runs/lane-bar';
import { Empty, Failure, Loading } from '@/components/states';
import { runWords } from '@/lib/runs';

export function RunsPage() {
  const { page = 1 } = useSearch({ from: '/signed-in/runs' });
  const navigate = useNavigate({ from: '/runs' });
  const { data, error, refetch } = useRuns(page);
  const start = <Button component={Link} to="/runs/new" leftSection={<IconPlayerPlay size={16} />}>Run a command</Button>;
  return (
    <Page title="Runs" note={data === undefined ? undefined : data.total.toLocaleString()} actions={start}>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <div className="panel"><Loading label="Loading runs" /></div> : null)
        : data.runs.length === 0 ? <Empty icon={<IconStack2 size={26} />} title="Nothing has been run on many machines yet" action={start}>One command, as many machines as you like: a few at a time, stopped when too many fail.</Empty>
        : <Runs runs={data.runs} />}
      {data !== undefined && data.total_pages > 1 ? <Pagination className="pages" total={data.total_pages} value={data.page} getControlProps={(control) => ({ 'aria-label': `${control} page` })} onChange={(next) => void navigate({ search: next === 1 ? {} : { page: next } })} /> : null}
    </Page>
  );
}

function Runs({ runs }: { runs: Run[] }) {
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col">Command</th><th scope="col">Machines</th><th scope="col" className="wide">State</th><th scope="col" className="wide">By</th><th scope="col">Started</th></tr></thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td><Link className="found" to="/runs/$runId" params={{ runId: run.id }}><code className="command run-line">{run.command}</code></Link></td>
              <td><LaneBar run={run} small /></td>
              <td className="wide">{runWords(run)}</td>
              <td className="wide dimmed">{run.username}</td>
              <td className="nowrap"><Ago at={run.created_at} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
