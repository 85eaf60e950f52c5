import { describe, expect, it } from 'vitest';
import { appendTail, incompleteTail, TAIL_BYTES } from './terminal-boundary';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the cut of a snapshot', () => {
  it.each([
    ['plain text', 'hello', 0],
    ['nothing', '', 0],
    ['a lone ESC', 'ab\u001b', 1],
    ['an unfinished colour', 'ab\u001b[38;5;2', 8],
    ['a finished colour', 'ab\u001b[38;5;208m', 0],
    ['a finished colour and text', 'ab\u001b[0mcd', 0],
    ['an unfinished title', '\u001b]0;my ti', 9],
    ['a title ended by BEL', '\u001b]0;title\u0007', 0],
    ['a title ended by ST', '\u001b]0;title\u001b\\', 0],
    ['half an ST', 'x\u001b]0;t\u001b', 1],
    ['a cancelled sequence', '\u001b[12\u0018', 0],
    ['a charset without its letter', '\u001b(', 2],
    ['a charset', '\u001b(B', 0],
    ['an unfinished DCS', '\u001bP+q', 4],
    ['save cursor', '\u001b7', 0],
  ])('sees %s', (_, text, incomplete) => {
    expect(incompleteTail(encode(text))).toBe(incomplete);
  });

  it('never cuts a character', () => {
    const rocket = encode('a🚀');
    expect([5, 4, 3, 2, 1].map((length) => incompleteTail(rocket.subarray(0, length)))).toEqual([0, 3, 2, 1, 0]);
    expect(incompleteTail(encode('é').subarray(0, 1))).toBe(1);
    expect(incompleteTail(encode('漢'))).toBe(0);
    expect(incompleteTail(new Uint8Array([0x80, 0x80, 0x80, 0x80]))).toBe(0);
  });

  it('remembers the last bytes over chunks', () => {
    const tail = appendTail(appendTail(encode('x'.repeat(TAIL_BYTES)), encode('\u001b[3')), encode('8;5'));
    expect(tail.length).toBe(TAIL_BYTES);
    expect(incompleteTail(tail)).toBe(6);
    expect(appendTail(tail, encode('y'.repeat(TAIL_BYTES + 5))).length).toBe(TAIL_BYTES);
  });
});
