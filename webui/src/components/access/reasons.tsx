/** The ways by which somebody may use a machine, each enough by itself. */
import { Link } from '@tanstack/react-router';
import type { AccessReason } from '@/api/types';
import { Until } from '@/components/ago';
import { isSudo } from '@/lib/roles';

export function Reasons({ reasons }: { reasons: AccessReason[] }) {
  return (
    <ul className="reasons">
      {reasons.map((reason) => (
        <li key={`${reason.via} ${reason.grant_id ?? ''} ${reason.group_id ?? ''}`}>
          {reason.text}
          {reason.group_id === null ? null : <> (<Link className="link" to="/groups/$groupId" params={{ groupId: reason.group_id }}>{reason.group_name ?? 'the group'}</Link>)</>}
          <span className="dimmed">, {isSudo(reason.machine_role) ? 'shell and sudo' : 'shell'}{reason.expires_at === null ? '' : ', ends '}{reason.expires_at === null ? null : <Until at={reason.expires_at} />}</span>
        </li>
      ))}
    </ul>
  );
}
