/** Machines: what the relay says about them, and what a person may do to them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from '@/api/client';
import type { AccessUser, CommandLog, Machine, NewMachine, TerminalSession } from '@/api/types';

/** How often a list of machines asks again; a dropped agent shows within 15 s anyway (the relay's grace). */
const LIVE_MS = 4_000;
const WAITING_MS = 2_000;

export type MachineDraft = { name: string; description: string; linux_user?: string };
export type Grant = { user_id?: string; username?: string; machine_role: string; expires_at?: string };

const at = (agentId: string, rest = ''): string => `/api/machines/${encodeURIComponent(agentId)}${rest}`;

export function useMachines(live = true) {
  return useQuery({
    queryKey: ['machines'],
    queryFn: async ({ signal }) => (await request<{ machines: Machine[] }>('GET', '/api/machines', { signal })).machines,
    refetchInterval: live ? LIVE_MS : false,
  });
}

export async function getMachine(agentId: string, signal?: AbortSignal): Promise<Machine> {
  return (await request<{ machine: Machine }>('GET', at(agentId), signal === undefined ? {} : { signal })).machine;
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
    mutationFn: async (draft: MachineDraft) =>
      (await request<{ machine: NewMachine }>('POST', '/api/machines', { body: draft })).machine,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['machines'], exact: true }),
  });
}

export function useDeleteMachine() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (agentId: string) => request<unknown>('DELETE', at(agentId)),
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
      (await request<{ sessions: TerminalSession[] }>('GET', at(agentId, '/sessions'), { query: { limit: 200 }, signal })).sessions,
    refetchInterval: LIVE_MS,
  });
}

export function useCloseSession(agentId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (sessionId: string) => request<unknown>('DELETE', `/api/terminal/sessions/${encodeURIComponent(sessionId)}`),
    onSettled: () => cache.invalidateQueries({ queryKey: ['machines', agentId, 'sessions'] }),
  });
}

/** The newest commands on a machine, or those whose text contains `q`. */
export function useMachineCommands(agentId: string, q: string) {
  const path = q.trim() === '' ? at(agentId, '/logs') : at(agentId, '/logs/search');
  return useQuery({
    queryKey: ['machines', agentId, 'commands', q],
    queryFn: async ({ signal }) =>
      (await request<{ logs: CommandLog[] }>('GET', path, { query: { q: q.trim(), limit: 200 }, signal })).logs,
    refetchInterval: LIVE_MS,
    placeholderData: (previous) => previous,
  });
}

export function useMachineAccess(agentId: string) {
  return useQuery({
    queryKey: ['machines', agentId, 'access'],
    queryFn: async ({ signal }) => (await request<{ users: AccessUser[] }>('GET', at(agentId, '/access/users'), { signal })).users,
  });
}

export function useGrantAccess(agentId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (grant: Grant) => request<unknown>('POST', at(agentId, '/access/grant'), { body: grant }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['machines', agentId, 'access'] }),
  });
}

export function useRevokeAccess(agentId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) => request<unknown>('POST', at(agentId, '/access/revoke'), { body: { user_id: userId } }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['machines', agentId, 'access'] }),
  });
}
