/** What addon-serialize 0.14 forgets: a hidden cursor, and how mouse reports are encoded (without which vim's mouse types garbage). */

import type { Terminal } from '@xterm/xterm';

const WATCHED = [25, 1006, 1016];

export class ModeWatch {
  readonly #set = new Map<number, boolean>();

  constructor(terminal: Terminal) {
    const note = (value: boolean) => (params: (number | number[])[]) => {
      for (const param of params) if (typeof param === 'number' && WATCHED.includes(param)) this.#set.set(param, value);
      // Seen, not handled: the emulator does the work.
      return false;
    };
    terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, note(true));
    terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, note(false));
    // Soft and full reset.
    terminal.parser.registerCsiHandler({ intermediates: '!', final: 'p' }, () => this.#reset());
    terminal.parser.registerEscHandler({ final: 'c' }, () => this.#reset());
  }

  /** The sequence that brings the watched modes back in a fresh terminal. */
  sequence(): string {
    return [...this.#set].map(([mode, value]) => `\x1b[?${mode}${value ? 'h' : 'l'}`).join('');
  }

  #reset(): boolean {
    this.#set.clear();
    return false;
  }
}
