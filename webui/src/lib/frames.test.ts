import { describe, expect, it } from 'vitest';
import { CREDIT, DATA, decodeFrame, encodeCredit, encodeStream, FrameError, MAX_PAYLOAD_BYTES, STDERR } from './frames';

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;

describe('frames', () => {
  it('lays out stream bytes as kind, offset, payload', () => {
    expect([...encodeStream(0x0102030405, new Uint8Array([0x41, 0x42]))]).toEqual([DATA, 0, 0, 0, 1, 2, 3, 4, 5, 0x41, 0x42]);
  });

  it('lays out credit as kind, stream, limit', () => {
    expect([...encodeCredit(DATA, 65536)]).toEqual([CREDIT, DATA, 0, 0, 0, 0, 0, 1, 0, 0]);
  });

  it('reads back what it writes', () => {
    const offset = Number.MAX_SAFE_INTEGER - 1;
    expect(decodeFrame(encodeStream(offset, new Uint8Array([7])).buffer)).toEqual({
      kind: 'stream',
      offset,
      payload: new Uint8Array([7]),
    });
    expect(decodeFrame(encodeCredit(DATA, offset).buffer)).toEqual({ kind: 'credit', stream: DATA, limit: offset });
  });

  it.each([
    ['an empty message', bytes()],
    ['an unknown kind', bytes(9, 0)],
    ['a control frame, which travels as text', bytes(1, 0x7b, 0x7d)],
    ['a stream frame without payload', bytes(DATA, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['a short credit frame', bytes(CREDIT, DATA, 0, 0)],
    ['a long credit frame', bytes(CREDIT, DATA, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['credit for a stream that a terminal does not have', bytes(CREDIT, STDERR, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['an offset beyond exact numbers', bytes(DATA, 0x7f, 0, 0, 0, 0, 0, 0, 0, 1)],
    ['too much payload', new Uint8Array(MAX_PAYLOAD_BYTES + 10).fill(DATA, 0, 1).buffer],
  ])('refuses %s', (_, message) => {
    expect(() => decodeFrame(message)).toThrow(FrameError);
  });

  it('does not write an empty or an oversized frame', () => {
    expect(() => encodeStream(0, new Uint8Array(0))).toThrow(RangeError);
    expect(() => encodeStream(0, new Uint8Array(MAX_PAYLOAD_BYTES + 1))).toThrow(RangeError);
  });
});
