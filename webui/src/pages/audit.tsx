/** Who did what: filters in the address, the proof beside the title, the whole selection as a file. */
import { Button, Menu, Pagination } from '@mantine/core';
import { IconDownload, IconFilterOff } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { downloadAudit, useAudit } from '@/api/audit';
import type { AuditQuery } from '@/api/types';
import { useNow } from '@/components/ago';
import { AuditFilters } from '@/components/audit/filters';
import { AuditTable } from '@/components/audit/table';
import { Verified } from '@/components/audit/verified';
import { showError } from '@/components/confirm';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';
import { auditQuery } from '@/lib/audit';
import { saveFile } from '@/lib/download';

export function AuditPage() {
  const search = useSearch({ from: '/signed-in/audit' });
  const minute = Math.floor(useNow() / 60_000);
  const query = useMemo(() => auditQuery(search, minute * 60_000), [search, minute]);
  const navigate = useNavigate({ from: '/audit' });
  const { data, error, refetch } = useAudit(query);
  return (
    <Page title="Audit" note={<Verified tenantId={search.tenant} />} actions={<Export query={query} />}>
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

function Export({ query }: { query: AuditQuery }) {
  const [busy, setBusy] = useState(false);
  const save = (format: 'csv' | 'jsonl') => {
    setBusy(true);
    void downloadAudit(query, format).then((file) => saveFile(file, `audit.${format}`), showError).finally(() => setBusy(false));
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button variant="default" leftSection={<IconDownload size={16} />} loading={busy}>Export</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save('csv')}>CSV, for a spreadsheet</Menu.Item>
        <Menu.Item onClick={() => save('jsonl')}>JSON lines, to verify elsewhere</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
