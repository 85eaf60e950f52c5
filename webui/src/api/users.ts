/** The people of the organization, for pickers; only administrators may ask. */
import { useQuery } from '@tanstack/react-query';
import { request } from '@/api/client';
import type { User } from '@/api/types';

export function useUsers(allowed: boolean) {
  return useQuery({
    queryKey: ['users'],
    queryFn: async ({ signal }) => (await request<{ users: User[] }>('GET', '/api/users', { signal })).users,
    enabled: allowed,
    staleTime: 30_000,
  });
}
