/** One command on many machines: started, followed lane by lane, stopped. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { RunDetails, RunDraft } from '@/api/types';
import { mergeLanes } from '@/lib/runs';

/** How often a run that goes on is asked for news; it answers only what has changed. */
const LIVE_MS = 1_000;
const LIST_MS = 4_000;
const ROWS = 25;

const at = (runId: string) => ({ path: { run_id: runId } });

export function useRuns(page: number) {
  return useQuery({
    queryKey: ['runs', 'list', page],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/commands', { params: { query: { page, limit: ROWS } }, signal })),
    refetchInterval: LIST_MS,
    placeholderData: (previous) => previous,
  });
}

export function useRun(runId: string) {
  const cache = useQueryClient();
  const key = ['runs', runId];
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const known = cache.getQueryData<RunDetails>(key);
      const news = answered(await relay.GET('/api/commands/{run_id}', { params: { ...at(runId), query: { since: known?.run.version ?? 0 } }, signal }));
      return known === undefined ? news : { run: news.run, results: mergeLanes(known.results, news.results) };
    },
    refetchInterval: ({ state }) => (state.data === undefined || state.data.run.status === 'running' ? LIVE_MS : false),
  });
}

export function useStartRun() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (draft: RunDraft) => answered(await relay.POST('/api/commands', { body: draft })).run,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['runs', 'list'] }),
  });
}

export function useCancelRun(runId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => relay.POST('/api/commands/{run_id}/cancel', { params: at(runId) }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['runs', runId] }),
  });
}
