/**
 * The console's own keys inside a terminal. Everything else belongs to the shell: Ctrl+K, Ctrl+R, Ctrl+W stay readline's.
 * By `code`, not `key`, where Shift or Alt change the character that a layout produces.
 */

export type Action =
  | { readonly do: 'tab'; readonly index: number }
  | { readonly do: 'split'; readonly direction: 'row' | 'column' }
  | { readonly do: 'font'; readonly step: -1 | 0 | 1 }
  | { readonly do: 'other-pane' }
  | { readonly do: 'close-pane' }
  | { readonly do: 'copy' }
  | { readonly do: 'paste' }
  | PageAction;

/** What needs the page, not only the terminals. */
export interface PageAction {
  /** `leave` takes the keyboard out of the terminal, where Tab belongs to the shell. */
  readonly do: 'new' | 'find' | 'palette' | 'leave';
}

export interface KeyPress {
  readonly type: string;
  readonly code: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
}

const ALT_SHIFT: Readonly<Record<string, Action>> = {
  KeyD: { do: 'split', direction: 'row' },
  Minus: { do: 'split', direction: 'column' },
  KeyO: { do: 'other-pane' },
  KeyW: { do: 'close-pane' },
  KeyN: { do: 'new' },
  KeyP: { do: 'palette' },
  KeyT: { do: 'leave' },
};

const CTRL_SHIFT: Readonly<Record<string, Action>> = {
  KeyF: { do: 'find' },
  KeyC: { do: 'copy' },
  KeyV: { do: 'paste' },
};

const FONT: Readonly<Record<string, Action>> = {
  '+': { do: 'font', step: 1 },
  '=': { do: 'font', step: 1 },
  '-': { do: 'font', step: -1 },
  _: { do: 'font', step: -1 },
  '0': { do: 'font', step: 0 },
};

/** What the console does with this key, or undefined when the shell gets it. */
export function actionOf(press: KeyPress): Action | undefined {
  if (press.type !== 'keydown' || press.metaKey) return undefined;
  if (press.altKey && !press.ctrlKey) return press.shiftKey ? ALT_SHIFT[press.code] : tabAction(press.code);
  if (!press.ctrlKey || press.altKey) return undefined;
  return (press.shiftKey ? CTRL_SHIFT[press.code] : ctrlAction(press)) ?? FONT[press.key];
}

function ctrlAction(press: KeyPress): Action | undefined {
  // Left to the browser, Ctrl+V becomes a paste event; taken by the emulator it would be ^V.
  return press.code === 'KeyV' ? { do: 'paste' } : undefined;
}

function tabAction(code: string): Action | undefined {
  const digit = /^Digit([1-9])$/.exec(code)?.[1];
  return digit === undefined ? undefined : { do: 'tab', index: Number(digit) - 1 };
}

/** The keys in words, in the order people need them. */
export const KEY_GUIDE: readonly (readonly [keys: string, what: string])[] = [
  ['Alt+1 … 9', 'Go to a tab'],
  ['Alt+Shift+N', 'New terminal'],
  ['Alt+Shift+D', 'Split side by side'],
  ['Alt+Shift+-', 'Split one above the other'],
  ['Alt+Shift+O', 'Go to the other pane'],
  ['Alt+Shift+W', 'Close the pane'],
  ['Ctrl+Shift+F', 'Find'],
  ['Ctrl+Shift+C, Ctrl+V', 'Copy, paste'],
  ['Ctrl + / − / 0', 'Text size'],
  ['Alt+Shift+P', 'Go to a machine or page'],
  ['Alt+Shift+T', 'Leave the terminal, to the tabs'],
];
