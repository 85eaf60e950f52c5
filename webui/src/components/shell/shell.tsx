/** The frame around every signed-in page: header, navigation, palette; it leaves for the sign-in when the session ends. */
import { AppShell, Burger } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { Logo } from '@/components/logo';
import { ConfirmAddress } from '@/components/shell/confirm-address';
import { GivenPassword } from '@/components/shell/given-password';
import { Navigation } from '@/components/shell/navigation';
import { Palette, PaletteButton } from '@/components/shell/palette';
import { UserMenu } from '@/components/shell/user-menu';
import { queryClient } from '@/api/cache';
import { endedByRelay } from '@/lib/auth';
import { useFreshToken, useSession } from '@/lib/session';
import type { User } from '@/api/types';

export function Shell() {
  const session = useSession();
  useLeaveWhenSignedOut(session === null);
  useFirst('/password', session?.mustChoosePassword === true);
  useFirst('/second-factor', session?.mustAddFactor === true && !session.mustChoosePassword);
  return session === null ? null : <Frame user={session.user} />;
}

function Frame({ user }: { user: User }) {
  const [open, { toggle, close }] = useDisclosure(false);
  const main = useFocusOnNavigation(close);
  useFreshToken();
  return (
    <AppShell transitionDuration={0} header={{ height: 52 }} navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !open } }} padding={0}>
      <a className="skip-link" href="#content" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>Skip to content</a>
      <AppShell.Header className="header">
        <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={open ? 'Close navigation' : 'Open navigation'} />
        <Link to="/machines" className="brand" aria-label="Fairlead, machines"><Logo /><span className="brand-name">Fairlead</span></Link>
        <span className="tenant" title={`Organization ${user.tenant_name}`}>{user.tenant_name}</span>
        <PaletteButton />
        <UserMenu user={user} />
      </AppShell.Header>
      <AppShell.Navbar className="navbar" aria-label="Pages" component="nav"><Navigation /></AppShell.Navbar>
      <AppShell.Main id="content" ref={main} tabIndex={-1} className="main"><GivenPassword /><ConfirmAddress /><Outlet /></AppShell.Main>
      <Palette />
    </AppShell>
  );
}

/** Ended by sign-out, by the clock or by the relay: nothing of the last person stays behind, and they come back where they were. */
function useLeaveWhenSignedOut(out: boolean): void {
  const router = useRouter();
  useEffect(() => {
    if (!out) return;
    queryClient.clear();
    // Read when it happens: following the location here would answer its own navigation.
    void router.navigate({ to: '/login', search: endedByRelay() ? { next: router.state.location.href } : {} });
  }, [out, router]);
}

/** What an account still has to do before it opens anything. */
function useFirst(page: '/password' | '/second-factor', must: boolean): void {
  const router = useRouter();
  useEffect(() => {
    if (must) void router.navigate({ to: page, search: { next: router.state.location.href }, replace: true });
  }, [page, must, router]);
}

/** A new page starts at its top and has the focus, so that a screen reader reads it. */
function useFocusOnNavigation(arrived: () => void) {
  const main = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    arrived();
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path, arrived]);
  return main;
}
