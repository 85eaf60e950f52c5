/** The roles there are; they never change while one looks. */
import { useQuery } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';

export function useRoles() {
  return useQuery({
    queryKey: ['roles'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/roles', { signal })).roles,
    staleTime: Infinity,
  });
}
