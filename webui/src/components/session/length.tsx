/** How long a session has lasted: to its end, or until now. */
import type { TerminalSession } from '@/api/types';
import { useNow } from '@/components/ago';
import { duration } from '@/lib/format';

export function Length({ session }: { session: TerminalSession }) {
  const now = useNow();
  const end = session.ended_at === null ? now : Date.parse(session.ended_at);
  const seconds = Math.max(0, Math.round((end - Date.parse(session.started_at)) / 1000));
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1000);
}
