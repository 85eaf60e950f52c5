/**
 * One xterm.js terminal with our policy built in. A machine is hostile to whoever looks at it: what its output may make a
 * page do is decided here, and nowhere else. Knows no session and no socket.
 */

import './style-attributes';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { SerializeAddon } from '@xterm/addon-serialize';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import { clipboardWrite } from '@/lib/osc52';
import { type Action, actionOf } from '@/lib/terminal-keys';
import { preferences } from '@/lib/terminal-preferences';
import { type Scheme, themeFor } from '@/lib/terminal-theme';
import { ModeWatch } from './modes';

export const FONT_FAMILY = "'JetBrains Mono Variable', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
const SCROLLBACK_LINES = 5000;
/** Enough for a screen and some history; 21 ms and about 100 kB to write. */
const SNAPSHOT_LINES = 1000;
/** What is tried when the storage is full. */
const SMALL_SNAPSHOT_LINES = 0;

export interface EmulatorPorts {
  readonly cols: number;
  readonly rows: number;
  readonly scheme: Scheme;
  /** Keystrokes and the emulator's answers to queries. */
  readonly onInput: (bytes: Uint8Array) => void;
  readonly onResize: (cols: number, rows: number) => void;
  readonly onTitle: (title: string) => void;
  /** A program wants this on the clipboard. */
  readonly onClipboard: (text: string) => void;
  readonly onLink: (uri: string) => void;
  readonly onAction: (action: Action) => void;
}

export class Emulator {
  readonly terminal: Terminal;
  readonly search = new SearchAddon();
  readonly #fit = new FitAddon();
  readonly #serialize = new SerializeAddon();
  readonly #modes: ModeWatch;

  constructor(ports: EmulatorPorts) {
    this.terminal = new Terminal(options(ports));
    this.#modes = new ModeWatch(this.terminal);
    this.terminal.loadAddon(this.#fit);
    this.terminal.loadAddon(this.search);
    this.terminal.loadAddon(this.#serialize);
    this.terminal.loadAddon(new UnicodeGraphemesAddon());
    this.terminal.loadAddon(new WebLinksAddon((_event, uri) => ports.onLink(uri)));
    connect(this.terminal, ports);
  }

  /** Makes the terminal as large as its element, where that is visible. */
  fit(): void {
    const size = this.#fit.proposeDimensions();
    if (!size || !Number.isFinite(size.cols) || !Number.isFinite(size.rows)) return;
    const cols = Math.min(Math.max(size.cols, 2), 1000);
    const rows = Math.min(Math.max(size.rows, 1), 1000);
    if (cols !== this.terminal.cols || rows !== this.terminal.rows) this.terminal.resize(cols, rows);
  }

  /** The screen as escape sequences that draw it again in a terminal of the same size. */
  serialized(size: 'full' | 'small'): string {
    const scrollback = size === 'full' ? SNAPSHOT_LINES : SMALL_SNAPSHOT_LINES;
    return this.#serialize.serialize({ scrollback }) + this.#modes.sequence();
  }

  /** All text of the active buffer, one line per row, wrapped rows joined, without the empty rows at the end. */
  text(): string {
    const { active } = this.terminal.buffer;
    let text = '';
    for (let row = 0; row < active.length; row += 1) {
      const line = active.getLine(row);
      text += (row === 0 || line?.isWrapped ? '' : '\n') + (line?.translateToString(true) ?? '');
    }
    return text.trimEnd();
  }

  /** Another font or another size of it: the cells change, and with them how many fit. */
  setFont(fontSize: number): void {
    this.terminal.options.fontSize = fontSize;
    this.fit();
  }

  /** Attaches the emulator to its element; cells measured before the web font came are measured again. */
  open(element: HTMLElement): void {
    this.terminal.open(element);
    const font = `${this.terminal.options.fontSize}px ${FONT_FAMILY}`;
    if (!document.fonts.check(font)) void document.fonts.load(font).then(() => this.#remeasure());
  }

  #remeasure(): void {
    // Only a change of the option makes xterm.js measure again.
    this.terminal.options.fontFamily = 'monospace';
    this.terminal.options.fontFamily = FONT_FAMILY;
    this.terminal.clearTextureAtlas();
    this.fit();
  }

  setScreenReader(on: boolean): void {
    this.terminal.options.screenReaderMode = on;
  }

  setScheme(scheme: Scheme): void {
    this.terminal.options.theme = themeFor(scheme);
  }

  /** Leaves what a program left behind: full screen, mouse reports, half a sequence. What was shown stays above. */
  settle(): void {
    // CAN ends a sequence; then the modes that a dead program could leave on, one by one, and a soft reset. Leaving the
    // full screen also goes back to the cursor kept when it was entered: where none was, ESC 7 keeps the one of now.
    this.terminal.write('\x18\x1b7\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?25h\x1b[!p\x1b[0m');
    if (this.terminal.buffer.active.cursorX > 0) this.terminal.write('\r\n');
  }

  /** A line of ours between two shells, which stays when people come back to it hours later. */
  separate(words: string): void {
    this.settle();
    this.terminal.write(`\x1b[2m${words}\x1b[0m\r\n`);
  }
}

function options(ports: EmulatorPorts): ConstructorParameters<typeof Terminal>[0] {
  const { fontSize, screenReader } = preferences();
  return {
    cols: ports.cols,
    rows: ports.rows,
    // Search marks and grapheme widths are still "proposed" in xterm.js 6.
    allowProposedApi: true,
    fontFamily: FONT_FAMILY,
    fontSize,
    theme: themeFor(ports.scheme),
    minimumContrastRatio: 4.5,
    scrollback: SCROLLBACK_LINES,
    screenReaderMode: screenReader,
    cursorInactiveStyle: 'outline',
    rightClickSelectsWord: false,
    // Window reports (CSI t) stay off: they would type their answer into the shell.
    windowOptions: {},
    linkHandler: { activate: (_event, uri) => ports.onLink(uri), allowNonHttpProtocols: false },
  };
}

function connect(terminal: Terminal, ports: EmulatorPorts): void {
  const encoder = new TextEncoder();
  terminal.onData((text) => ports.onInput(encoder.encode(text)));
  terminal.onBinary((text) => ports.onInput(Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff)));
  terminal.onResize(({ cols, rows }) => ports.onResize(cols, rows));
  terminal.onTitleChange(ports.onTitle);
  terminal.parser.registerOscHandler(52, (body) => {
    const text = clipboardWrite(body);
    if (text !== undefined) ports.onClipboard(text);
    return true;
  });
  terminal.attachCustomKeyEventHandler((event) => {
    const action = actionOf(event);
    if (!action) return true;
    // The browser makes the paste event itself, if it sees the key.
    if (action.do !== 'paste') {
      event.preventDefault();
      event.stopPropagation();
      ports.onAction(action);
    }
    return false;
  });
}
