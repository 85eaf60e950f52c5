import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bytes, DATA, decodeFrame, FrameError, INITIAL_CREDIT_BYTES, MAX_PAYLOAD_BYTES } from './frames';
import { MAX_WINDOW_BYTES, MIN_WINDOW_BYTES, ReadCredit } from './terminal-credit';
import type { SessionMessage } from './terminal-messages';
import { MAX_WAITING_BYTES } from './terminal-outbox';
import { TerminalStream } from './terminal-stream';

const KIB = 1024;

function session(change: Partial<SessionMessage> = {}): SessionMessage {
  return {
    type: 'session',
    session_id: 's',
    agent_id: 'a',
    machine_name: 'm',
    cols: 80,
    rows: 24,
    resumed: false,
    output_offset: 0,
    input_offset: 0,
    ...change,
  };
}

/** A relay and an emulator that remember: what was written, which credit was granted, what was typed. */
function rig() {
  let time = 0;
  const sent: Bytes[] = [];
  const parsing: (() => void)[] = [];
  let screen = '';
  const stream = new TerminalStream({
    send: (message) => sent.push(message),
    write: (output, parsed) => {
      screen += new TextDecoder('latin1').decode(output);
      parsing.push(parsed);
    },
    now: () => time,
  });
  const frames = () => sent.map((message) => decodeFrame(message.buffer));
  return {
    stream,
    later: (ms: number) => {
      time += ms;
      vi.advanceTimersByTime(ms);
    },
    output: (offset: number, payload: Uint8Array | string) =>
      stream.receive({ kind: 'stream', offset, payload: typeof payload === 'string' ? encode(payload) : (payload as Bytes) }),
    parse: () => parsing.splice(0).forEach((parsed) => parsed()),
    screen: () => screen,
    typed: () =>
      frames().flatMap((frame) => (frame.kind === 'stream' ? [{ offset: frame.offset, text: decode(frame.payload) }] : [])),
    granted: () => frames().flatMap((frame) => (frame.kind === 'credit' ? [frame.limit] : [])),
    forget: () => sent.splice(0),
  };
}

const encode = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;
const decode = (payload: Uint8Array): string => new TextDecoder().decode(payload);
const zeros = (length: number): Bytes => new Uint8Array(length);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('output', () => {
  it('is written once and in order, whatever overlaps', () => {
    const { stream, output, screen } = rig();
    stream.begin(session());
    output(0, 'abc');
    output(1, 'bcde');
    output(0, 'abc');
    expect(screen()).toBe('abcde');
    expect(stream.received).toBe(5);
  });

  it('refuses a jump', () => {
    const { stream, output } = rig();
    stream.begin(session());
    expect(() => output(1, 'x')).toThrow(FrameError);
  });

  it('goes on after a drop where it stopped, and says what is missing', () => {
    const { stream, output, screen } = rig();
    stream.begin(session());
    output(0, 'abc');
    stream.pause();
    expect(stream.begin(session({ resumed: true, output_offset: 2 }))).toEqual({ missed: 0, unsent: 0 });
    output(2, 'cd');
    expect(screen()).toBe('abcd');
    stream.pause();
    expect(stream.begin(session({ resumed: true, output_offset: 10 }))).toEqual({ missed: 6, unsent: 0 });
    expect(stream.skip(10)).toBe(0);
    expect(stream.skip(15)).toBe(5);
    output(15, 'z');
    expect(screen()).toBe('abcdz');
  });

  it('settles where no sequence is cut', () => {
    const { stream, output, parse } = rig();
    stream.restore(100);
    stream.begin(session({ resumed: true, output_offset: 100 }));
    output(100, 'ab\u001b[3');
    expect(stream.settled).toBe(100);
    parse();
    expect(stream.settled).toBe(102);
    output(105, '1mx');
    parse();
    expect(stream.settled).toBe(108);
  });

  it('ignores the emulator answering for an earlier shell', () => {
    const { stream, output, parse } = rig();
    stream.begin(session());
    output(0, 'old shell');
    stream.pause();
    stream.begin(session());
    parse();
    expect(stream.settled).toBe(0);
  });
});

describe('credit', () => {
  it('follows what is parsed, not what has arrived', () => {
    const { stream, output, parse, granted, later } = rig();
    stream.begin(session());
    for (let offset = 0; offset < INITIAL_CREDIT_BYTES; offset += MAX_PAYLOAD_BYTES) output(offset, zeros(MAX_PAYLOAD_BYTES));
    later(1000);
    expect(granted()).toEqual([]);
    parse();
    expect(granted().at(-1)).toBeGreaterThanOrEqual(INITIAL_CREDIT_BYTES + MIN_WINDOW_BYTES);
  });

  it('gathers small amounts for 50 ms', () => {
    const { stream, output, parse, granted, later } = rig();
    stream.begin(session());
    let offset = 0;
    const feed = (bytes: number): void => {
      output(offset, zeros(bytes));
      offset += bytes;
      parse();
    };
    for (let round = 0; round < 26; round += 1) {
      feed(8 * KIB);
      later(300);
    }
    const [first] = granted();
    expect(first).toBeGreaterThanOrEqual(INITIAL_CREDIT_BYTES + MIN_WINDOW_BYTES / 4);
    expect(granted().length).toBeLessThan(4);
  });

  it('never stalls: what a writer may send is always more than was parsed', () => {
    const { stream, output, parse, granted, later } = rig();
    stream.begin(session());
    let offset = 0;
    for (let round = 0; round < 400; round += 1) {
      const limit = granted().at(-1) ?? INITIAL_CREDIT_BYTES;
      expect(limit).toBeGreaterThan(offset);
      const bytes = Math.min(limit - offset, 1 + ((round * 7919) % MAX_PAYLOAD_BYTES));
      output(offset, zeros(bytes));
      offset += bytes;
      parse();
      later(51);
    }
    expect(offset).toBeGreaterThan(5 * MAX_WINDOW_BYTES);
    expect(granted()).toEqual(granted().toSorted((a, b) => a - b));
  });

  it('has a window between 64 KiB and 1 MiB that follows the pace', () => {
    const credit = new ReadCredit();
    credit.start(0);
    expect(credit.windowBytes(0)).toBe(MIN_WINDOW_BYTES);
    credit.parsedTo(300 * KIB, 10);
    expect(credit.windowBytes(20)).toBe(300 * KIB);
    credit.parsedTo(3000 * KIB, 30);
    expect(credit.windowBytes(40)).toBe(MAX_WINDOW_BYTES);
    expect(credit.windowBytes(1000)).toBe(MIN_WINDOW_BYTES);
  });
});

describe('keystrokes', () => {
  it('typed ahead leave with the first session message', () => {
    const { stream, typed } = rig();
    expect(stream.type(encode('ls'))).toBe(true);
    expect(typed()).toEqual([]);
    stream.begin(session());
    stream.type(encode('\r'));
    expect(typed()).toEqual([
      { offset: 0, text: 'ls' },
      { offset: 2, text: '\r' },
    ]);
  });

  it('arrive once: a reconnect sends again from where the relay stands', () => {
    const { stream, typed, forget } = rig();
    stream.begin(session());
    stream.type(encode('abcdef'));
    stream.pause();
    stream.type(encode('gh'));
    expect(stream.waitingBytes).toBe(2);
    forget();
    expect(stream.begin(session({ resumed: true, input_offset: 4 }))).toEqual({ missed: 0, unsent: 0 });
    expect(typed()).toEqual([{ offset: 4, text: 'efgh' }]);
  });

  it('of a page that was reloaded begin where the relay stands', () => {
    const { stream, typed } = rig();
    stream.restore(50);
    stream.type(encode('x'));
    stream.begin(session({ resumed: true, output_offset: 50, input_offset: 1000 }));
    expect(typed()).toEqual([{ offset: 1000, text: 'x' }]);
  });

  it('meant for a shell that is gone are not typed into the next one', () => {
    const { stream, typed, forget } = rig();
    stream.begin(session());
    stream.pause();
    stream.type(encode('rm -rf build\r'));
    forget();
    expect(stream.begin(session())).toEqual({ missed: 0, unsent: 13 });
    stream.type(encode('a'));
    expect(typed()).toEqual([{ offset: 0, text: 'a' }]);
  });

  it('wait for credit beyond 256 KiB, and are refused whole when 64 KiB wait', () => {
    const { stream, typed } = rig();
    const sentBytes = () => typed().reduce((sum, frame) => sum + frame.text.length, 0);
    stream.begin(session());
    expect(stream.type(encode('x'.repeat(INITIAL_CREDIT_BYTES)))).toBe(true);
    expect(stream.type(encode('y'.repeat(MAX_WAITING_BYTES)))).toBe(true);
    expect(stream.type(encode('z'))).toBe(false);
    expect(sentBytes()).toBe(INITIAL_CREDIT_BYTES);
    stream.receive({ kind: 'credit', stream: DATA, limit: INITIAL_CREDIT_BYTES + 100 });
    expect(sentBytes()).toBe(INITIAL_CREDIT_BYTES + 100);
    stream.receive({ kind: 'credit', stream: DATA, limit: INITIAL_CREDIT_BYTES });
    expect(sentBytes()).toBe(INITIAL_CREDIT_BYTES + 100);
    stream.pause();
    expect(stream.type(encode('z'.repeat(101)))).toBe(false);
    expect(stream.type(encode('z'.repeat(100)))).toBe(true);
  });
});
