/**
 * How much output the relay may send: what the emulator has parsed, plus a window that follows the pace of parsing.
 * About the bytes of the last quarter second may be under way, so that Ctrl-C answers quickly on a slow link.
 */

import { INITIAL_CREDIT_BYTES } from './frames';

export const MIN_WINDOW_BYTES = 64 * 1024;
export const MAX_WINDOW_BYTES = 1024 * 1024;
/** A grant leaves at once when it adds this much; smaller ones wait up to GRANT_DELAY_MS for company. */
export const GRANT_STEP_BYTES = 64 * 1024;
export const GRANT_DELAY_MS = 50;
/** Parsing is measured over this span, or twice the round trip where that is longer. */
const PACE_MS = 250;
const MAX_PACE_MS = 2000;
/** Samples of one moment are added up, so that the list stays short under a flood of small frames. */
const SAMPLE_MS = 10;

export class ReadCredit {
  #granted = 0;
  #parsed = 0;
  #paceMs = PACE_MS;
  readonly #samples: { at: number; bytes: number }[] = [];

  /** The stream begins (again) at `offset`, with the initial credit of the dialect. */
  start(offset: number): void {
    this.#parsed = offset;
    this.#granted = offset + INITIAL_CREDIT_BYTES;
    this.#samples.length = 0;
  }

  /** The shortest round trip seen: a queue on the way must not widen the window. */
  roundTrip(shortestMs: number): void {
    this.#paceMs = Math.min(Math.max(PACE_MS, 2 * shortestMs), MAX_PACE_MS);
  }

  /** The emulator is done up to `offset`. */
  parsedTo(offset: number, now: number): void {
    const bytes = offset - this.#parsed;
    if (bytes <= 0) return;
    this.#parsed = offset;
    const last = this.#samples.at(-1);
    if (last && now - last.at < SAMPLE_MS) last.bytes += bytes;
    else this.#samples.push({ at: now, bytes });
  }

  windowBytes(now: number): number {
    while (this.#samples[0] && this.#samples[0].at < now - this.#paceMs) this.#samples.shift();
    const pace = this.#samples.reduce((sum, sample) => sum + sample.bytes, 0);
    return Math.min(Math.max(pace, MIN_WINDOW_BYTES), MAX_WINDOW_BYTES);
  }

  /** How many bytes a grant would add now; 0 while it would add less than a quarter of the window. */
  gain(now: number): number {
    const window = this.windowBytes(now);
    const gain = this.#parsed + window - this.#granted;
    return gain >= window / 4 ? gain : 0;
  }

  /** The new limit to send. It never shrinks. */
  grant(now: number): number {
    this.#granted += this.gain(now);
    return this.#granted;
  }
}
