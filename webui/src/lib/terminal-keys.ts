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
  readonly do: 'new' | 'find' | 'palette';
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
