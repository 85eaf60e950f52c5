/** The audit trail: who did what, whether nobody changed it since, and as a file. */
import { useQuery } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { AuditPage, AuditQuery } from '@/api/types';

export const AUDIT_ROWS = 50;

export function useAudit(query: AuditQuery) {
  return useQuery({
    queryKey: ['audit', query],
    // Without a format the answer is JSON; the document cannot say so.
    queryFn: async ({ signal }) => answered(await relay.GET('/api/audit', { params: { query: { ...query, limit: AUDIT_ROWS } }, signal })) as AuditPage,
    placeholderData: (previous) => previous,
  });
}

export function useAuditTenants(allowed: boolean) {
  return useQuery({
    queryKey: ['audit-tenants'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/audit/tenants', { signal })).tenants,
    enabled: allowed,
    staleTime: 60_000,
  });
}

/** Reads the whole trail on the relay: asked once, and again only when somebody wants to know. */
export function useAuditVerification(tenantId: string | undefined) {
  return useQuery({
    queryKey: ['audit-verification', tenantId ?? ''],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/audit/verify', { params: { query: tenantId === undefined ? {} : { tenant_id: tenantId } }, signal })),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
}

export async function downloadAudit(query: AuditQuery, format: 'csv' | 'jsonl'): Promise<Blob> {
  const { page: _, ...all } = query;
  const { data } = await relay.GET('/api/audit', { params: { query: { ...all, format } }, parseAs: 'blob' });
  return answered({ data: data as Blob | undefined });
}
