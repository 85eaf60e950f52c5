/** One run, live: how far it is, and what each machine says. */
import { Button, SegmentedControl } from '@mantine/core';
import { IconChevronLeft, IconPlayerStop, IconRefresh, IconStackPop } from '@tabler/icons-react';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ApiError } from '@/api/errors';
import { useCancelRun, useRun } from '@/api/runs';
import type { Lane, Run, RunDetails } from '@/api/types';
import { Ago, Until } from '@/components/ago';
import { confirm, showDone } from '@/components/confirm';
import { Page } from '@/components/page';
import { LaneBar } from '@/components/runs/lane-bar';
import { Lanes } from '@/components/runs/lanes';
import { Empty, Failure, Loading } from '@/components/states';
import { laneState, runWords } from '@/lib/runs';

const back = <Link to="/runs" className="back link"><IconChevronLeft size={15} aria-hidden="true" />Runs</Link>;

export function RunPage() {
  const { runId } = useParams({ from: '/signed-in/runs/$runId' });
  const { data, error, refetch } = useRun(runId);
  if (data !== undefined) return <Known found={data} error={error} />;
  if (error === null) return <Page title="Run" above={back}><div className="panel"><Loading label="Loading the run" /></div></Page>;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return (
    <Page title="Run" above={back}>
      {gone ? <Empty icon={<IconStackPop size={26} />} title={error.message}>Runs are kept for a week; the command log keeps every line.</Empty> : <Failure error={error} retry={() => void refetch()} />}
    </Page>
  );
}

function Known({ found: { run, results }, error }: { found: RunDetails; error: unknown }) {
  return (
    <Page title="Run" heading={<code className="run-heading">{run.command}</code>} above={back} note={runWords(run)} actions={<Actions run={run} lanes={results} />}>
      {error === null ? null : <Failure error={error} />}
      <section className="panel card session-facts" aria-label="Progress"><LaneBar run={run} /><Facts run={run} /></section>
      <FilteredLanes lanes={results} />
    </Page>
  );
}

function Facts({ run }: { run: Run }) {
  return (
    <dl className="facts facts-row">
      <div><dt>By</dt><dd>{run.username}</dd></div>
      <div><dt>Started</dt><dd><Ago at={run.created_at} /></dd></div>
      {run.ended_at === null ? null : <div><dt>Ended</dt><dd><Ago at={run.ended_at} /></dd></div>}
      <div><dt>At once</dt><dd>{run.batch_size}</dd></div>
      <div><dt>Time limit</dt><dd>{run.timeout} s</dd></div>
      {run.stop_at_error_percent === null ? null : <div><dt>Stops at</dt><dd>{run.stop_at_error_percent} % failed</dd></div>}
      {run.queue_until === null ? null : <div><dt>Waits for offline machines</dt><dd><Until at={run.queue_until} /></dd></div>}
    </dl>
  );
}

const VIEWS = [{ value: '', label: 'All' }, { value: 'bad', label: 'Need a look' }, { value: 'live', label: 'Running' }] as const;

function FilteredLanes({ lanes }: { lanes: Lane[] }) {
  const { show = '' } = useSearch({ from: '/signed-in/runs/$runId' });
  const navigate = useNavigate({ from: '/runs/$runId' });
  const shown = lanes.filter((lane) => {
    const { kind } = laneState(lane.status);
    return show === 'bad' ? kind === 'bad' || kind === 'warn' : show === 'live' ? kind === 'live' : true;
  });
  return (
    <>
      <div className="toolbar"><SegmentedControl className="status-tabs" aria-label="Which machines" size="sm" transitionDuration={0} value={show} data={[...VIEWS]} onChange={(value) => void navigate({ search: value === '' ? {} : { show: value }, replace: true })} /><span className="shown" role="status">{shown.length.toLocaleString()} of {lanes.length.toLocaleString()} machines</span></div>
      {shown.length === 0 ? <Empty icon={<IconStackPop size={26} />} title={show === 'bad' ? 'Nothing went wrong' : 'Nothing runs just now'} /> : <Lanes lanes={shown} />}
    </>
  );
}

function Actions({ run, lanes }: { run: Run; lanes: Lane[] }) {
  const cancel = useCancelRun(run.id);
  const failed = lanes.filter((lane) => ['failed', 'unknown', 'expired', 'skipped'].includes(lane.status)).map((lane) => lane.agent_id);
  const ask = () => confirm({
    title: 'Stop this run?',
    text: 'What runs is ended, what waits is skipped. What has already been done stays done.',
    verb: 'Stop the run',
    act: () => cancel.mutateAsync(),
    done: () => showDone('The run was stopped'),
  });
  if (run.status === 'running') return <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={ask}>Stop</Button>;
  return (
    <Button variant="default" leftSection={<IconRefresh size={16} />} renderRoot={(props) => <Link {...props} to="/runs/new" search={{ command: run.command, machines: (failed.length > 0 ? failed : lanes.map((lane) => lane.agent_id)).join(',') }} />}>
      {failed.length > 0 ? `Run again on ${failed.length}` : 'Run again'}
    </Button>
  );
}
