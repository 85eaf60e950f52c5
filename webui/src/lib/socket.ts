/**
 * The browser's end of one terminal socket (`fairlead.v1`): connects, reads frames and messages, measures the round trip,
 * and comes back after a drop with capped, jittered back-off. Knows no offsets, no emulator and no React.
 */

import { type Bytes, decodeFrame, type Frame } from './frames';
import { closeMeaning, type DownMessage, readMessage, type UpMessage, type Verdict } from './terminal-messages';

export const SUBPROTOCOL = 'fairlead.v1';
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** A connection that lived this long was a good one: the next drop starts the back-off anew. */
const STEADY_MS = 5_000;
const PING_MS = 5_000;
/** Nothing heard for so long after a ping: the line is dead, whatever the operating system believes. */
const SILENCE_MS = 15_000;
/** Ours, for a relay that breaks the dialect (a browser may send 1000 and 3000–4999 only). */
const PROTOCOL_ERROR = 4400;

export type SocketState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'open' }
  | { readonly phase: 'waiting'; readonly words: string; readonly retryAt: number }
  | { readonly phase: 'ended' | 'refused'; readonly words: string; readonly code: number };

export interface SocketPorts {
  /** Asked anew for every attempt: the offset to resume from and the token change. */
  readonly url: () => string;
  /** The bearer token, null when nobody is signed in. */
  readonly token: () => string | null;
  readonly onState: (state: SocketState) => void;
  readonly onMessage: (message: DownMessage) => void;
  readonly onFrame: (frame: Frame) => void;
  readonly onRoundTrip: (ms: number) => void;
  /** A refusal before the upgrade reaches a page as a bare 1006: ask the API for the reason. */
  readonly diagnose: () => Promise<{ verdict: Verdict; words: string }>;
  readonly isVisible: () => boolean;
  readonly now: () => number;
  readonly random: () => number;
}

export class TerminalSocket {
  readonly #ports: SocketPorts;
  #ws: WebSocket | undefined;
  #listening = new AbortController();
  #done = false;
  #attempt = 0;
  #openedAt: number | undefined;
  #heardAt = 0;
  #pingedAt: number | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pinger: ReturnType<typeof setInterval> | undefined;

  constructor(ports: SocketPorts) {
    this.#ports = ports;
  }

  /** Connects, or connects at once instead of waiting. Does nothing while a connection stands or is being made. */
  connect(): void {
    if (this.#ws || this.#done) return;
    clearTimeout(this.#retry);
    const token = this.#ports.token();
    if (token === null) {
      this.#ports.onState({ phase: 'refused', words: 'You are signed out', code: 4401 });
      return;
    }
    this.#ports.onState({ phase: 'connecting' });
    this.#listen(new WebSocket(this.#ports.url(), [SUBPROTOCOL, 'bearer', token]));
  }

  send(message: Bytes | UpMessage): void {
    if (this.#ws?.readyState !== WebSocket.OPEN) return;
    this.#ws.send(message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  /** Ends this socket for good; no state is reported any more. */
  close(): void {
    this.#done = true;
    clearTimeout(this.#retry);
    this.#release()?.close(1000);
  }

  /** Drops the connection and comes back by the usual path. */
  restart(words: string): void {
    const ws = this.#release();
    ws?.close(PROTOCOL_ERROR);
    if (ws) this.#wait(words);
  }

  #listen(ws: WebSocket): void {
    ws.binaryType = 'arraybuffer';
    this.#ws = ws;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    ws.addEventListener('open', () => this.#opened(), { signal });
    ws.addEventListener('message', (event: MessageEvent<unknown>) => this.#received(event.data), { signal });
    ws.addEventListener('close', (event) => this.#closed(event.code, event.reason), { signal });
  }

  #opened(): void {
    this.#openedAt = this.#heardAt = this.#ports.now();
    this.#pinger = setInterval(() => this.#ping(), PING_MS);
    this.#ports.onState({ phase: 'open' });
    this.#ping();
  }

  #received(data: unknown): void {
    this.#heardAt = this.#ports.now();
    try {
      if (data instanceof ArrayBuffer) this.#ports.onFrame(decodeFrame(data));
      else if (typeof data === 'string') this.#read(data);
    } catch (error) {
      console.error('terminal socket', error);
      this.restart('The relay sent something unreadable');
    }
  }

  #read(text: string): void {
    const message = readMessage(text);
    if (message?.type === 'pong') {
      this.#pingedAt = undefined;
      this.#ports.onRoundTrip(Math.max(0, this.#ports.now() - message.t));
    } else if (message) this.#ports.onMessage(message);
  }

  #ping(): void {
    const now = this.#ports.now();
    const asked = this.#pingedAt;
    if (asked !== undefined && now - Math.max(asked, this.#heardAt) > SILENCE_MS) {
      this.restart('The connection went silent');
    } else if (this.#ports.isVisible()) {
      this.#pingedAt ??= now;
      this.send({ type: 'ping', t: now });
    }
  }

  #closed(code: number, reason: string): void {
    const opened = this.#openedAt !== undefined;
    this.#release();
    if (opened) {
      const { verdict, words } = closeMeaning(code, reason);
      this.#conclude(verdict, words, code);
      return;
    }
    const attempt = this.#attempt;
    void this.#ports.diagnose().then(({ verdict, words }) => {
      // Somebody may have pressed "Retry now" or closed the tab while the API was asked.
      if (!this.#ws && !this.#done && attempt === this.#attempt) this.#conclude(verdict, words, code);
    });
  }

  #conclude(verdict: Verdict, words: string, code: number): void {
    if (verdict === 'retry') this.#wait(words);
    else this.#ports.onState({ phase: verdict, words, code });
  }

  #wait(words: string): void {
    const longest = Math.min(FIRST_DELAY_MS * 2 ** this.#attempt, LONGEST_DELAY_MS);
    const delay = longest / 2 + (this.#ports.random() * longest) / 2;
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.connect(), delay);
    this.#ports.onState({ phase: 'waiting', words, retryAt: this.#ports.now() + delay });
  }

  /** Lets go of the current connection: nothing it still says is heard. */
  #release(): WebSocket | undefined {
    const ws = this.#ws;
    if (this.#openedAt !== undefined && this.#ports.now() - this.#openedAt > STEADY_MS) this.#attempt = 0;
    clearInterval(this.#pinger);
    this.#ws = this.#openedAt = this.#pingedAt = undefined;
    this.#listening.abort();
    return ws;
  }
}
