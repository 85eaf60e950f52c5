/** What became of a request. */
const STATES: Record<string, { label: string; kind?: string }> = {
  pending: { label: 'waiting', kind: 'warn' }, approved: { label: 'approved', kind: 'good' }, denied: { label: 'refused', kind: 'bad' }, cancelled: { label: 'taken back' }, expired: { label: 'lapsed' },
};

export function RequestState({ status }: { status: string }) {
  const { label, kind } = STATES[status] ?? { label: status };
  return <span className="pill" data-kind={kind}>{label}</span>;
}
