/** The people of the organization; only administrators may ask. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { PersonChange, PersonDraft } from '@/api/types';

export function useUsers(allowed: boolean) {
  return useQuery({
    queryKey: ['users'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/users', { signal })).users,
    enabled: allowed,
    staleTime: 30_000,
  });
}

export function useCreateUser() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (draft: PersonDraft) => answered(await relay.POST('/api/users', { body: draft })).user,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['users'] }),
  });
}

const at = (userId: string) => ({ path: { user_id: userId } });

export function useUserOf(userId: string) {
  return useQuery({
    queryKey: ['users', userId],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/users/{user_id}', { params: at(userId), signal })).user,
  });
}

export function useUpdateUser(userId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (change: PersonChange) => answered(await relay.PUT('/api/users/{user_id}', { params: at(userId), body: change })).user,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['users'] }),
  });
}

export function useDeleteUser(userId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => relay.DELETE('/api/users/{user_id}', { params: at(userId) }),
    onSuccess: () => {
      cache.removeQueries({ queryKey: ['users', userId] });
      return cache.invalidateQueries({ queryKey: ['users'], exact: true });
    },
  });
}
