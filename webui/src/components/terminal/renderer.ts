/**
 * WebGL for the panes on screen. Chromium allows 16 contexts a page, and the addon's dispose does not release its own
 * (xterm.js #6068): each unmount therefore gives the context back by hand. Without WebGL the DOM renderer stays.
 */

import { WebglAddon } from '@xterm/addon-webgl';
import type { Terminal } from '@xterm/xterm';
import { preferences } from '@/lib/terminal-preferences';

/** Draws with WebGL until the returned function is called; undefined where that is not possible. `lost` is told when the driver ends it. */
export function mountWebgl(terminal: Terminal, lost: () => void): (() => void) | undefined {
  if (preferences().renderer === 'dom') return undefined;
  const before = new Set(canvases(terminal));
  const addon = new WebglAddon();
  try {
    terminal.loadAddon(addon);
  } catch {
    addon.dispose();
    return undefined;
  }
  const ours = canvases(terminal).filter((canvas) => !before.has(canvas));
  const subscription = addon.onContextLoss(() => {
    addon.dispose();
    lost();
  });
  return () => {
    subscription.dispose();
    addon.dispose();
    for (const canvas of ours) canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
  };
}

function canvases(terminal: Terminal): HTMLCanvasElement[] {
  return [...(terminal.element?.querySelectorAll('canvas') ?? [])];
}
