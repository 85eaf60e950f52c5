/** Why somebody may open a machine, or why not; and all that somebody may open. */
import { useQuery } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';

export function useExplanation(agentId: string, userId: string) {
  return useQuery({
    queryKey: ['machines', agentId, 'explain', userId],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/machines/{agent_id}/access/explain', { params: { path: { agent_id: agentId }, query: { user_id: userId } }, signal })),
    enabled: userId !== '',
  });
}

export function useEffectiveAccess(userId: string) {
  return useQuery({
    queryKey: ['users', userId, 'access'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/users/{user_id}/access', { params: { path: { user_id: userId } }, signal })).machines,
  });
}
