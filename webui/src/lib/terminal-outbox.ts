/**
 * Keystrokes on their way to the shell: kept until the relay has surely taken them, so that after a reconnect every
 * byte arrives once. Bounded: what was sent but may not have arrived is limited by the credit, the rest by 64 KiB.
 */

import { type Bytes, INITIAL_CREDIT_BYTES } from './frames';

/** Bytes that may wait beyond the credit, or while there is no connection. */
export const MAX_WAITING_BYTES = 64 * 1024;
/** Small enough that a paste does not hold a keystroke of another session up. */
const MAX_FRAME_BYTES = 16 * 1024;

export interface Outgoing {
  readonly offset: number;
  readonly payload: Bytes;
}

export class Outbox {
  #kept: Bytes = new Uint8Array(1024);
  #base = 0;
  #end = 0;
  #sent = 0;
  #limit = 0;
  #anchored = false;

  /** Bytes that still wait to be sent. */
  get waitingBytes(): number {
    return this.#end - this.#sent;
  }

  /** Takes all of `bytes`, or none and answers false: half a paste would be worse than no paste. */
  offer(bytes: Uint8Array): boolean {
    if (this.#end + bytes.length > Math.max(this.#limit, this.#sent) + MAX_WAITING_BYTES) return false;
    this.#grow(bytes.length);
    this.#kept.set(bytes, this.#end - this.#base);
    this.#end += bytes.length;
    return true;
  }

  /** The next frame that the credit allows, counted as sent. */
  take(): Outgoing | undefined {
    const stop = Math.min(this.#end, this.#limit, this.#sent + MAX_FRAME_BYTES);
    if (stop <= this.#sent) return undefined;
    const offset = this.#sent;
    this.#sent = stop;
    return { offset, payload: this.#kept.slice(offset - this.#base, stop - this.#base) };
  }

  /** The relay may be sent up to `limit`; what lies a whole window below has arrived. */
  credit(limit: number): void {
    if (limit <= this.#limit) return;
    this.#limit = limit;
    this.#forget(Math.min(limit - INITIAL_CREDIT_BYTES, this.#sent));
  }

  /** The same shell goes on, the relay has everything below `inputOffset`. Answers the bytes lost for good (normally 0). */
  resume(inputOffset: number): number {
    if (!this.#anchored || inputOffset > this.#sent) return this.#anchor(inputOffset);
    const lost = Math.max(this.#base - inputOffset, 0);
    if (lost > 0) this.#move(inputOffset);
    this.#forget(inputOffset);
    this.#sent = inputOffset;
    this.#limit = inputOffset + INITIAL_CREDIT_BYTES;
    return lost;
  }

  /** Another shell begins: what was meant for the old one must not be typed into it. */
  restart(inputOffset: number): void {
    this.#base = this.#end = this.#sent = inputOffset;
    this.#limit = inputOffset + INITIAL_CREDIT_BYTES;
    this.#anchored = true;
  }

  /** The connection is gone: nothing more may be sent until `resume`. */
  pause(): void {
    this.#limit = this.#sent;
  }

  /** First word of the relay on where the stream stands: bytes typed ahead follow there. */
  #anchor(inputOffset: number): number {
    this.#forget(this.#sent);
    this.#move(inputOffset);
    this.#sent = inputOffset;
    this.#limit = inputOffset + INITIAL_CREDIT_BYTES;
    this.#anchored = true;
    return 0;
  }

  #move(base: number): void {
    this.#end += base - this.#base;
    this.#base = base;
  }

  #forget(offset: number): void {
    const count = offset - this.#base;
    if (count <= 0) return;
    this.#kept.copyWithin(0, count, this.#end - this.#base);
    this.#base = offset;
  }

  #grow(more: number): void {
    const needed = this.#end - this.#base + more;
    if (needed <= this.#kept.length) return;
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(needed)));
    larger.set(this.#kept.subarray(0, this.#end - this.#base));
    this.#kept = larger;
  }
}
