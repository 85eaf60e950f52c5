/** The organizations of this relay; only super administrators may ask. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { OrganizationChange, OrganizationDraft } from '@/api/types';

const at = (id: string) => ({ path: { organization_id: id } });
const LIVE_MS = 10_000;

export function useOrganizations() {
  return useQuery({
    queryKey: ['organizations'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/admin/organizations', { signal })).organizations,
  });
}

export function useOrganization(id: string) {
  return useQuery({
    queryKey: ['organizations', id],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/admin/organizations/{organization_id}', { params: at(id), signal })).organization,
  });
}

export function useOrganizationStats(id: string) {
  return useQuery({
    queryKey: ['organizations', id, 'stats'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/admin/organizations/{organization_id}/stats', { params: at(id), signal })).stats,
    refetchInterval: LIVE_MS,
  });
}

export function useOrganizationUsers(id: string) {
  return useQuery({
    queryKey: ['organizations', id, 'users'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/admin/organizations/{organization_id}/users', { params: at(id), signal })).users,
  });
}

export function useOrganizationGroups(id: string) {
  return useQuery({
    queryKey: ['organizations', id, 'groups'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/admin/organizations/{organization_id}/groups', { params: at(id), signal })).groups,
  });
}

export function useCreateOrganization() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (draft: OrganizationDraft) => answered(await relay.POST('/api/admin/organizations', { body: draft })).organization,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['organizations'] }),
  });
}

export function useUpdateOrganization(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (change: OrganizationChange) => answered(await relay.PUT('/api/admin/organizations/{organization_id}', { params: at(id), body: change })).organization,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['organizations'] }),
  });
}

/** With everything in it: people, machines and groups go too. */
export function useDeleteOrganization(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => relay.DELETE('/api/admin/organizations/{organization_id}', { params: { ...at(id), query: { force: true } } }),
    onSuccess: () => {
      cache.removeQueries({ queryKey: ['organizations', id] });
      return cache.invalidateQueries({ queryKey: ['organizations'], exact: true });
    },
  });
}
