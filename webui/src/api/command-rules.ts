/** The command rules of a group, and the commands they hold until somebody else has looked. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { CommandRules, CommandRulesDraft } from '@/api/types';

const LIVE_MS = 5_000;
const at = (groupId: string) => ({ path: { group_id: groupId } });

export function useCommandRules(groupId: string) {
  return useQuery({
    queryKey: ['groups', groupId, 'command-rules'],
    queryFn: async ({ signal }): Promise<CommandRules> => answered(await relay.GET('/api/groups/{group_id}/command-rules', { params: at(groupId), signal })),
  });
}

export function useSaveCommandRules(groupId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (rules: CommandRulesDraft) => answered(await relay.PUT('/api/groups/{group_id}/command-rules', { params: at(groupId), body: rules })),
    onSuccess: (saved) => cache.setQueryData(['groups', groupId, 'command-rules'], saved),
  });
}

export function useHeldCommands(status: string) {
  return useQuery({
    queryKey: ['held-commands', status],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/held-commands', { params: { query: { ...(status === '' ? {} : { status }), limit: 100 } }, signal })).held_commands,
    refetchInterval: LIVE_MS,
  });
}

export function useDecideHeld() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, approve, note }: { id: string; approve: boolean; note: string }) => relay.POST(approve ? '/api/held-commands/{held_id}/approve' : '/api/held-commands/{held_id}/deny', { params: { path: { held_id: id } }, body: { note } }),
    onSettled: () => cache.invalidateQueries({ queryKey: ['held-commands'] }),
  });
}
