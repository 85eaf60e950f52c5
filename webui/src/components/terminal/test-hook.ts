/**
 * For browser tests: the text of a terminal. A canvas shows pixels only, and the accessibility tree of an emulator holds
 * one screen; the buffer is the truth. Gives nothing that script on this page could not read anyway.
 */

import { terminals } from './store';

interface Seen {
  text(): string;
  readonly state: string;
  readonly renderer: string;
}

declare global {
  interface Window {
    __fairleadTerminal?: (sessionId?: string) => Seen | undefined;
  }
}

// oxlint-disable-next-line no-underscore-dangle -- a name that no page of ours would take by chance
window.__fairleadTerminal = (sessionId) => {
  const views = [...terminals.view().sessions.values()];
  const wanted = views.find((view) => view.sessionId === sessionId)?.key;
  const session = sessionId === undefined ? terminals.focused : terminals.session(wanted ?? '');
  if (!session) return undefined;
  return { text: () => session.emulator.text(), state: session.view.phase, renderer: session.view.renderer };
};
