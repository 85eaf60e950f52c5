/** The people of the organization, for pickers; only administrators may ask. */
import { useQuery } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';

export function useUsers(allowed: boolean) {
  return useQuery({
    queryKey: ['users'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/users', { signal })).users,
    enabled: allowed,
    staleTime: 30_000,
  });
}
