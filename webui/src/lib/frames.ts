/**
 * The binary messages of the browser's terminal socket (`fairlead.v1`), the same numbers as protocol/frames.py without
 * the channel. This file owns the byte layout and knows no state.
 *
 *     DATA    0x02 · offset u64 · payload        down: terminal output, up: keystrokes
 *     CREDIT  0x04 · stream u8 · limit u64       the writer of `stream` may send up to, not including, byte `limit`
 *
 * All integers are big-endian. Control messages travel as text (terminal-messages.ts), STDERR belongs to commands.
 */

export const CONTROL = 0x01;
export const DATA = 0x02;
export const STDERR = 0x03;
export const CREDIT = 0x04;

/** Largest stream payload of one frame. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;
/** Credit each way before the first CREDIT frame, counted from the offset that `session` names. */
export const INITIAL_CREDIT_BYTES = 256 * 1024;

const DATA_HEAD_BYTES = 9;
const CREDIT_BYTES = 10;

export type Bytes = Uint8Array<ArrayBuffer>;

export interface StreamFrame {
  readonly kind: 'stream';
  readonly offset: number;
  readonly payload: Bytes;
}

export interface CreditFrame {
  readonly kind: 'credit';
  readonly stream: number;
  readonly limit: number;
}

export type Frame = StreamFrame | CreditFrame;

/** The other side sent something that is not exactly one frame. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export function encodeStream(offset: number, payload: Uint8Array): Bytes {
  if (payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES) {
    throw new RangeError(`a payload of ${payload.length} bytes does not fit one frame`);
  }
  const message = new Uint8Array(DATA_HEAD_BYTES + payload.length);
  message[0] = DATA;
  new DataView(message.buffer).setBigUint64(1, BigInt(offset));
  message.set(payload, DATA_HEAD_BYTES);
  return message;
}

export function encodeCredit(stream: number, limit: number): Bytes {
  const message = new Uint8Array(CREDIT_BYTES);
  message[0] = CREDIT;
  message[1] = stream;
  new DataView(message.buffer).setBigUint64(2, BigInt(limit));
  return message;
}

/** One binary message → its frame; the payload is a view, not a copy. Throws FrameError. */
export function decodeFrame(message: ArrayBuffer): Frame {
  const view = new DataView(message);
  const kind = message.byteLength === 0 ? undefined : view.getUint8(0);
  if (kind === DATA) return decodeStream(message, view);
  if (kind === CREDIT) return decodeCredit(message, view);
  throw new FrameError(`unknown frame kind ${kind ?? 'in an empty message'}`);
}

function decodeStream(message: ArrayBuffer, view: DataView): StreamFrame {
  const length = message.byteLength - DATA_HEAD_BYTES;
  if (length <= 0) throw new FrameError('stream frame without payload');
  if (length > MAX_PAYLOAD_BYTES) throw new FrameError(`payload of ${length} bytes is too large`);
  return { kind: 'stream', offset: readOffset(view, 1), payload: new Uint8Array(message, DATA_HEAD_BYTES) };
}

function decodeCredit(message: ArrayBuffer, view: DataView): CreditFrame {
  if (message.byteLength !== CREDIT_BYTES) throw new FrameError('credit frame of the wrong size');
  const stream = view.getUint8(1);
  if (stream !== DATA) throw new FrameError(`credit for unknown stream ${stream}`);
  return { kind: 'credit', stream, limit: readOffset(view, 2) };
}

/** The wire allows 2^63-1; a number is exact up to 2^53-1, nine petabytes of terminal output. */
function readOffset(view: DataView, at: number): number {
  const offset = view.getBigUint64(at);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new FrameError('offset out of range');
  return Number(offset);
}
