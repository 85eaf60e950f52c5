/** The signed-in person as React sees them, and the timer that keeps their token fresh. */
import { useEffect, useSyncExternalStore } from 'react';
import { refresh } from '@/api/auth';
import type { User } from '@/api/types';
import { currentSession, type Session, watchSession } from '@/lib/auth';
import { refreshDelayMs } from '@/lib/token';

export function useSession(): Session | null {
  return useSyncExternalStore(watchSession, currentSession);
}

/** The signed-in person; only for pages behind the sign-in. */
export function useUser(): User {
  const session = useSession();
  if (session === null) throw new Error('nobody is signed in');
  return session.user;
}

export function isAdmin(user: User): boolean {
  return user.role === 'company_admin' || user.role === 'super_admin';
}

/** Whether the person stands above all organizations. */
export function isSuperAdmin(user: User): boolean {
  return user.role === 'super_admin';
}

/** Trades the token for a new one before it runs out, also after the laptop slept through the moment. */
export function useFreshToken(): void {
  const token = useSession()?.token;
  useEffect(() => {
    if (token === undefined) return;
    let timer = 0;
    const plan = () => {
      clearTimeout(timer);
      timer = window.setTimeout(attempt, refreshDelayMs(token, Date.now()));
    };
    // A refused token ends the session by itself; a silent relay is asked again in a minute.
    const attempt = () => void refresh().catch(() => { timer = window.setTimeout(attempt, 60_000); });
    const wake = () => { if (document.visibilityState === 'visible') plan(); };
    plan();
    document.addEventListener('visibilitychange', wake);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [token]);
}
