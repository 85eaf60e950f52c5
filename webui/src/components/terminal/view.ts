/** What the page shows of one session. Immutable: a changed view is a new object. */

import type { CommandOutputMessage } from '@/lib/terminal-messages';

/** What a command sent over the API answered. */
export type CommandAnswer = Omit<CommandOutputMessage, 'type'>;
/** More would cover the screen: the oldest gives way. */
const MOST_ANSWERS = 3;

export type Notice =
  | { readonly kind: 'words'; readonly words: string }
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'copy'; readonly text: string };

export interface SessionView {
  readonly key: string;
  readonly sessionId: string;
  readonly agentId: string;
  readonly machineName: string;
  /** The machine's name and what the program calls itself, made safe. */
  readonly title: string;
  /** What the program calls itself, as it came. */
  readonly programTitle: string;
  readonly phase: 'new' | 'connecting' | 'live' | 'waiting' | 'ended' | 'refused';
  /** Why it is not live. */
  readonly words: string;
  /** When the next attempt comes, as Date.now() counts. */
  readonly retryAt: number | null;
  readonly exit: { readonly code: number | null; readonly reason: string } | null;
  /** The relay has lost the agent and waits for it. */
  readonly linkLost: boolean;
  readonly roundTripMs: number | null;
  readonly cols: number;
  readonly rows: number;
  readonly bytes: number;
  readonly waitingBytes: number;
  readonly readOnly: boolean;
  readonly access: string | null;
  readonly renderer: 'webgl' | 'dom';
  /** Output came while nobody looked. */
  readonly unread: boolean;
  readonly notice: Notice | null;
  /** Answers of commands sent over the API, until the person takes them off; the newest last. */
  readonly answers: readonly CommandAnswer[];
}

export const FIRST_VIEW: SessionView = {
  key: '',
  sessionId: '',
  agentId: '',
  machineName: '',
  title: '',
  programTitle: '',
  phase: 'new',
  words: '',
  retryAt: null,
  exit: null,
  linkLost: false,
  roundTripMs: null,
  cols: 80,
  rows: 24,
  bytes: 0,
  waitingBytes: 0,
  readOnly: false,
  access: null,
  renderer: 'dom',
  unread: false,
  notice: null,
  answers: [],
};

/** The answers with one more; told again after a reconnect, it stands there once. */
export function withAnswer(answers: readonly CommandAnswer[], next: CommandAnswer): readonly CommandAnswer[] {
  return [...withoutAnswer(answers, next.command_id), next].slice(-MOST_ANSWERS);
}

export function withoutAnswer(answers: readonly CommandAnswer[], commandId: string): readonly CommandAnswer[] {
  return answers.filter((answer) => answer.command_id !== commandId);
}
