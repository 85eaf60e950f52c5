/** Groups: whoever is a member may use every machine of the group. */
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from '@/api/client';
import type { Group, GroupMachine, GroupMember } from '@/api/types';

const LIVE_MS = 10_000;

export type GroupDraft = { name: string; description: string };

const at = (groupId: string, rest = ''): string => `/api/groups/${encodeURIComponent(groupId)}${rest}`;
const forget = (cache: QueryClient) => cache.invalidateQueries({ queryKey: ['groups'] });

export function useGroups() {
  return useQuery({
    queryKey: ['groups'],
    queryFn: async ({ signal }) => (await request<{ groups: Group[] }>('GET', '/api/groups', { signal })).groups,
  });
}

export function useGroup(groupId: string) {
  return useQuery({
    queryKey: ['groups', groupId],
    queryFn: async ({ signal }) => (await request<{ group: Group }>('GET', at(groupId), { signal })).group,
  });
}

export function useCreateGroup() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (draft: GroupDraft) => (await request<{ group: Group }>('POST', '/api/groups', { body: draft })).group,
    onSuccess: () => forget(cache),
  });
}

export function useRenameGroup(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (draft: GroupDraft) => request<unknown>('PUT', at(groupId), { body: draft }),
    onSuccess: () => forget(cache),
  });
}

export function useDeleteGroup() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (groupId: string) => request<unknown>('DELETE', at(groupId)),
    onSuccess: (_answer, groupId) => {
      cache.removeQueries({ queryKey: ['groups', groupId] });
      return cache.invalidateQueries({ queryKey: ['groups'], exact: true });
    },
  });
}

export function useGroupMembers(groupId: string) {
  return useQuery({
    queryKey: ['groups', groupId, 'members'],
    queryFn: async ({ signal }) => (await request<{ members: GroupMember[] }>('GET', at(groupId, '/members'), { signal })).members,
  });
}

export function useGroupMachines(groupId: string) {
  return useQuery({
    queryKey: ['groups', groupId, 'machines'],
    queryFn: async ({ signal }) => (await request<{ machines: GroupMachine[] }>('GET', at(groupId, '/machines'), { signal })).machines,
    refetchInterval: LIVE_MS,
  });
}

export function useAddMember(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) => request<unknown>('POST', at(groupId, '/members'), { body: { user_id: userId } }),
    onSuccess: () => forget(cache),
  });
}

export function useRemoveMember(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    // In the query as well: some proxies drop the body of a DELETE.
    mutationFn: (userId: string) => request<unknown>('DELETE', at(groupId, '/members'), { query: { user_id: userId }, body: { user_id: userId } }),
    onSuccess: () => forget(cache),
  });
}

export function useAddMachine(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (agentId: string) => request<unknown>('POST', at(groupId, '/machines'), { body: { machine_ids: [agentId] } }),
    onSuccess: () => forget(cache),
  });
}

export function useRemoveMachine(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (agentId: string) => request<unknown>('DELETE', at(groupId, `/machines/${encodeURIComponent(agentId)}`)),
    onSuccess: () => forget(cache),
  });
}
