/** Commands of every machine one may see: searched, and as a file. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { CommandQuery, FoundCommands } from '@/api/types';

const ROWS = 100;

/** Newest first, page after page; rows that arrive meanwhile shift nothing. */
export function useCommandSearch(query: CommandQuery) {
  return useInfiniteQuery({
    queryKey: ['commands', query],
    // Without a format the answer is JSON; the document cannot say so.
    queryFn: async ({ signal, pageParam }) => answered(await relay.GET('/api/logs/search', { params: { query: { ...query, limit: ROWS, ...(pageParam === '' ? {} : { cursor: pageParam }) } }, signal })) as FoundCommands,
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: (previous) => previous,
  });
}

export async function downloadCommands(query: CommandQuery, format: 'csv' | 'jsonl'): Promise<Blob> {
  const { data } = await relay.GET('/api/logs/search', { params: { query: { ...query, format } }, parseAs: 'blob' });
  return answered({ data: data as Blob | undefined });
}
