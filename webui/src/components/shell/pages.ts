/** The pages one can go to, in the order people need them: the navigation and the palette show the same list. */
import { IconBuilding, IconBuildingCog, IconKey, IconListSearch, IconMessageCircle, IconPlayerPlay, IconPlus, IconServer, IconShieldCheck, IconStack2, IconTerminal2, IconUserCircle, IconUsers, IconUsersGroup, type Icon } from '@tabler/icons-react';
import type { User } from '@/api/types';
import { isAdmin, isSuperAdmin } from '@/lib/session';

export type PageEntry = {
  to: '/machines' | '/machines/add' | '/terminals' | '/people' | '/groups' | '/audit' | '/organizations' | '/community' | '/commands' | '/runs' | '/runs/new' | '/profile' | '/organization' | '/requests';
  label: string;
  icon: Icon;
  /** Its heading in the navigation; without one only the palette leads there. */
  section?: 'Access' | 'Govern' | 'Relay';
  /** Who sees it; everybody when absent. */
  who?: (user: User) => boolean;
};

const PAGES: readonly PageEntry[] = [
  { to: '/machines', label: 'Machines', icon: IconServer, section: 'Access' },
  { to: '/terminals', label: 'Terminals', icon: IconTerminal2, section: 'Access' },
  { to: '/runs', label: 'Runs', icon: IconStack2, section: 'Access' },
  { to: '/commands', label: 'Command log', icon: IconListSearch, section: 'Access' },
  { to: '/community', label: 'Community', icon: IconMessageCircle, section: 'Access' },
  { to: '/people', label: 'People', icon: IconUsers, section: 'Govern', who: isAdmin },
  { to: '/groups', label: 'Groups', icon: IconUsersGroup, section: 'Govern' },
  { to: '/requests', label: 'Requests', icon: IconKey, section: 'Govern' },
  { to: '/audit', label: 'Audit', icon: IconShieldCheck, section: 'Govern', who: isAdmin },
  { to: '/organization', label: 'Organization', icon: IconBuildingCog, section: 'Govern', who: isAdmin },
  { to: '/organizations', label: 'Organizations', icon: IconBuilding, section: 'Relay', who: isSuperAdmin },
  { to: '/profile', label: 'Profile', icon: IconUserCircle },
  { to: '/runs/new', label: 'Run a command on many machines', icon: IconPlayerPlay },
  { to: '/machines/add', label: 'Add a machine', icon: IconPlus, who: isAdmin },
];

export function pagesFor(user: User): PageEntry[] {
  return PAGES.filter((page) => page.who === undefined || page.who(user));
}
