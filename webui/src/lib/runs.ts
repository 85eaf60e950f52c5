/** Runs in words and figures, and how news of some lanes joins what is known of all. */
import type { Lane, Run, RunDraft } from '@/api/types';

/** The states of a lane from good to bad, as the bar shows them. */
export const LANE_STATES = [
  { value: 'succeeded', label: 'succeeded', kind: 'good' }, { value: 'failed', label: 'failed', kind: 'bad' }, { value: 'unknown', label: 'not known', kind: 'warn' },
  { value: 'refused', label: 'refused', kind: 'bad' }, { value: 'held', label: 'held for approval', kind: 'warn' }, { value: 'expired', label: 'never came online', kind: 'warn' },
  { value: 'skipped', label: 'skipped', kind: 'idle' }, { value: 'running', label: 'running', kind: 'live' }, { value: 'queued', label: 'waiting', kind: 'idle' },
] as const;

export type LaneState = (typeof LANE_STATES)[number];

export function laneState(status: string): LaneState | { value: string; label: string; kind: 'idle' } {
  return LANE_STATES.find(({ value }) => value === status) ?? { value: status, label: status, kind: 'idle' };
}

const RUN_WORDS: Record<string, string> = { running: 'Running', finished: 'Finished', stopped: 'Stopped: too many failed', cancelled: 'Cancelled' };

export function runWords(run: Run): string {
  return RUN_WORDS[run.status] ?? run.status;
}

/** The counts that are not zero, in the order of LANE_STATES. */
export function countsOf(run: Run): { state: LaneState; count: number }[] {
  return LANE_STATES.map((state) => ({ state, count: run[state.value] })).filter(({ count }) => count > 0);
}

/** The lanes in their old order, with those that have changed replaced. */
export function mergeLanes(known: readonly Lane[], news: readonly Lane[]): Lane[] {
  const changed = new Map(news.map((lane) => [lane.agent_id, lane]));
  const kept = known.map((lane) => changed.get(lane.agent_id) ?? lane);
  const had = new Set(known.map((lane) => lane.agent_id));
  return [...kept, ...news.filter((lane) => !had.has(lane.agent_id))];
}

export type RunFields = { command: string; by: string; machines: string[]; tags: string[]; group: string; batch: number; stopAt: string; timeout: number; queue: string };

/** What the relay is asked, with machines by the one way that was chosen. */
export function runDraft({ command, by, machines, tags, group, batch, stopAt, timeout, queue }: RunFields): RunDraft {
  const target = by === 'tags' ? { tags } : by === 'group' ? { group_id: group } : { agent_ids: machines };
  return { command, ...target, batch_size: batch, timeout, ...(stopAt === '' ? {} : { stop_at_error_percent: Number(stopAt) }), ...(queue === '' ? {} : { queue_minutes: Number(queue) }) };
}

/** What is missing before it can be sent; nothing where all is well. */
export function runFault(fields: RunFields): string | null {
  if (fields.command.trim() === '') return 'Write the command to run';
  if (fields.by === 'machines' && fields.machines.length === 0) return 'Choose at least one machine';
  if (fields.by === 'tags' && fields.tags.length === 0) return 'Choose at least one tag';
  return fields.by === 'group' && fields.group === '' ? 'Choose a group' : null;
}
