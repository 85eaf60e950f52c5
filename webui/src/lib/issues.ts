/** The states of an issue, in words. */
import type { IssueStatus } from '@/api/types';

export const ISSUE_STATES: readonly { value: IssueStatus; label: string }[] = [
  { value: 'open', label: 'Open' }, { value: 'in_progress', label: 'In progress' }, { value: 'resolved', label: 'Resolved' }, { value: 'closed', label: 'Closed' },
];

/** The state an address or a field names, where it is one. */
export function readState(text: string | undefined | null): IssueStatus | undefined {
  return ISSUE_STATES.find(({ value }) => value === text)?.value;
}

export function stateName(status: string): string {
  return ISSUE_STATES.find(({ value }) => value === status)?.label ?? status;
}

/** "disk, nginx" as separate tags: trimmed, none twice. */
export function readTags(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()).filter(Boolean))];
}

/** The text with one more line at its end. */
export function withLine(text: string, line: string): string {
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
}
