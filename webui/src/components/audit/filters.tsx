/** What narrows the trail; each choice stands in the address, so that a finding can be sent to a colleague. */
import { Select } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useAuditTenants } from '@/api/audit';
import { Days } from '@/components/days';
import { SearchField } from '@/components/search-field';
import type { AuditSearch } from '@/lib/audit';
import { PERIODS } from '@/lib/periods';
import { isSuperAdmin, useUser } from '@/lib/session';

const CATEGORIES = [{ value: '', label: 'Everything' }, { value: 'authentication', label: 'Signing in' }, { value: 'session', label: 'On machines' }, { value: 'administrative', label: 'Administration' }];
const OUTCOMES = [{ value: '', label: 'Any outcome' }, { value: 'success', label: 'Done' }, { value: 'failure', label: 'Failed or refused' }];
const SEVERITIES = [{ value: '', label: 'Any severity' }, { value: 'info', label: 'Information' }, { value: 'warning', label: 'Warnings' }, { value: 'critical', label: 'Critical' }];

/** The search with one field changed, on its first page; an empty value leaves the address. */
function useChange(): (change: AuditSearch) => void {
  const search = useSearch({ from: '/signed-in/audit' });
  const navigate = useNavigate({ from: '/audit' });
  return (change) => {
    const { page: _, ...kept } = search;
    void navigate({ search: { ...kept, ...change }, replace: true });
  };
}

export function AuditFilters({ total }: { total: number | undefined }) {
  const search = useSearch({ from: '/signed-in/audit' });
  const change = useChange();
  const chooser = (field: keyof AuditSearch, label: string, data: { value: string; label: string }[]) => (
    <Select aria-label={label} data={data} value={String(search[field] ?? '')} allowDeselect={false} onChange={(value) => change({ [field]: value ?? '' })} />
  );
  return (
    <div className="toolbar audit-filters">
      <SearchField label="Search the audit log" placeholder="Person, address, machine, action…" value={search.q ?? ''} search={(q) => change({ q })} />
      {chooser('category', 'Kind', CATEGORIES)}
      {chooser('status', 'Outcome', OUTCOMES)}
      {chooser('severity', 'Severity', SEVERITIES)}
      {chooser('period', 'When', PERIODS)}
      {search.period === 'days' ? <Days from={search.from} to={search.to} change={change} /> : null}
      <Tenant />
      <span className="shown" role="status">{total === undefined ? '' : `${total.toLocaleString()} entries`}</span>
    </div>
  );
}

/** For whoever stands above all organizations. */
function Tenant() {
  const user = useUser();
  const above = isSuperAdmin(user);
  const { tenant = '' } = useSearch({ from: '/signed-in/audit' });
  const change = useChange();
  const tenants = useAuditTenants(above);
  if (!above) return null;
  const data = [{ value: '', label: user.tenant_name }, ...(tenants.data ?? []).filter((each) => each.tenant_id !== user.tenant_id).map((each) => ({ value: each.tenant_id, label: each.tenant_name }))];
  return <Select aria-label="Organization" data={data} searchable value={tenant} allowDeselect={false} onChange={(value) => change({ tenant: value ?? '' })} />;
}
