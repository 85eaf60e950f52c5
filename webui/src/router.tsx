/** Which address shows which page. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import type { IssueSearch } from '@/api/community';
import { Shell } from '@/components/shell/shell';
import { AUDIT_FIELDS, type AuditSearch } from '@/lib/audit';
import { currentSession } from '@/lib/auth';
import { COMMAND_FIELDS, type CommandSearch } from '@/lib/command-search';
import { readState } from '@/lib/issues';
import { parseSearch, stringifySearch } from '@/lib/search';
import { AuditPage } from '@/pages/audit';
import { CommandsPage } from '@/pages/commands';
import { CommunityPage } from '@/pages/community';
import { GroupPage } from '@/pages/group';
import { GroupsPage } from '@/pages/groups';
import { LoginPage } from '@/pages/login';
import { MachinePage } from '@/pages/machine';
import { MachineAddPage } from '@/pages/machine-add';
import { MachinesPage } from '@/pages/machines';
import { NotFoundPage } from '@/pages/not-found';
import { OrganizationPage } from '@/pages/organization';
import { OrganizationsPage } from '@/pages/organizations';
import { OauthCallbackPage } from '@/pages/oauth-callback';
import { OwnOrganizationPage } from '@/pages/own-organization';
import { PasswordPage } from '@/pages/password';
import { PeoplePage } from '@/pages/people';
import { PersonPage } from '@/pages/person';
import { ProfilePage } from '@/pages/profile';
import { RequestsPage } from '@/pages/requests';
import { RunPage } from '@/pages/run';
import { RunNewPage } from '@/pages/run-new';
import { RunsPage } from '@/pages/runs';
import { SecondFactorPage } from '@/pages/second-factor';
import { SessionPage } from '@/pages/session';

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The page of a list, from the second on. */
function pageNumber(value: unknown): { page?: number } {
  const page = Number(value);
  return Number.isInteger(page) && page > 1 ? { page } : {};
}

const root = createRootRoute({ component: Outlet });

function whereNext(search: Record<string, unknown>): { next?: string } {
  const next = text(search.next);
  return next === undefined ? {} : { next };
}

const login = createRoute({ getParentRoute: () => root, path: '/login', validateSearch: whereNext, component: LoginPage });

const oauthCallback = createRoute({ getParentRoute: () => root, path: '/oauth/callback', component: OauthCallbackPage });

function knownPerson(): void {
  if (currentSession() === null) throw redirect({ to: '/login' });
}

const password = createRoute({ getParentRoute: () => root, path: '/password', validateSearch: whereNext, beforeLoad: knownPerson, component: PasswordPage });
const secondFactor = createRoute({ getParentRoute: () => root, path: '/second-factor', validateSearch: whereNext, beforeLoad: knownPerson, component: SecondFactorPage });

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: ({ location }) => {
    const session = currentSession();
    const search = location.pathname === '/' ? {} : { next: location.href };
    if (session === null) throw redirect({ to: '/login', search });
    if (session.mustChoosePassword) throw redirect({ to: '/password', search });
    if (session.mustAddFactor) throw redirect({ to: '/second-factor', search });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/machines' });
  },
});

const machines = createRoute({
  getParentRoute: () => signedIn,
  path: '/machines',
  validateSearch: (search: Record<string, unknown>): { q?: string } => {
    const q = text(search.q);
    return q === undefined ? {} : { q };
  },
  component: MachinesPage,
});

const machineAdd = createRoute({ getParentRoute: () => signedIn, path: '/machines/add', component: MachineAddPage });

const machine = createRoute({
  getParentRoute: () => signedIn,
  path: '/machines/$agentId',
  validateSearch: (search: Record<string, unknown>): { tab?: string; q?: string } => {
    const tab = text(search.tab);
    const q = text(search.q);
    return { ...(tab === undefined ? {} : { tab }), ...(q === undefined ? {} : { q }) };
  },
  component: MachinePage,
});

const commands = createRoute({
  getParentRoute: () => signedIn,
  path: '/commands',
  validateSearch: (search: Record<string, unknown>): CommandSearch => Object.fromEntries(COMMAND_FIELDS.map((field) => [field, text(search[field])]).filter(([, value]) => value !== undefined)),
  component: CommandsPage,
});

const runs = createRoute({
  getParentRoute: () => signedIn,
  path: '/runs',
  validateSearch: (search: Record<string, unknown>): { page?: number } => pageNumber(search.page),
  component: RunsPage,
});
const runNew = createRoute({
  getParentRoute: () => signedIn,
  path: '/runs/new',
  validateSearch: (search: Record<string, unknown>): { command?: string; machines?: string } => {
    const command = text(search.command);
    const chosen = text(search.machines);
    return { ...(command === undefined ? {} : { command }), ...(chosen === undefined ? {} : { machines: chosen }) };
  },
  component: RunNewPage,
});
const run = createRoute({
  getParentRoute: () => signedIn,
  path: '/runs/$runId',
  validateSearch: (search: Record<string, unknown>): { show?: string } => {
    const show = text(search.show);
    return show === undefined ? {} : { show };
  },
  component: RunPage,
});

const session = createRoute({
  getParentRoute: () => signedIn,
  path: '/sessions/$sessionId',
  validateSearch: (search: Record<string, unknown>): { command?: string; page?: number } => {
    const command = text(search.command);
    return { ...(command === undefined ? {} : { command }), ...pageNumber(search.page) };
  },
  component: SessionPage,
});

const people = createRoute({
  getParentRoute: () => signedIn,
  path: '/people',
  validateSearch: (search: Record<string, unknown>): { q?: string; state?: string; tab?: string } => {
    const q = text(search.q);
    const state = text(search.state);
    const tab = text(search.tab);
    return { ...(q === undefined ? {} : { q }), ...(state === undefined ? {} : { state }), ...(tab === undefined ? {} : { tab }) };
  },
  component: PeoplePage,
});

const person = createRoute({
  getParentRoute: () => signedIn,
  path: '/people/$userId',
  validateSearch: (search: Record<string, unknown>): { tab?: string } => {
    const tab = text(search.tab);
    return tab === undefined ? {} : { tab };
  },
  component: PersonPage,
});

const requests = createRoute({
  getParentRoute: () => signedIn,
  path: '/requests',
  validateSearch: (search: Record<string, unknown>): { tab?: string } => {
    const tab = text(search.tab);
    return tab === undefined ? {} : { tab };
  },
  component: RequestsPage,
});

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>): AuditSearch => {
    const fields = AUDIT_FIELDS.map((field) => [field, text(search[field])]).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(fields), ...pageNumber(search.page) };
  },
  component: AuditPage,
});

const groups = createRoute({ getParentRoute: () => signedIn, path: '/groups', component: GroupsPage });
const group = createRoute({ getParentRoute: () => signedIn, path: '/groups/$groupId', component: GroupPage });

const organizations = createRoute({
  getParentRoute: () => signedIn,
  path: '/organizations',
  validateSearch: (search: Record<string, unknown>): { q?: string } => {
    const q = text(search.q);
    return q === undefined ? {} : { q };
  },
  component: OrganizationsPage,
});
const organization = createRoute({ getParentRoute: () => signedIn, path: '/organizations/$organizationId', component: OrganizationPage });

const profile = createRoute({ getParentRoute: () => signedIn, path: '/profile', component: ProfilePage });
const ownOrganization = createRoute({ getParentRoute: () => signedIn, path: '/organization', component: OwnOrganizationPage });

const community = createRoute({
  getParentRoute: () => signedIn,
  path: '/community',
  validateSearch: (search: Record<string, unknown>): IssueSearch => {
    const q = text(search.q);
    const status = readState(text(search.status));
    const tag = text(search.tag);
    return { ...(q === undefined ? {} : { q }), ...(status === undefined ? {} : { status }), ...(tag === undefined ? {} : { tag }), ...pageNumber(search.page) };
  },
  component: CommunityPage,
});
// Own chunk: it brings the Markdown parser.
const issue = createRoute({ getParentRoute: () => signedIn, path: '/community/$issueId', component: lazyRouteComponent(() => import('@/pages/issue'), 'IssuePage') });

const terminals = createRoute({
  getParentRoute: () => signedIn,
  path: '/terminals',
  validateSearch: (search: Record<string, unknown>): { open?: string } => {
    const open = text(search.open);
    return open === undefined ? {} : { open };
  },
  // Own chunk: the emulator is larger than the rest of the console.
  component: lazyRouteComponent(() => import('@/pages/terminals'), 'TerminalsPage'),
});

/** Whatever no other route knows, with the navigation beside it that leads back. */
const unknown = createRoute({ getParentRoute: () => signedIn, path: '$', component: NotFoundPage });

const tree = root.addChildren([login, oauthCallback, password, secondFactor, signedIn.addChildren([home, machines, machineAdd, machine, commands, runs, runNew, run, session, people, person, groups, group, requests, audit, organizations, organization, ownOrganization, profile, community, issue, terminals, unknown])]);

export const router = createRouter({ routeTree: tree, parseSearch, stringifySearch, defaultPreload: 'intent' });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
