/** One terminal session and what was run in it. */
import { useQuery } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';

/** An open session grows while one looks. */
const LIVE_MS = 4_000;
/** The relay's largest page of commands. */
const ROWS = 500;

export function useTerminalSession(sessionId: string, page: number) {
  return useQuery({
    queryKey: ['sessions', sessionId, page],
    queryFn: async ({ signal }) =>
      answered(await relay.GET('/api/sessions/{session_id}', { params: { path: { session_id: sessionId }, query: { page, limit: ROWS } }, signal })),
    refetchInterval: ({ state }) => (state.data?.session.status === 'active' ? LIVE_MS : false),
    placeholderData: (previous) => previous,
  });
}
