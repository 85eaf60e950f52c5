/** Groups: whoever is a member may use every machine of the group. */
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { GroupDraft } from '@/api/types';

const LIVE_MS = 10_000;

const at = (groupId: string) => ({ path: { group_id: groupId } });
const forget = (cache: QueryClient) => cache.invalidateQueries({ queryKey: ['groups'] });

export function useGroups() {
  return useQuery({
    queryKey: ['groups'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/groups', { signal })).groups,
  });
}

export function useGroup(groupId: string) {
  return useQuery({
    queryKey: ['groups', groupId],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/groups/{group_id}', { params: at(groupId), signal })).group,
  });
}

export function useCreateGroup() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (draft: GroupDraft) => answered(await relay.POST('/api/groups', { body: draft })).group,
    onSuccess: () => forget(cache),
  });
}

export function useUpdateGroup(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (draft: GroupDraft) => relay.PUT('/api/groups/{group_id}', { params: at(groupId), body: draft }),
    onSuccess: () => forget(cache),
  });
}

export function useDeleteGroup() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (groupId: string) => relay.DELETE('/api/groups/{group_id}', { params: at(groupId) }),
    onSuccess: (_answer, groupId) => {
      cache.removeQueries({ queryKey: ['groups', groupId] });
      return cache.invalidateQueries({ queryKey: ['groups'], exact: true });
    },
  });
}

export function useGroupMembers(groupId: string) {
  return useQuery({
    queryKey: ['groups', groupId, 'members'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/groups/{group_id}/members', { params: at(groupId), signal })).members,
  });
}

export function useGroupMachines(groupId: string) {
  return useQuery({
    queryKey: ['groups', groupId, 'machines'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/groups/{group_id}/machines', { params: at(groupId), signal })).machines,
    refetchInterval: LIVE_MS,
  });
}

export function useAddMember(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) => relay.POST('/api/groups/{group_id}/members', { params: at(groupId), body: { user_id: userId } }),
    onSuccess: () => forget(cache),
  });
}

export function useRemoveMember(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (userId: string) =>
      // In the query: some proxies drop the body of a DELETE.
      relay.DELETE('/api/groups/{group_id}/members', { params: { ...at(groupId), query: { user_id: userId } } }),
    onSuccess: () => forget(cache),
  });
}

export function useAddMachine(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (agentId: string) => relay.POST('/api/groups/{group_id}/machines', { params: at(groupId), body: { machine_ids: [agentId] } }),
    onSuccess: () => forget(cache),
  });
}

export function useRemoveMachine(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (agentId: string) =>
      relay.DELETE('/api/groups/{group_id}/machines/{machine_id}', { params: { path: { group_id: groupId, machine_id: agentId } } }),
    onSuccess: () => forget(cache),
  });
}
