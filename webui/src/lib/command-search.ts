/** A search of the command log as the address holds it, and as the relay is asked. */
import type { CommandQuery } from '@/api/types';
import { boundsOf, type Period } from '@/lib/periods';

export type CommandSearch = Period & { q?: string; machine?: string; person?: string; tag?: string; outcome?: string };
export const COMMAND_FIELDS = ['q', 'machine', 'person', 'tag', 'outcome', 'period', 'from', 'to'] as const;
export const OUTCOMES = [{ value: '', label: 'Any outcome' }, { value: 'good', label: 'Succeeded' }, { value: 'bad', label: 'Failed' }];

export function commandQuery(search: CommandSearch, nowMs: number): CommandQuery {
  const { q, machine, person, tag, outcome } = search;
  return {
    ...(q === undefined ? {} : { q }), ...(machine === undefined ? {} : { agent_id: machine }), ...(person === undefined ? {} : { user_id: person }),
    ...(tag === undefined ? {} : { tag }), ...(outcome === 'good' ? { success: true } : outcome === 'bad' ? { success: false } : {}), ...boundsOf(search, nowMs),
  };
}

/** The pieces of a text, each marked or not; `matches` count characters as the relay does, not UTF-16 units. */
export function marked(text: string, matches: readonly (readonly number[])[]): { text: string; hit: boolean }[] {
  const characters = Array.from(text);
  const pieces: { text: string; hit: boolean }[] = [];
  let at = 0;
  for (const [start = 0, end = 0] of matches) {
    if (start < at) continue;
    pieces.push({ text: characters.slice(at, start).join(''), hit: false }, { text: characters.slice(start, end).join(''), hit: true });
    at = end;
  }
  return [...pieces, { text: characters.slice(at).join(''), hit: false }].filter((piece) => piece.text !== '');
}
