/**
 * One session's bytes, both ways, by offset: output is written once and in order, credit follows what the emulator has
 * parsed, keystrokes wait for the relay's credit. Knows no socket and no emulator; survives reconnects.
 */

import { appendTail, incompleteTail } from './terminal-boundary';
import { type Bytes, DATA, encodeCredit, encodeStream, type Frame, FrameError } from './frames';
import { GRANT_DELAY_MS, GRANT_STEP_BYTES, ReadCredit } from './terminal-credit';
import type { SessionMessage } from './terminal-messages';
import { Outbox } from './terminal-outbox';

export interface StreamPorts {
  /** One binary message to the relay; only called between `begin` and `pause`. */
  readonly send: (message: Bytes) => void;
  /** Output to the emulator, which calls `parsed` when it is done with it. */
  readonly write: (output: Uint8Array, parsed: () => void) => void;
  readonly now: () => number;
}

/** What a `session` message meant for what is on the screen. */
export interface Beginning {
  /** Output that the relay no longer has, between what we saw and what follows. */
  readonly missed: number;
  /** Keystrokes that were dropped: meant for another shell, or gone for good. */
  readonly unsent: number;
}

export class TerminalStream {
  readonly #ports: StreamPorts;
  readonly #outbox = new Outbox();
  readonly #credit = new ReadCredit();
  #connected = false;
  #received = 0;
  #parsed = 0;
  #tail: Uint8Array = new Uint8Array(0);
  /** Counts shells: the emulator may still answer for output of an earlier one. */
  #life = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: StreamPorts) {
    this.#ports = ports;
  }

  /** Offset of the next output byte: what a resume asks for. */
  get received(): number {
    return this.#received;
  }

  /** Offset up to which the screen is complete: what a snapshot of it stands for. */
  get settled(): number {
    return this.#parsed - incompleteTail(this.#tail);
  }

  get waitingBytes(): number {
    return this.#outbox.waitingBytes;
  }

  /** Bytes received whose parsing is not finished. */
  get unparsedBytes(): number {
    return this.#received - this.#parsed;
  }

  /** A snapshot that reaches up to `offset` is on the screen. */
  restore(offset: number): void {
    this.#received = this.#parsed = offset;
  }

  begin(message: SessionMessage): Beginning {
    this.#connected = true;
    return message.resumed ? this.#resume(message) : this.#restart(message);
  }

  pause(): void {
    this.#connected = false;
    this.#outbox.pause();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  roundTrip(shortestMs: number): void {
    this.#credit.roundTrip(shortestMs);
  }

  /** Keystrokes for the shell; false when the bounded buffer has no room for all of them. */
  type(bytes: Uint8Array): boolean {
    const taken = bytes.length === 0 || this.#outbox.offer(bytes);
    this.#flush();
    return taken;
  }

  /** A frame from the relay. Throws FrameError when output is missing in between. */
  receive(frame: Frame): void {
    if (frame.kind === 'credit') {
      this.#outbox.credit(frame.limit);
      this.#flush();
      return;
    }
    if (frame.offset > this.#received) throw new FrameError(`output jumps from byte ${this.#received} to ${frame.offset}`);
    const fresh = frame.payload.subarray(this.#received - frame.offset);
    if (fresh.length > 0) this.#write(fresh);
  }

  /** The relay no longer has the output below `to`. Answers how many bytes are missing on the screen. */
  skip(to: number): number {
    const missed = to - this.#received;
    if (missed <= 0) return 0;
    this.#life += 1;
    this.#received = this.#parsed = to;
    this.#tail = new Uint8Array(0);
    this.#credit.start(to);
    // The relay counts credit from where it began: say in absolute terms what the new position allows.
    this.#sendCredit(this.#credit.grant(this.#ports.now()));
    return missed;
  }

  #resume(message: SessionMessage): Beginning {
    const unsent = this.#outbox.resume(message.input_offset);
    const missed = this.#received === 0 ? 0 : Math.max(message.output_offset - this.#received, 0);
    if (message.output_offset > this.#received) {
      this.#life += 1;
      this.#received = this.#parsed = message.output_offset;
      this.#tail = new Uint8Array(0);
    }
    // Output received before the drop and not parsed yet counts against the window, as its parsing will be granted.
    this.#credit.start(message.output_offset);
    this.#flush();
    return { missed, unsent };
  }

  #restart(message: SessionMessage): Beginning {
    const unsent = this.#life === 0 ? 0 : this.#outbox.waitingBytes;
    if (this.#life === 0 && this.#received === 0) this.#outbox.resume(message.input_offset);
    else this.#outbox.restart(message.input_offset);
    this.#life += 1;
    this.#received = this.#parsed = message.output_offset;
    this.#tail = new Uint8Array(0);
    this.#credit.start(message.output_offset);
    this.#flush();
    return { missed: 0, unsent };
  }

  #write(output: Uint8Array): void {
    const end = this.#received + output.length;
    const life = this.#life;
    this.#received = end;
    this.#ports.write(output, () => {
      if (life === this.#life) this.#parsedTo(end, output);
    });
  }

  #parsedTo(offset: number, output: Uint8Array): void {
    this.#parsed = offset;
    this.#tail = appendTail(this.#tail, output);
    const now = this.#ports.now();
    this.#credit.parsedTo(offset, now);
    if (!this.#connected) return;
    const gain = this.#credit.gain(now);
    if (gain >= GRANT_STEP_BYTES) this.#grant();
    else if (gain > 0) this.#timer ??= setTimeout(() => this.#grant(), GRANT_DELAY_MS);
  }

  #grant(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = this.#ports.now();
    if (this.#connected && this.#credit.gain(now) > 0) this.#sendCredit(this.#credit.grant(now));
  }

  #sendCredit(limit: number): void {
    if (this.#connected) this.#ports.send(encodeCredit(DATA, limit));
  }

  #flush(): void {
    for (let next = this.#connected ? this.#outbox.take() : undefined; next; next = this.#outbox.take()) {
      this.#ports.send(encodeStream(next.offset, next.payload));
    }
  }
}
