/**
 * The light end of the terminals: the frame of the console knows how many there are without loading the emulator, which is
 * larger than everything else together.
 */

/** What the frame may ask of the terminals once they are loaded. */
export interface Terminals {
  readonly watch: (watcher: () => void) => () => void;
  readonly view: () => { readonly sessions: ReadonlyMap<string, unknown> };
  readonly clear: () => void;
}

let loaded: Terminals | undefined;
const watchers = new Set<() => void>();

export function offerTerminals(terminals: Terminals): void {
  loaded = terminals;
  terminals.watch(tell);
  tell();
}

function tell(): void {
  for (const watcher of watchers) watcher();
}

export function loadedTerminals(): Terminals | undefined {
  return loaded;
}

export function watchTerminalCount(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** How many terminals are open in this tab of the browser. */
export function terminalCount(): number {
  return loaded?.view().sessions.size ?? 0;
}
