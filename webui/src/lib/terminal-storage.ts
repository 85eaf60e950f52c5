/**
 * What a reload of the page must find again: which terminals stood where, and for each the screen with the offset it
 * stands for. Lives in sessionStorage (this tab, until sign-out), because it holds what was on the screen.
 */

import { EMPTY, type Layout } from './terminal-layout';

const LAYOUT_KEY = 'fairlead.terminals';
const SNAPSHOT_PREFIX = 'fairlead.terminal.';
const VERSION = 1;

/** One terminal, as far as it can be picked up again. */
export interface KeptSession {
  readonly key: string;
  readonly sessionId: string;
  readonly agentId: string;
  readonly machineName: string;
  readonly title: string;
  /** Whether the relay has ever begun this session: only then can it be resumed. */
  readonly begun: boolean;
  /** Why it is over, or null while it lives. */
  readonly over: string | null;
}

export interface Kept {
  readonly layout: Layout;
  readonly sessions: readonly KeptSession[];
}

/** The screen as escape sequences, complete up to `offset` of the output. */
export interface Snapshot {
  readonly sessionId: string;
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly screen: string;
}

export function keepTerminals(kept: Kept): void {
  put(LAYOUT_KEY, JSON.stringify({ version: VERSION, ...kept }));
}

export function keptTerminals(): Kept {
  const kept = read(LAYOUT_KEY) as (Kept & { version?: number }) | undefined;
  if (kept?.version !== VERSION || !Array.isArray(kept.sessions) || !Array.isArray(kept.layout?.tabs)) {
    return { layout: EMPTY, sessions: [] };
  }
  return { layout: kept.layout, sessions: kept.sessions };
}

/** Whether there is anything to pick up, without reading it all. */
export function hasKeptTerminals(): boolean {
  return keptTerminals().sessions.length > 0;
}

/** Keeps a snapshot; false when the storage is full, and then nothing is kept of it. */
export function keepSnapshot(key: string, snapshot: Snapshot): boolean {
  const kept = put(SNAPSHOT_PREFIX + key, JSON.stringify(snapshot));
  if (!kept) forget(SNAPSHOT_PREFIX + key);
  return kept;
}

/** The snapshot of a pane, taken out: it is true once, right after the reload. */
export function takeSnapshot(key: string): Snapshot | undefined {
  const snapshot = read(SNAPSHOT_PREFIX + key) as Snapshot | undefined;
  forget(SNAPSHOT_PREFIX + key);
  return snapshot && typeof snapshot.screen === 'string' && Number.isSafeInteger(snapshot.offset) ? snapshot : undefined;
}

/** Leaves nothing behind: at sign-out. */
export function forgetTerminals(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key === LAYOUT_KEY || key.startsWith(SNAPSHOT_PREFIX)) forget(key);
  }
}

function read(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

function put(key: string, value: string): boolean {
  try {
    sessionStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

function forget(key: string): void {
  sessionStorage.removeItem(key);
}
