/** The states of an issue, in words. */
export const ISSUE_STATES = [
  { value: 'open', label: 'Open' }, { value: 'in_progress', label: 'In progress' }, { value: 'resolved', label: 'Resolved' }, { value: 'closed', label: 'Closed' },
] as const;

export function stateName(status: string): string {
  return ISSUE_STATES.find(({ value }) => value === status)?.label ?? status;
}

/** "disk, nginx" as separate tags: trimmed, none twice. */
export function readTags(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()).filter(Boolean))];
}
