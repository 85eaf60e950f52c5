/** The state of an issue, coloured by whether somebody still waits. */
import { stateName } from '@/lib/issues';

export function IssueState({ status }: { status: string }) {
  return <span className="pill" data-kind={status === 'resolved' ? 'good' : status === 'open' ? 'warn' : undefined}>{stateName(status)}</span>;
}
