import type { ReactNode } from 'react';

export function TerminalSessions({ children }: { children: ReactNode }) {
  return children;
}
