import { expect, test } from 'vitest';
import type { Lane } from '@/api/types';
import { mergeLanes, runDraft, runFault, type RunFields } from '@/lib/runs';

const lane = (agent_id: string, status: string): Lane => ({
  agent_id, machine_name: agent_id, status, command_id: null, exit_code: null, stdout: '', stderr: '', truncated: false, duration_ms: null, started_at: null, ended_at: null, error: null,
});
const fields: RunFields = { command: 'uptime', by: 'machines', machines: ['a'], tags: ['web'], group: 'g', batch: 20, stopAt: '', timeout: 30, queue: '' };

test('news replace a lane where it stands', () => {
  const merged = mergeLanes([lane('a', 'queued'), lane('b', 'queued')], [lane('b', 'running'), lane('c', 'queued')]);
  expect(merged.map(({ agent_id, status }) => `${agent_id} ${status}`)).toEqual(['a queued', 'b running', 'c queued']);
});

test('only the way that was chosen is sent', () => {
  expect(runDraft(fields)).toEqual({ command: 'uptime', agent_ids: ['a'], batch_size: 20, timeout: 30 });
  expect(runDraft({ ...fields, by: 'tags', stopAt: '10', queue: '60' })).toEqual({ command: 'uptime', tags: ['web'], batch_size: 20, timeout: 30, stop_at_error_percent: 10, queue_minutes: 60 });
});

test('what is missing is said', () => {
  expect(runFault(fields)).toBe(null);
  expect(runFault({ ...fields, command: ' ' })).toBe('Write the command to run');
  expect(runFault({ ...fields, by: 'group', group: '' })).toBe('Choose a group');
});
