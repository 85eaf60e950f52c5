/** Asking for access to a machine, and deciding about it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { AccessRequestDraft } from '@/api/types';

const LIVE_MS = 5_000;

export function useAccessRequests(status: string) {
  return useQuery({
    queryKey: ['access-requests', status],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/access-requests', { params: { query: { ...(status === '' ? {} : { status }), limit: 100 } }, signal })).requests,
    refetchInterval: LIVE_MS,
  });
}

/** Machines one may ask for: those of the organization, by name alone. */
export function useRequestableMachines() {
  return useQuery({
    queryKey: ['access-requests', 'machines'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/access-requests/machines', { signal })).machines,
    staleTime: 30_000,
  });
}

export function useRequestAccess() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (draft: AccessRequestDraft) => answered(await relay.POST('/api/access-requests', { body: draft })).request,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['access-requests'] }),
  });
}

export type Verdict = { id: string; verdict: 'approve' | 'deny' | 'cancel'; note: string; minutes?: number };

export function useDecideRequest() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, verdict, note, minutes }: Verdict) => {
      const params = { path: { request_id: id } };
      if (verdict === 'cancel') return relay.POST('/api/access-requests/{request_id}/cancel', { params });
      if (verdict === 'deny') return relay.POST('/api/access-requests/{request_id}/deny', { params, body: { note } });
      return relay.POST('/api/access-requests/{request_id}/approve', { params, body: { note, ...(minutes === undefined ? {} : { duration_minutes: minutes }) } });
    },
    onSettled: () => {
      void cache.invalidateQueries({ queryKey: ['access-requests'] });
      void cache.invalidateQueries({ queryKey: ['machines'] });
    },
  });
}
