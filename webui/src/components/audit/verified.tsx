/** Whether the trail is what was written: read whole by the relay, and said in one line. */
import { ActionIcon, Loader, Tooltip } from '@mantine/core';
import { IconRefresh, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useAuditVerification } from '@/api/audit';
import { errorText } from '@/api/errors';
import type { AuditVerification } from '@/api/types';

export function Verified({ tenantId }: { tenantId: string | undefined }) {
  const { data, error, isFetching, refetch } = useAuditVerification(tenantId);
  return (
    <span className="verified" role="status">
      {isFetching ? <><Loader size={13} aria-hidden="true" />Verifying…</> : error !== null ? <span className="verified-unknown">Not verified: {errorText(error)}</span> : data === undefined ? null : <Outcome found={data} />}
      {isFetching ? null : <Tooltip label="Verify again"><ActionIcon variant="subtle" color="gray" size="sm" aria-label="Verify again" onClick={() => void refetch()}><IconRefresh size={14} /></ActionIcon></Tooltip>}
    </span>
  );
}

function Outcome({ found }: { found: AuditVerification }) {
  if (found.first_fault !== null) return <span className="verified-bad"><IconShieldX size={16} aria-hidden="true" />{found.first_fault.text}</span>;
  const signed = found.checkpoints === 0 ? 'not signed yet' : found.checkpoints === 1 ? '1 signed checkpoint' : `${found.checkpoints.toLocaleString()} signed checkpoints`;
  return (
    <span className="verified-good" title={found.earlier === 0 ? undefined : `${found.earlier} older entries were written before there was a chain`}>
      <IconShieldCheck size={16} aria-hidden="true" />Intact: {found.rows.toLocaleString()} entries, {signed}
    </span>
  );
}
