/**
 * All terminals of this tab of the browser and where they stand. One for the page, made when the first terminal is needed;
 * picks up what a reload left, keeps everything for the next one, and forgets it at sign-out.
 */

import {
  activateTab,
  activeTab,
  addTab,
  type Direction,
  EMPTY,
  focusOther,
  focusPane,
  type Layout,
  MAX_PANES,
  removePane,
  splitTab,
} from '@/lib/terminal-layout';
import { type Action, actionOf, type PageAction } from '@/lib/terminal-keys';
import { clampFont, DEFAULT_FONT_SIZE, keepPreferences, preferences } from '@/lib/terminal-preferences';
import { forgetTerminals, keepSnapshot, keepTerminals, keptTerminals, takeSnapshot } from '@/lib/terminal-storage';
import type { Scheme } from '@/lib/terminal-theme';
import { offerTerminals } from './registry';
import { TerminalSession } from './session';
import type { SessionView } from './view';

/** One page, one person: more would be a mistake or an attack on the relay's own cap. */
export const MAX_TERMINALS = 20;

/** What the page shows; a new object after every change. */
export interface TerminalsView {
  readonly layout: Layout;
  readonly sessions: ReadonlyMap<string, SessionView>;
}

export class TerminalStore {
  readonly #sessions = new Map<string, TerminalSession>();
  readonly #watchers = new Set<() => void>();
  #layout: Layout = EMPTY;
  #view: TerminalsView = { layout: EMPTY, sessions: new Map() };
  #nextKey = 1;
  /** The page, while it is shown. */
  onPageAction: ((action: PageAction) => void) | undefined;

  constructor() {
    this.#pickUp();
    window.addEventListener('pagehide', () => this.#keepScreens());
    window.addEventListener('online', () => this.#reconnect());
    document.addEventListener('visibilitychange', () => this.#reconnect());
    document.addEventListener('keydown', (event) => this.#keyOutside(event));
    new MutationObserver(() => this.#recolour()).observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  readonly view = (): TerminalsView => this.#view;

  session(key: string): TerminalSession | undefined {
    return this.#sessions.get(key);
  }

  /** The terminal that has the keyboard. */
  get focused(): TerminalSession | undefined {
    return this.#sessions.get(activeTab(this.#layout)?.focused ?? '');
  }

  get isFull(): boolean {
    return this.#sessions.size >= MAX_TERMINALS;
  }

  /** A new terminal in a new tab; false when there are too many. */
  open(agentId: string): boolean {
    if (this.isFull) return false;
    this.#place(addTab(this.#layout, this.#make(agentId).key));
    return true;
  }

  /** A second terminal on the same machine, beside or below the one in use. */
  split(direction: Direction): void {
    const tab = activeTab(this.#layout);
    const beside = this.focused;
    if (!tab || !beside || tab.panes.length >= MAX_PANES || this.isFull) return;
    this.#place(splitTab(this.#layout, this.#make(beside.agentId).key, direction));
  }

  close(key: string): void {
    this.#sessions.get(key)?.close();
    this.#sessions.delete(key);
    this.#place(removePane(this.#layout, key));
  }

  closeTab(id: string): void {
    for (const key of this.#layout.tabs.find((tab) => tab.id === id)?.panes ?? []) this.close(key);
  }

  activate(id: string): void {
    this.#place(activateTab(this.#layout, id));
  }

  focusPane(key: string): void {
    if (this.focused?.key !== key) this.#place(focusPane(this.#layout, key));
  }

  /** At sign-out: nothing of the person's may stay. The relay ends the shells with the token. */
  clear(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
    this.#place(EMPTY);
    forgetTerminals();
  }

  /** Live text for screen readers, in all terminals; kept for the next ones. */
  setScreenReader(on: boolean): void {
    keepPreferences({ screenReader: on });
    for (const { emulator } of this.#sessions.values()) emulator.setScreenReader(on);
  }

  act(action: Action): void {
    if (action.do === 'tab') {
      const tab = this.#layout.tabs[action.index];
      if (tab) this.activate(tab.id);
    } else if (action.do === 'split') this.split(action.direction);
    else if (action.do === 'close-pane') this.close(this.focused?.key ?? '');
    else if (action.do === 'other-pane') this.#place(focusOther(this.#layout));
    else if (action.do === 'font') this.#zoom(action.step);
    else if (action.do === 'copy') void this.focused?.copySelection();
    else if (action.do !== 'paste') this.onPageAction?.(action);
  }

  #make(agentId: string): TerminalSession {
    const key = this.#freeKey();
    const session = new TerminalSession(key, agentId, this.#host());
    this.#sessions.set(key, session);
    return session;
  }

  #freeKey(): string {
    while (this.#sessions.has(`t${this.#nextKey}`)) this.#nextKey += 1;
    return `t${this.#nextKey}`;
  }

  #host() {
    return {
      scheme: pageScheme,
      onAction: (action: Action) => this.act(action),
      onChange: () => this.#changed(),
      onPersist: () => this.#keep(),
    };
  }

  #place(layout: Layout): void {
    this.#layout = layout;
    this.#keep();
    this.#changed();
  }

  #changed(): void {
    const sessions = new Map([...this.#sessions].map(([key, session]) => [key, session.view]));
    this.#view = { layout: this.#layout, sessions };
    for (const watcher of this.#watchers) watcher();
  }

  #pickUp(): void {
    const { layout, sessions } = keptTerminals();
    for (const kept of sessions.slice(0, MAX_TERMINALS)) {
      this.#sessions.set(kept.key, new TerminalSession(kept.key, kept.agentId, this.#host(), kept, takeSnapshot(kept.key)));
    }
    const orphans = layout.tabs.flatMap((tab) => tab.panes).filter((pane) => !this.#sessions.has(pane));
    this.#layout = orphans.reduce(removePane, layout);
    this.#changed();
  }

  #keep(): void {
    keepTerminals({ layout: this.#layout, sessions: [...this.#sessions.values()].map((session) => session.kept) });
  }

  #keepScreens(): void {
    this.#keep();
    for (const session of this.#sessions.values()) {
      if (!keepSnapshot(session.key, session.snapshot('full'))) keepSnapshot(session.key, session.snapshot('small'));
    }
  }

  /** The network is back, or somebody looks again: no reason to wait for the back-off. */
  #reconnect(): void {
    if (document.visibilityState !== 'visible') return;
    for (const session of this.#sessions.values()) if (session.view.phase === 'waiting') session.connect();
  }

  #recolour(): void {
    for (const { emulator } of this.#sessions.values()) emulator.setScheme(pageScheme());
  }

  #zoom(step: -1 | 0 | 1): void {
    const fontSize = step === 0 ? DEFAULT_FONT_SIZE : clampFont(preferences().fontSize + step);
    keepPreferences({ fontSize });
    for (const { emulator } of this.#sessions.values()) emulator.setFont(fontSize);
  }

  /** The same keys work while the keyboard is on the tab bar or a button of the page. */
  #keyOutside(event: KeyboardEvent): void {
    if (!this.onPageAction || event.defaultPrevented || isTextField(event.target)) return;
    const action = actionOf(event);
    if (!action || action.do === 'copy' || action.do === 'paste') return;
    event.preventDefault();
    this.act(action);
  }
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function pageScheme(): Scheme {
  return document.documentElement.dataset.mantineColorScheme === 'light' ? 'light' : 'dark';
}

export const terminals = new TerminalStore();
offerTerminals(terminals);
