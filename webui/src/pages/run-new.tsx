/** A command for many machines: what, where, how carefully. */
import { Button, MultiSelect, NumberInput, SegmentedControl, Select, Textarea } from '@mantine/core';
import { IconChevronLeft, IconPlayerPlay } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useGroups } from '@/api/groups';
import { useMachines } from '@/api/machines';
import { useStartRun } from '@/api/runs';
import type { Machine } from '@/api/types';
import { Page } from '@/components/page';
import { Failure } from '@/components/states';
import { runDraft, runFault, type RunFields } from '@/lib/runs';

const WAYS = [{ value: 'machines', label: 'Machines' }, { value: 'tags', label: 'Tags' }, { value: 'group', label: 'A group' }];
const STOPS = [{ value: '', label: 'Never' }, { value: '1', label: 'At the first failure (1 %)' }, { value: '10', label: 'When 10 % failed' }, { value: '25', label: 'When 25 % failed' }, { value: '50', label: 'When half failed' }];
const QUEUES = [{ value: '', label: 'Leave them out' }, { value: '60', label: 'Wait for an hour' }, { value: '480', label: 'Wait for 8 hours' }, { value: '1440', label: 'Wait for a day' }, { value: '10080', label: 'Wait for a week' }];

const back = <Link to="/runs" className="back link"><IconChevronLeft size={15} aria-hidden="true" />Runs</Link>;

export function RunNewPage() {
  const { command = '', machines = '' } = useSearch({ from: '/signed-in/runs/new' });
  const [fields, setFields] = useState<RunFields>({ command, by: 'machines', machines: machines.split(',').filter(Boolean), tags: [], group: '', batch: 20, stopAt: '', timeout: 30, queue: '' });
  const [tried, setTried] = useState(false);
  const start = useStartRun();
  const navigate = useNavigate();
  const set = (change: Partial<RunFields>) => setFields((now) => ({ ...now, ...change }));
  const fault = runFault(fields);
  const submit = () => {
    setTried(true);
    if (fault !== null) return;
    start.mutate(runDraft(fields), { onSuccess: (run) => void navigate({ to: '/runs/$runId', params: { runId: run.id } }) });
  };
  return (
    <Page title="Run a command" above={back} narrow>
      <form className="panel form-panel" aria-label="Run a command" onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <Textarea label="Command" description="For sh, on every machine; what it prints is kept for a week" className="mono-area" autosize minRows={2} maxRows={10} maxLength={8192} data-autofocus spellCheck={false} autoCapitalize="none" value={fields.command} onChange={(event) => set({ command: event.currentTarget.value })} />
        <Where fields={fields} set={set} />
        <How fields={fields} set={set} />
        {tried && fault !== null ? <p className="form-fault" role="alert">{fault}</p> : null}
        {start.isError ? <Failure error={start.error} /> : null}
        <div className="row"><Button type="submit" leftSection={<IconPlayerPlay size={16} />} loading={start.isPending}>Run</Button></div>
      </form>
    </Page>
  );
}

type Part = { fields: RunFields; set: (change: Partial<RunFields>) => void };

function Where({ fields, set }: Part) {
  const machines = useMachines(false).data ?? [];
  const groups = useGroups().data ?? [];
  return (
    <fieldset className="form-group">
      <legend>Where</legend>
      <SegmentedControl aria-label="Choose by" data={WAYS} value={fields.by} transitionDuration={0} onChange={(by) => set({ by })} />
      {fields.by === 'machines' ? <MultiSelect label="Machines" placeholder={fields.machines.length === 0 ? 'Type a name' : undefined} searchable hidePickedOptions limit={100} data={machines.map(choice)} value={fields.machines} onChange={(chosen) => set({ machines: chosen })} /> : null}
      {fields.by === 'tags' ? <MultiSelect label="Tags" description="Machines that have all of them" searchable data={tagsOf(machines)} value={fields.tags} onChange={(tags) => set({ tags })} /> : null}
      {fields.by === 'group' ? <Select label="Group" description="Every machine in it that you may use" searchable data={groups.map((group) => ({ value: group.id, label: `${group.name} (${group.machine_count})` }))} value={fields.group === '' ? null : fields.group} onChange={(group) => set({ group: group ?? '' })} /> : null}
    </fieldset>
  );
}

function choice(machine: Machine) {
  return { value: machine.agent_id, label: machine.status === 'online' ? machine.name : `${machine.name} (${machine.status})` };
}

function tagsOf(machines: Machine[]): string[] {
  return [...new Set(machines.flatMap((machine) => machine.tags))].toSorted();
}

function How({ fields, set }: Part) {
  return (
    <fieldset className="form-group">
      <legend>How</legend>
      <div className="field-pair">
        <NumberInput label="At once" min={1} max={100} clampBehavior="strict" allowDecimal={false} value={fields.batch} onChange={(batch) => set({ batch: Number(batch) || 1 })} />
        <NumberInput label="Time limit for each, in seconds" min={1} max={300} clampBehavior="strict" allowDecimal={false} value={fields.timeout} onChange={(timeout) => set({ timeout: Number(timeout) || 1 })} />
        <Select label="Stop" data={STOPS} allowDeselect={false} value={fields.stopAt} onChange={(stopAt) => set({ stopAt: stopAt ?? '' })} />
        <Select label="Machines that are offline" data={QUEUES} allowDeselect={false} value={fields.queue} onChange={(queue) => set({ queue: queue ?? '' })} />
      </div>
    </fieldset>
  );
}
