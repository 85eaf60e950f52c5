/** The filter of the machine list: `status:online tag:prod web` as people type it and share it in the address. */
import type { Machine } from '@/api/types';

export type Filter = { readonly status: string | null; readonly tags: readonly string[]; readonly words: readonly string[] };

const TOKEN = /(?:(status|tag|label):)?("[^"]*"|\S+)/gi;

export function parseFilter(text: string): Filter {
  let status: string | null = null;
  const tags: string[] = [];
  const words: string[] = [];
  for (const [, key, raw] of text.matchAll(TOKEN)) {
    const value = (raw ?? '').replaceAll('"', '').toLowerCase();
    if (value === '') continue;
    if (key === undefined) words.push(value);
    else if (key.toLowerCase() === 'status') status = value;
    else tags.push(value);
  }
  return { status, tags, words };
}

/** The same text with its status replaced; null removes it. */
export function withStatus(text: string, status: string | null): string {
  const rest = text.replace(/(^|\s)status:("[^"]*"|\S+)/gi, ' ').replace(/\s+/g, ' ').trim();
  return status === null ? rest : `status:${status} ${rest}`.trim();
}

/** The same text with one more tag. */
export function withTag(text: string, tag: string): string {
  const wanted = /\s/.test(tag) ? `tag:"${tag}"` : `tag:${tag}`;
  return text.includes(wanted) ? text : `${text} ${wanted}`.trim();
}

function searchable(machine: Machine): string {
  const { name, description, hostname, os, ip_address, tags } = machine;
  return [name, description, hostname, os, ip_address, ...tags].join('\n').toLowerCase();
}

/** Whether a machine passes everything but the status (the status tabs count what the rest leaves over). */
export function matchesText(machine: Machine, filter: Filter): boolean {
  const own = machine.tags.map((tag) => tag.toLowerCase());
  if (!filter.tags.every((tag) => own.includes(tag))) return false;
  const text = filter.words.length === 0 ? '' : searchable(machine);
  return filter.words.every((word) => text.includes(word));
}

export function matches(machine: Machine, filter: Filter): boolean {
  return (filter.status === null || machine.status === filter.status) && matchesText(machine, filter);
}
