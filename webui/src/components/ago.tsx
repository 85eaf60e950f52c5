/** A moment as a distance from now; the exact time stands in its title. */
import { useSyncExternalStore } from 'react';
import { ago, moment } from '@/lib/format';

/** One clock for every time on the page. */
const TICK_MS = 5_000;
const watchers = new Set<() => void>();
let nowMs = Date.now();
let timer = 0;

function tick(): void {
  nowMs = Date.now();
  for (const watch of watchers) watch();
}

function subscribe(watch: () => void): () => void {
  if (watchers.size === 0) timer = window.setInterval(tick, TICK_MS);
  watchers.add(watch);
  return () => {
    watchers.delete(watch);
    if (watchers.size === 0) clearInterval(timer);
  };
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

export function Ago({ at, never = '–' }: { at: string | null | undefined; never?: string }) {
  const now = useNow();
  if (at === null || at === undefined || at === '') return <span className="dimmed">{never}</span>;
  return <time dateTime={at} title={moment(at)}>{ago(at, Math.max(now, Date.parse(at) || 0))}</time>;
}

/** A moment that may lie ahead (an end of access). */
export function Until({ at }: { at: string | null }) {
  const now = useNow();
  if (at === null) return <span className="dimmed">no end</span>;
  return <time dateTime={at} title={moment(at)}>{ago(at, now)}</time>;
}
