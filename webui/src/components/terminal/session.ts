/**
 * One terminal of the person's: an emulator, the stream of bytes and the socket, tied together. Lives outside the page
 * tree, so that leaving the page or losing the line costs nothing. React reads `view`, an immutable picture of the state.
 */

import { TerminalSocket, type SocketState } from '@/lib/socket';
import type { Action } from '@/lib/terminal-keys';
import type { DownMessage, SessionMessage } from '@/lib/terminal-messages';
import type { KeptSession, Snapshot } from '@/lib/terminal-storage';
import { TerminalStream } from '@/lib/terminal-stream';
import type { Scheme } from '@/lib/terminal-theme';
import { linkTarget, tabTitle } from '@/lib/terminal-title';
import { cleanPaste, needsConsent } from '@/lib/paste';
import { byteCount } from '@/lib/terminal-format';
import { copyText } from './clipboard';
import { Emulator } from './emulator';
import { mountWebgl } from './renderer';
import { diagnoseMachine, knownName, newSessionId, socketUrl, token } from './relay';
import { FIRST_VIEW, type Notice, type SessionView, withAnswer, withoutAnswer } from './view';

/** How long after a resume without a snapshot the relay's ring is taken for history, not news. */
const HISTORY_MS = 500;
/** What an emulator answers to queries: attributes, cursor position, modes, settings, colours, focus. */
// oxlint-disable-next-line no-control-regex -- these are control sequences
const ANSWER = /^\x1b(\[[?>]?[\d;]*[cnR]|\[\??[\d;]+\$y|\[[IO]|[P\]][^]*)$/;
/** Byte counts change with every frame: the status bar follows at this pace. */
const COUNT_MS = 250;

export interface SessionHost {
  readonly scheme: () => Scheme;
  readonly onAction: (action: Action) => void;
  readonly onChange: () => void;
  /** Something worth keeping over a reload changed. */
  readonly onPersist: () => void;
}

export class TerminalSession {
  readonly key: string;
  readonly agentId: string;
  readonly emulator: Emulator;
  /** The emulator's element: moves between the panes that show it. */
  readonly element: HTMLElement;
  readonly #host: SessionHost;
  #stream: TerminalStream;
  #socket: TerminalSocket | undefined;
  #begun = false;
  #shortestMs = Infinity;
  #historyUntil = 0;
  #unmount: (() => void) | undefined;
  #counting: ReturnType<typeof setTimeout> | undefined;
  #view: SessionView;

  constructor(key: string, agentId: string, host: SessionHost, kept?: KeptSession, snapshot?: Snapshot) {
    this.key = key;
    this.agentId = agentId;
    this.#host = host;
    const machineName = kept?.machineName ?? knownName(agentId) ?? agentId;
    this.#view = { ...FIRST_VIEW, key, agentId, sessionId: kept?.sessionId ?? newSessionId(), machineName, title: tabTitle(machineName, '') };
    this.element = document.createElement('div');
    this.element.className = 'fl-terminal-host';
    this.emulator = this.#buildEmulator(snapshot);
    this.#stream = this.#buildStream();
    this.#guardPaste();
    if (kept) this.#restore(kept, snapshot);
  }

  get view(): SessionView {
    return this.#view;
  }

  /** What a reload needs to pick this terminal up again. */
  get kept(): KeptSession {
    const { sessionId, machineName, phase, words, programTitle } = this.#view;
    const over = phase === 'ended' || phase === 'refused' ? words : null;
    return { key: this.key, sessionId, agentId: this.agentId, machineName, title: programTitle, begun: this.#begun, over };
  }

  snapshot(size: 'full' | 'small'): Snapshot {
    const { cols, rows } = this.emulator.terminal;
    const screen = this.emulator.serialized(size);
    return { sessionId: this.#view.sessionId, offset: this.#stream.settled, cols, rows, screen };
  }

  /** Shows the terminal in `place` until the returned function is called. */
  mount(place: HTMLElement): () => void {
    place.append(this.element);
    if (!this.emulator.terminal.element) this.emulator.open(this.element);
    this.#unmount?.();
    this.#unmount = mountWebgl(this.emulator.terminal, () => this.#set({ renderer: 'dom' }));
    this.#set({ renderer: this.#unmount ? 'webgl' : 'dom', unread: false });
    this.emulator.fit();
    if (this.#view.phase === 'new') this.connect();
    return () => this.#unmountFrom(place);
  }

  /** Connects, reconnects at once, or takes a session back that another window took over. */
  connect(): void {
    this.#socket ??= this.#buildSocket();
    this.#socket.connect();
  }

  /** The person asks for the line: at once, and with the keyboard back in the terminal. */
  reconnect(): void {
    this.connect();
    this.focus();
  }

  /** A new shell on the same machine in the same pane, below what is on the screen. */
  openAgain(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#begun = false;
    this.emulator.settle();
    this.#stream = this.#buildStream();
    this.#set({ sessionId: newSessionId(), exit: null, notice: null, answers: [], bytes: 0, linkLost: false, roundTripMs: null, programTitle: '' });
    this.#host.onPersist();
    this.reconnect();
  }

  /** Ends the shell for good and lets go of everything. */
  close(): void {
    this.#socket?.send({ type: 'close' });
    this.dispose();
  }

  dispose(): void {
    this.#socket?.close();
    this.#stream.pause();
    clearTimeout(this.#counting);
    this.#unmount?.();
    this.#unmount = undefined;
    this.emulator.terminal.dispose();
    this.element.remove();
  }

  focus(): void {
    this.emulator.terminal.focus();
  }

  /** Pastes clipboard text by the rules of paste.ts; what would run at once waits for the person's word. */
  paste(text: string): void {
    const clean = cleanPaste(text);
    if (clean === '' || this.#view.readOnly) return;
    if (needsConsent(clean, this.emulator.terminal.modes.bracketedPasteMode)) this.#notify({ kind: 'paste', text: clean });
    else this.#pasteNow(clean);
  }

  /** The person's answer to the notice on screen. */
  answer(agreed: boolean): void {
    const { notice } = this.#view;
    this.#set({ notice: null });
    if (agreed && notice?.kind === 'paste') this.#pasteNow(notice.text);
    if (agreed && notice?.kind === 'link') window.open(notice.target, '_blank', 'noopener,noreferrer');
    if (agreed && notice?.kind === 'copy') void this.#copy(notice.text);
    this.focus();
  }

  /** Takes news off the screen, if it is still this news. */
  dismiss(words: string): void {
    if (this.#view.notice?.kind === 'words' && this.#view.notice.words === words) this.#set({ notice: null });
  }

  /** Takes the answer of a command sent over the API off the screen. */
  dismissAnswer(commandId: string): void {
    this.#set({ answers: withoutAnswer(this.#view.answers, commandId) });
    this.focus();
  }

  async copySelection(): Promise<void> {
    const text = this.emulator.terminal.getSelection();
    if (text !== '') await copyText(text);
  }

  #buildEmulator(snapshot: Snapshot | undefined): Emulator {
    return new Emulator({
      cols: snapshot?.cols ?? 80,
      rows: snapshot?.rows ?? 24,
      scheme: this.#host.scheme(),
      onInput: (bytes) => this.#type(bytes),
      onResize: (cols, rows) => {
        this.#socket?.send({ type: 'resize', cols, rows });
        this.#set({ cols, rows });
      },
      onTitle: (programTitle) => this.#retitle({ programTitle }),
      onClipboard: (text) => void this.#machineCopies(text),
      onLink: (uri) => {
        const target = linkTarget(uri);
        if (target !== undefined) this.#notify({ kind: 'link', target });
      },
      onAction: (action) => this.#host.onAction(action),
    });
  }

  #buildStream(): TerminalStream {
    return new TerminalStream({
      send: (message) => this.#socket?.send(message),
      write: (output, parsed) => this.emulator.terminal.write(output, parsed),
      now: () => performance.now(),
    });
  }

  #buildSocket(): TerminalSocket {
    return new TerminalSocket({
      url: () => {
        const { cols, rows } = this.emulator.terminal;
        const resume = this.#begun ? this.#stream.received : null;
        return socketUrl({ agentId: this.agentId, sessionId: this.#view.sessionId, cols, rows, resume });
      },
      token,
      onState: (state) => this.#connection(state),
      onMessage: (message) => this.#message(message),
      onFrame: (frame) => {
        this.#stream.receive(frame);
        if (frame.kind === 'stream') this.#counted();
      },
      onRoundTrip: (roundTripMs) => {
        this.#shortestMs = Math.min(this.#shortestMs, roundTripMs);
        this.#stream.roundTrip(this.#shortestMs);
        this.#set({ roundTripMs });
      },
      diagnose: () => diagnoseMachine(this.agentId),
      isVisible: () => document.visibilityState === 'visible',
      now: () => Date.now(),
      random: () => Math.random(),
    });
  }

  #restore(kept: KeptSession, snapshot: Snapshot | undefined): void {
    const { cols, rows } = this.emulator.terminal;
    this.#begun = kept.begun;
    this.#set({ cols, rows });
    this.#retitle({ programTitle: kept.title });
    if (snapshot?.sessionId === kept.sessionId) {
      this.emulator.terminal.write(snapshot.screen);
      this.#stream.restore(snapshot.offset);
      this.#set({ bytes: snapshot.offset });
    }
    if (kept.over !== null) this.#set({ phase: 'ended', words: kept.over });
    else this.connect();
  }

  #connection(state: SocketState): void {
    if (state.phase === 'open') return;
    this.#stream.pause();
    const words = 'words' in state ? state.words : '';
    const retryAt = state.phase === 'waiting' ? state.retryAt : null;
    const over = state.phase === 'ended' || state.phase === 'refused';
    // An exit code says more than a close code; without one the close code says more than the exit.
    const code = this.#view.exit?.code;
    const said = over && typeof code === 'number' ? `The shell ended with code ${code}` : null;
    this.#set({ phase: state.phase, words: said ?? words, retryAt, roundTripMs: null });
    // The page's list of machines may have come since.
    if (this.#view.machineName === this.agentId) this.#retitle({ machineName: knownName(this.agentId) ?? this.agentId });
    if (over) {
      this.#socket?.close();
      this.#socket = undefined;
      this.#host.onPersist();
    }
  }

  #message(message: DownMessage): void {
    if (message.type === 'session') this.#begin(message);
    if (message.type === 'gap') this.#missed(this.#stream.skip(message.to));
    if (message.type === 'link') this.#set({ linkLost: message.state === 'lost' });
    if (message.type === 'error') this.#notify({ kind: 'words', words: message.error });
    if (message.type === 'info') this.#notify({ kind: 'words', words: message.message });
    if (message.type === 'command_output') this.#set({ answers: withAnswer(this.#view.answers, message) });
    if (message.type === 'exit') this.#set({ exit: { code: message.code, reason: message.reason } });
  }

  #begin(message: SessionMessage): void {
    const again = this.#begun && !message.resumed;
    if (message.resumed && this.#stream.received === 0) this.#historyUntil = performance.now() + HISTORY_MS;
    if (again) this.emulator.separate('The earlier shell is gone; this is a new one.');
    const { missed, unsent } = this.#stream.begin(message);
    this.#begun = true;
    const { session_id: sessionId, read_only: readOnly = false, access = null } = message;
    this.#set({ phase: 'live', words: '', retryAt: null, exit: null, linkLost: false, sessionId, readOnly, access });
    this.#retitle({ machineName: message.machine_name });
    if (unsent > 0) this.#notify({ kind: 'words', words: `${byteCount(unsent)} of typing did not arrive.` });
    this.#missed(missed);
    const { cols, rows } = this.emulator.terminal;
    if (cols !== message.cols || rows !== message.rows) this.#socket?.send({ type: 'resize', cols, rows });
    this.#host.onPersist();
  }

  #missed(bytes: number): void {
    if (bytes <= 0) return;
    this.#notify({ kind: 'words', words: `${byteCount(bytes)} of output came while you were away and are not kept.` });
    // What is missing may have drawn half a screen: a change of size makes full-screen programs draw all of it.
    const { cols, rows } = this.emulator.terminal;
    this.#socket?.send({ type: 'resize', cols, rows: Math.max(rows - 1, 1) });
    this.#socket?.send({ type: 'resize', cols, rows });
  }

  #type(bytes: Uint8Array): void {
    const { phase, readOnly } = this.#view;
    // A query in old output was answered when it was new; the shell would take a second answer for typing.
    if (performance.now() < this.#historyUntil && ANSWER.test(new TextDecoder().decode(bytes))) return;
    if (readOnly || phase === 'ended' || phase === 'refused') return;
    if (!this.#stream.type(bytes)) this.#notify({ kind: 'words', words: 'Too much is waiting to be sent; this was not.' });
    if (phase !== 'live') this.#set({ waitingBytes: this.#stream.waitingBytes });
  }

  #pasteNow(clean: string): void {
    this.emulator.terminal.paste(clean);
  }

  /** Before xterm sees it: its own handler would let `ESC[201~` through. */
  #guardPaste(): void {
    this.element.addEventListener(
      'paste',
      (event) => {
        event.preventDefault();
        event.stopPropagation();
        this.paste(event.clipboardData?.getData('text/plain') ?? '');
      },
      { capture: true },
    );
    // Dropped text would reach the helper textarea without any of this.
    this.element.addEventListener('drop', (event) => event.preventDefault(), { capture: true });
  }

  async #machineCopies(text: string): Promise<void> {
    // Only the terminal in use may touch the clipboard unasked.
    const inUse = document.hasFocus() && this.element.contains(document.activeElement);
    if (inUse) await this.#copy(text);
    else this.#notify({ kind: 'copy', text });
  }

  async #copy(text: string): Promise<void> {
    const copied = await copyText(text);
    const words = `${this.#view.machineName} put ${[...text].length} characters on your clipboard.`;
    this.#notify(copied ? { kind: 'words', words } : { kind: 'copy', text });
  }

  #retitle(change: { programTitle?: string; machineName?: string }): void {
    const { machineName, programTitle } = { ...this.#view, ...change };
    this.#set({ machineName, programTitle, title: tabTitle(machineName, programTitle) });
  }

  /** A question to the person is not pushed away by mere news. */
  #notify(notice: Notice): void {
    if (notice.kind === 'words' && this.#view.notice && this.#view.notice.kind !== 'words') return;
    this.#set({ notice });
  }

  #counted(): void {
    this.#counting ??= setTimeout(() => {
      this.#counting = undefined;
      this.#set({ bytes: this.#stream.received, unread: !this.element.isConnected });
    }, COUNT_MS);
  }

  #unmountFrom(place: HTMLElement): void {
    this.#unmount?.();
    this.#unmount = undefined;
    if (this.element.parentElement === place) this.element.remove();
  }

  #set(change: Partial<SessionView>): void {
    const waitingBytes = this.#stream?.waitingBytes ?? 0;
    this.#view = { ...this.#view, waitingBytes, ...change };
    this.#host.onChange();
  }
}
