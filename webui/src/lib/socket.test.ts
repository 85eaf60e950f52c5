import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeCredit, encodeStream } from './frames';
import { type SocketState, TerminalSocket } from './socket';
import { closeMeaning, readMessage, type Verdict } from './terminal-messages';

/** A browser's WebSocket whose other end is the test. */
class Wire extends EventTarget {
  static readonly OPEN = 1;
  static all: Wire[] = [];
  readonly sent: unknown[] = [];
  readyState = 0;
  closedWith: number | undefined;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    super();
    Wire.all.push(this);
  }

  send(message: unknown): void {
    this.sent.push(typeof message === 'string' ? JSON.parse(message) : message);
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  open(): void {
    this.readyState = Wire.OPEN;
    this.dispatchEvent(new Event('open'));
  }

  say(data: unknown): void {
    const text = data instanceof ArrayBuffer ? data : JSON.stringify(data);
    this.dispatchEvent(Object.assign(new Event('message'), { data: text }));
  }

  drop(code: number, reason = ''): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
  }
}

/** The newest connection. */
const wire = (): Wire => Wire.all.at(-1) as Wire;

function rig() {
  const states: SocketState[] = [];
  const heard: unknown[] = [];
  const told = { token: 'jwt' as string | null, visible: true, verdict: 'retry' as Verdict, url: '/first' };
  const socket = new TerminalSocket({
    url: () => told.url,
    token: () => told.token,
    onState: (state) => states.push(state),
    onMessage: (message) => heard.push(message),
    onFrame: (frame) => heard.push(frame),
    onRoundTrip: (ms) => heard.push({ ms }),
    diagnose: async () => ({ verdict: told.verdict, words: 'diagnosed' }),
    isVisible: () => told.visible,
    now: () => Date.now(),
    random: () => 1,
  });
  return { socket, states, heard, told, phase: () => states.at(-1)?.phase };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Wire);
  Wire.all = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the socket', () => {
  it('carries the token as a sub-protocol, never in the address', () => {
    const { socket } = rig();
    socket.connect();
    expect(wire().protocols).toEqual(['fairlead.v1', 'bearer', 'jwt']);
    expect(wire().url).toBe('/first');
  });

  it('does not try without a token', () => {
    const { socket, told, states } = rig();
    told.token = null;
    socket.connect();
    expect(Wire.all).toEqual([]);
    expect(states).toEqual([{ phase: 'refused', words: 'You are signed out', code: 4401 }]);
  });

  it('hands over frames and messages, measures the round trip', () => {
    const { socket, heard } = rig();
    socket.connect();
    wire().open();
    expect(wire().sent).toEqual([{ type: 'ping', t: Date.now() }]);
    vi.advanceTimersByTime(30);
    wire().say({ type: 'pong', t: Date.now() - 30 });
    wire().say({ type: 'link', state: 'lost' });
    wire().say({ type: 'from a newer relay' });
    wire().say(encodeStream(5, new Uint8Array([1])).buffer);
    expect(heard).toEqual([
      { ms: 30 },
      { type: 'link', state: 'lost' },
      { kind: 'stream', offset: 5, payload: new Uint8Array([1]) },
    ]);
  });

  it('comes back after a drop, later each time, up to half a minute', () => {
    const { socket, states, told } = rig();
    socket.connect();
    const delays: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      wire().open();
      told.url = `/again-${round}`;
      wire().drop(1006);
      const state = states.at(-1);
      delays.push(state?.phase === 'waiting' ? state.retryAt - Date.now() : -1);
      vi.advanceTimersByTime(delays.at(-1) ?? 0);
      expect(wire().url).toBe(`/again-${round}`);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('begins the back-off anew after a steady connection', () => {
    const { socket, states } = rig();
    socket.connect();
    for (const lived of [0, 0, 11_000]) {
      wire().open();
      vi.advanceTimersByTime(lived / 2);
      wire().say({ type: 'pong', t: Date.now() });
      vi.advanceTimersByTime(lived / 2);
      wire().drop(1001);
      if (lived === 0) socket.connect();
    }
    expect(states.at(-1)).toMatchObject({ phase: 'waiting', retryAt: Date.now() + 500, words: 'The relay is restarting' });
  });

  it.each([4401, 4403, 4404, 4408, 4410, 4429])('stays away after %i and says why', (code) => {
    const { socket, states } = rig();
    socket.connect();
    wire().open();
    wire().drop(code, 'because');
    vi.advanceTimersByTime(120_000);
    expect(states.at(-1)).toMatchObject({ phase: 'refused', code, words: expect.stringMatching(/: because$/) as string });
    expect(Wire.all.length).toBe(1);
  });

  it('is over after 1000', () => {
    const { socket, phase } = rig();
    socket.connect();
    wire().open();
    wire().drop(1000);
    vi.advanceTimersByTime(120_000);
    expect(phase()).toBe('ended');
    expect(Wire.all.length).toBe(1);
  });

  it('asks for the reason when it never opened', async () => {
    const { socket, states, told } = rig();
    told.verdict = 'refused';
    socket.connect();
    wire().drop(1006);
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toEqual({ phase: 'refused', words: 'diagnosed', code: 1006 });
    told.verdict = 'retry';
    socket.connect();
    wire().drop(1006);
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toMatchObject({ phase: 'waiting', words: 'diagnosed' });
  });

  it('drops a line that went silent', () => {
    const { socket, phase } = rig();
    socket.connect();
    wire().open();
    const silent = wire();
    vi.advanceTimersByTime(20_000);
    expect(silent.closedWith).toBe(4400);
    expect(phase()).not.toBe('open');
  });

  it('keeps a hidden page connected without asking for pongs', () => {
    const { socket, phase, told } = rig();
    told.visible = false;
    socket.connect();
    wire().open();
    vi.advanceTimersByTime(600_000);
    expect(wire().sent).toEqual([]);
    expect(phase()).toBe('open');
  });

  it('drops a relay that breaks the dialect', () => {
    const complaint = vi.spyOn(console, 'error').mockReturnValue();
    const { socket, phase } = rig();
    socket.connect();
    wire().open();
    wire().say(new Uint8Array([9, 9]).buffer);
    expect(phase()).toBe('waiting');
    expect(complaint).toHaveBeenCalledOnce();
  });

  it('is silent once closed', () => {
    const { socket, states } = rig();
    socket.connect();
    wire().open();
    const before = states.length;
    socket.close();
    wire().drop(1006);
    socket.connect();
    vi.advanceTimersByTime(120_000);
    expect(wire().closedWith).toBe(1000);
    expect([states.length, Wire.all.length]).toEqual([before, 1]);
  });

  it('sends only while open', () => {
    const { socket } = rig();
    socket.send({ type: 'close' });
    socket.connect();
    socket.send(encodeCredit(2, 5));
    expect(wire().sent).toEqual([]);
  });
});

describe('messages', () => {
  it.each([
    '',
    'null',
    '[]',
    '{"type":"constructor"}',
    '{"type":"exit","code":"0","reason":""}',
    '{"type":"gap","from":5,"to":4}',
    '{"type":"session"}',
    '{"type":"command_output","command_id":"c1","command":"ls","output":"","exit_code":"0"}',
  ])('does not believe %s', (text) => {
    expect(readMessage(text)).toBeUndefined();
  });

  it('reads an exit', () => {
    expect(readMessage('{"type":"exit","code":null,"reason":"killed"}')).toEqual({ type: 'exit', code: null, reason: 'killed' });
  });

  it('reads the answer of a command, also of one that did not end', () => {
    const answer = { type: 'command_output', command_id: 'c1', command: 'make', output: 'cc\n', exit_code: null };
    expect(readMessage(JSON.stringify(answer))).toEqual(answer);
  });

  it('says a reason once', () => {
    expect(closeMeaning(4503, 'the machine is offline').words).toBe('The machine is offline');
    expect(closeMeaning(4503, 'Machine is offline.').words).toBe('The machine is offline');
    expect(closeMeaning(1006, '')).toEqual({ verdict: 'retry', words: 'Connection lost' });
  });
});
