/** Machines: what the relay says about them, and what a person may do to them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { Grant, Machine, MachineDraft } from '@/api/types';

/** How often a page about machines asks again; a dropped agent shows within 15 s anyway (the relay's grace). */
const LIVE_MS = 4_000;
const WAITING_MS = 2_000;
/** As many rows of a log as a person reads before they search. */
const ROWS = 200;

const at = (agentId: string) => ({ path: { agent_id: agentId } });

export function useMachines(polling = true) {
  return useQuery({
    queryKey: ['machines'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/machines', { signal })).machines,
    refetchInterval: polling ? LIVE_MS : false,
  });
}

export async function getMachine(agentId: string, signal?: AbortSignal): Promise<Machine> {
  return answered(await relay.GET('/api/machines/{agent_id}', { params: at(agentId), signal: signal ?? null })).machine;
}

export function useMachine(agentId: string, waiting = false) {
  return useQuery({
    queryKey: ['machines', agentId],
    queryFn: ({ signal }) => getMachine(agentId, signal),
    refetchInterval: waiting ? WAITING_MS : LIVE_MS,
  });
}

export function useCreateMachine() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (draft: MachineDraft) => answered(await relay.POST('/api/machines', { body: draft })).machine,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['machines'], exact: true }),
  });
}

export function useDeleteMachine() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (agentId: string) => relay.DELETE('/api/machines/{agent_id}', { params: at(agentId) }),
    onSuccess: (_answer, agentId) => {
      cache.setQueryData<Machine[]>(['machines'], (kept) => kept?.filter((machine) => machine.agent_id !== agentId));
      cache.removeQueries({ queryKey: ['machines', agentId] });
    },
  });
}

export function useMachineSessions(agentId: string) {
  return useQuery({
    queryKey: ['machines', agentId, 'sessions'],
    queryFn: async ({ signal }) =>
      answered(await relay.GET('/api/machines/{agent_id}/sessions', { params: { ...at(agentId), query: { limit: ROWS } }, signal })).sessions,
    refetchInterval: LIVE_MS,
  });
}

export function useCloseSession(agentId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (sessionId: string) => relay.DELETE('/api/terminal/sessions/{session_id}', { params: { path: { session_id: sessionId } } }),
    onSettled: () => cache.invalidateQueries({ queryKey: ['machines', agentId, 'sessions'] }),
  });
}

/** The newest commands on a machine, or those whose text contains `q`. */
export function useMachineCommands(agentId: string, q: string) {
  const text = q.trim();
  return useQuery({
    queryKey: ['machines', agentId, 'commands', text],
    queryFn: async ({ signal }) => {
      const newest = { params: { ...at(agentId), query: { limit: ROWS } }, signal };
      if (text === '') return answered(await relay.GET('/api/machines/{agent_id}/logs', newest)).logs;
      const found = { params: { ...at(agentId), query: { limit: ROWS, q: text } }, signal };
      return answered(await relay.GET('/api/machines/{agent_id}/logs/search', found)).logs;
    },
    refetchInterval: LIVE_MS,
    placeholderData: (previous) => previous,
  });
}

export function useMachineAccess(agentId: string) {
  return useQuery({
    queryKey: ['machines', agentId, 'access'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/machines/{agent_id}/access/users', { params: at(agentId), signal })).users,
  });
}

export function useGrantAccess(agentId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (grant: Grant) => relay.POST('/api/machines/{agent_id}/access/grant', { params: at(agentId), body: grant }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['machines', agentId, 'access'] }),
  });
}

export function useRevokeAccess(agentId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) => relay.POST('/api/machines/{agent_id}/access/revoke', { params: at(agentId), body: { user_id: userId } }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['machines', agentId, 'access'] }),
  });
}
