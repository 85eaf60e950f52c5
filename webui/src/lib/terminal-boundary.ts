/**
 * Where a snapshot of the screen may be cut. Output arrives in chunks, and the last one may end inside an escape
 * sequence or a character; those bytes had no effect yet and must be asked for again after a reload.
 */

/** A longer unfinished sequence is cut short by a reload: a title or clipboard text, never the screen. */
export const TAIL_BYTES = 4096;

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;

/** How many bytes at the end of `output` belong to a sequence or character that is not complete. */
export function incompleteTail(output: Uint8Array): number {
  const escape = output.lastIndexOf(ESC);
  if (escape >= 0 && !isComplete(output.subarray(escape + 1))) return output.length - escape;
  return incompleteCharacter(output);
}

/** What follows the last ESC: a string up to BEL, CSI up to its final byte, else intermediates and one final byte. */
function isComplete(after: Uint8Array): boolean {
  if (after.some((byte) => byte === CAN || byte === SUB)) return true;
  const introducer = after[0];
  if (introducer === undefined) return false;
  if (']P_^X'.includes(String.fromCharCode(introducer))) return after.includes(BEL);
  const first = introducer === 0x5b ? 1 : 0;
  const isFinal = first === 1 ? (byte: number) => byte >= 0x40 && byte <= 0x7e : (byte: number) => byte >= 0x30 && byte <= 0x7e;
  return after.subarray(first).some(isFinal);
}

/** Bytes of an unfinished UTF-8 character at the end. */
function incompleteCharacter(output: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, output.length); back += 1) {
    const byte = output[output.length - back] ?? 0;
    if (byte >= 0xc0) return back < sequenceLength(byte) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

/** The last TAIL_BYTES of `tail` followed by `chunk`, as a copy that holds no larger buffer. */
export function appendTail(tail: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (chunk.length >= TAIL_BYTES) return chunk.slice(-TAIL_BYTES);
  const kept = tail.subarray(Math.max(0, tail.length + chunk.length - TAIL_BYTES));
  const joined = new Uint8Array(kept.length + chunk.length);
  joined.set(kept);
  joined.set(chunk, kept.length);
  return joined;
}
