/** Stands above the router, so that terminals outlive the pages: wakes those of before a reload, forgets all at sign-out. */
import { type ReactNode, useEffect, useSyncExternalStore } from 'react';
import { loadedTerminals, terminalCount, watchTerminalCount } from '@/components/terminal/registry';
import { currentSession, onSignOut } from '@/lib/auth';
import { forgetTerminals, hasKeptTerminals } from '@/lib/terminal-storage';

function leave(): void {
  loadedTerminals()?.clear();
  forgetTerminals();
}

export function TerminalSessions({ children }: { children: ReactNode }) {
  useEffect(() => {
    // Whatever page was reloaded: a shell that nobody attaches to is ended by the relay after some minutes.
    if (currentSession() !== null && hasKeptTerminals()) void import('@/components/terminal/store');
    return onSignOut(leave);
  }, []);
  return children;
}

/** How many terminals are open, for the navigation. */
export function useTerminalCount(): number {
  return useSyncExternalStore(watchTerminalCount, terminalCount);
}
