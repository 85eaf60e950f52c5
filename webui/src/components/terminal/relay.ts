/** Where a terminal meets the relay: the socket's address, session ids, and why a connection was refused. */

import { ApiError, errorText } from '@/api/errors';
import { queryClient } from '@/api/cache';
import { getMachine } from '@/api/machines';
import type { Machine } from '@/api/types';
import { bearerToken } from '@/lib/auth';
import type { Verdict } from '@/lib/terminal-messages';

export const token = bearerToken;

export interface SocketAddress {
  readonly agentId: string;
  readonly sessionId: string;
  readonly cols: number;
  readonly rows: number;
  /** Offset of the next output byte of a session to pick up, null for a new one. */
  readonly resume: number | null;
}

export function socketUrl({ agentId, sessionId, cols, rows, resume }: SocketAddress): string {
  const url = new URL(`/api/terminal/${encodeURIComponent(agentId)}/ws`, window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const asked = { session_id: sessionId, cols, rows, source: 'ui', ...(resume === null ? {} : { resume: 1, from: resume }) };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, String(value));
  return url.href;
}

/** 96 bits of chance: nobody else's session can be meant. Works without a secure context, unlike randomUUID. */
export function newSessionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `ui-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What a machine is called, where a page has asked before: a tab has its name also while the machine does not answer. */
export function knownName(agentId: string): string | undefined {
  const listed = queryClient.getQueryData<Machine[]>(['machines'])?.find((machine) => machine.agent_id === agentId);
  return (listed ?? queryClient.getQueryData<Machine>(['machines', agentId]))?.name;
}

/** A refused upgrade tells a page nothing: the machine's own route knows whether it is gone, barred or only offline. */
export async function diagnoseMachine(agentId: string): Promise<{ verdict: Verdict; words: string }> {
  try {
    const machine = await getMachine(agentId);
    return { verdict: 'retry', words: whyNot(machine) };
  } catch (error) {
    const final = error instanceof ApiError && [401, 403, 404].includes(error.status);
    return { verdict: final ? 'refused' : 'retry', words: errorText(error) };
  }
}

function whyNot(machine: Machine): string {
  if (machine.status === 'pending') return 'The machine has not connected yet';
  return machine.is_connected ? 'The relay refused the connection' : 'The machine is offline';
}
