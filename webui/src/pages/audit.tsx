/** Who did what: filters in the address, the proof beside the title, the whole selection as a file. */
import { Button, Pagination } from '@mantine/core';
import { IconFilterOff } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { downloadAudit, useAudit } from '@/api/audit';
import { useNow } from '@/components/ago';
import { AuditFilters } from '@/components/audit/filters';
import { AuditTable } from '@/components/audit/table';
import { Verified } from '@/components/audit/verified';
import { ExportButton } from '@/components/export-button';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';
import { auditQuery } from '@/lib/audit';

export function AuditPage() {
  const search = useSearch({ from: '/signed-in/audit' });
  const minute = Math.floor(useNow() / 60_000);
  const query = useMemo(() => auditQuery(search, minute * 60_000), [search, minute]);
  const navigate = useNavigate({ from: '/audit' });
  const { data, error, refetch } = useAudit(query);
  return (
    <Page title="Audit" note={<Verified tenantId={search.tenant} />} actions={<ExportButton name="audit" lines="JSON lines, to verify elsewhere" fetchFile={(form) => downloadAudit(query, form)} />}>
      <AuditFilters total={data?.total} />
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <div className="panel"><Loading rows={8} label="Loading the audit log" /></div> : null)
        : data.logs.length === 0 ? <Empty icon={<IconFilterOff size={26} />} title="No entry matches" action={<Button variant="light" onClick={() => void navigate({ search: {} })}>Show all</Button>} />
        : <AuditTable entries={data.logs} />}
      {data !== undefined && data.total_pages > 1
        ? <Pagination className="pages" total={data.total_pages} value={data.page} getControlProps={(control) => ({ 'aria-label': `${control} page` })} onChange={(page) => void navigate({ search: { ...search, page } })} /> : null}
    </Page>
  );
}
