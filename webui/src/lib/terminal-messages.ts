/**
 * The text messages of the terminal socket (`fairlead.v1`) and what its close codes mean for the person in front of it.
 * This file owns their shapes and reads them with suspicion: a field of the wrong type refuses the message.
 */

export interface SessionMessage {
  readonly type: 'session';
  readonly session_id: string;
  readonly agent_id: string;
  readonly machine_name: string;
  readonly cols: number;
  readonly rows: number;
  readonly resumed: boolean;
  /** Offset of the first output byte that follows. */
  readonly output_offset: number;
  /** Offset of the first keystroke byte the relay has not taken yet. */
  readonly input_offset: number;
  readonly read_only?: boolean;
  /** Through what the person may be here, in words, where the relay says it. */
  readonly access?: string;
}

/** What a command answered that the same person sent to this session over the API; never part of the screen. */
export interface CommandOutputMessage {
  readonly type: 'command_output';
  readonly command_id: string;
  readonly command: string;
  readonly output: string;
  /** null where the command did not end by itself. */
  readonly exit_code: number | null;
}

export type DownMessage =
  | SessionMessage
  | CommandOutputMessage
  | { readonly type: 'gap'; readonly from: number; readonly to: number }
  | { readonly type: 'pong'; readonly t: number }
  | { readonly type: 'link'; readonly state: 'lost' | 'back' }
  | { readonly type: 'error'; readonly error: string }
  | { readonly type: 'info'; readonly message: string }
  | { readonly type: 'exit'; readonly code: number | null; readonly reason: string };

export type UpMessage =
  | { readonly type: 'resize'; readonly cols: number; readonly rows: number }
  | { readonly type: 'ping'; readonly t: number }
  | { readonly type: 'close' };

type Fields = Record<string, unknown>;

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isCode = (value: unknown): value is number | null => value === null || Number.isSafeInteger(value);

const CHECKS: Record<DownMessage['type'], (m: Fields) => boolean> = {
  session: (m) =>
    [m.session_id, m.agent_id, m.machine_name].every(isText) &&
    [m.cols, m.rows, m.output_offset, m.input_offset].every(isCount) &&
    typeof m.resumed === 'boolean',
  gap: (m) => isCount(m.from) && isCount(m.to) && m.from <= m.to,
  pong: (m) => typeof m.t === 'number',
  link: (m) => m.state === 'lost' || m.state === 'back',
  error: (m) => isText(m.error),
  info: (m) => isText(m.message),
  command_output: (m) => [m.command_id, m.command, m.output].every(isText) && isCode(m.exit_code),
  exit: (m) => isCode(m.code) && isText(m.reason),
};

/** A text message, or undefined for one that this console does not know (a newer relay may send such). */
export function readMessage(text: string): DownMessage | undefined {
  const value = parse(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Fields;
  const check =
    isText(fields.type) && Object.hasOwn(CHECKS, fields.type) ? CHECKS[fields.type as DownMessage['type']] : undefined;
  return check?.(fields) ? (fields as unknown as DownMessage) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What to do after a close: it ended well, it was refused for good, or try again. */
export type Verdict = 'ended' | 'refused' | 'retry';

interface Meaning {
  readonly verdict: Verdict;
  readonly words: string;
}

const MEANINGS: Readonly<Record<number, Meaning>> = {
  1000: { verdict: 'ended', words: 'The session ended' },
  1001: { verdict: 'retry', words: 'The relay is restarting' },
  1009: { verdict: 'retry', words: 'A message was too large' },
  1011: { verdict: 'retry', words: 'The relay had an internal error' },
  4401: { verdict: 'refused', words: 'Your sign-in has ended' },
  4403: { verdict: 'refused', words: 'You no longer have access to this machine' },
  4404: { verdict: 'refused', words: 'The relay does not know this machine or session' },
  // A reconnect by itself would make an idle limit meaningless: the person decides.
  4408: { verdict: 'refused', words: 'Closed after a long time without input' },
  4409: { verdict: 'retry', words: 'The machine is not approved yet' },
  4410: { verdict: 'refused', words: 'An administrator ended this session' },
  4429: { verdict: 'refused', words: 'You have too many open sessions' },
  4503: { verdict: 'retry', words: 'The machine is offline' },
};

const DROPPED: Meaning = { verdict: 'retry', words: 'Connection lost' };

/** Close code and reason → verdict and one line of text for the person. */
export function closeMeaning(code: number, reason: string): Meaning {
  const { verdict, words } = MEANINGS[code] ?? DROPPED;
  const said = reason.trim();
  return { verdict, words: said && plain(said) !== plain(words) ? `${words}: ${said}` : words };
}

/** What is said, without how it is written: "Machine is offline." is "The machine is offline". */
function plain(words: string): string {
  return words.toLowerCase().replace(/^the /, '').replace(/\.$/, '');
}
