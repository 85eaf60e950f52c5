/** The emulator's colours, beside the page's: sixteen that stay readable on each ground (xterm lifts what falls below 4.5:1). */

import type { ITheme } from '@xterm/xterm';

const DARK: ITheme = {
  background: '#080c11',
  foreground: '#d9e2ea',
  cursor: '#38c2a1',
  cursorAccent: '#080c11',
  selectionBackground: '#2b5f6b99',
  black: '#263140',
  red: '#f07178',
  green: '#7fd88f',
  yellow: '#e8b64a',
  blue: '#6cb2ff',
  magenta: '#c99bf5',
  cyan: '#56d3d8',
  white: '#c3cdd6',
  brightBlack: '#75838f',
  brightRed: '#ff9ba0',
  brightGreen: '#a5ebb0',
  brightYellow: '#f5d67f',
  brightBlue: '#9ccaff',
  brightMagenta: '#debcff',
  brightCyan: '#8be9ed',
  brightWhite: '#ffffff',
};

const LIGHT: ITheme = {
  background: '#ffffff',
  foreground: '#1c2228',
  cursor: '#0b7a63',
  cursorAccent: '#ffffff',
  selectionBackground: '#9fd8ea99',
  black: '#1c2228',
  red: '#b3212e',
  green: '#1a7035',
  yellow: '#8a5200',
  blue: '#0b57b8',
  magenta: '#8a2fa8',
  cyan: '#00707a',
  white: '#6a7683',
  brightBlack: '#5c6975',
  brightRed: '#c9303d',
  brightGreen: '#1f8440',
  brightYellow: '#9a6200',
  brightBlue: '#2068cc',
  brightMagenta: '#9b45b8',
  brightCyan: '#067f8a',
  brightWhite: '#323b44',
};

export type Scheme = 'dark' | 'light';

export function themeFor(scheme: Scheme): ITheme {
  return scheme === 'dark' ? DARK : LIGHT;
}

/** Marks for found text; the active one is told by its border too, not by colour alone. */
export const FIND_MARKS = {
  dark: { matchBackground: '#4a3f12', activeMatchBackground: '#8a6a00', activeMatchBorder: '#ffe08a' },
  light: { matchBackground: '#ffe9a8', activeMatchBackground: '#ffc83d', activeMatchBorder: '#7a4b00' },
} as const;
