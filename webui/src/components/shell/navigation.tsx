/** The pages, in the order people need them. */
import { IconServer, IconTerminal2, IconUsersGroup } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { terminalCount, watchTerminalCount } from '@/components/terminal/registry';

const SECTIONS = [
  { title: 'Access', pages: [
    { to: '/machines', label: 'Machines', icon: IconServer },
    { to: '/terminals', label: 'Terminals', icon: IconTerminal2 },
  ] },
  { title: 'Govern', pages: [{ to: '/groups', label: 'Groups', icon: IconUsersGroup }] },
] as const;

export function Navigation() {
  return SECTIONS.map(({ title, pages }) => (
    <div key={title} className="nav-section">
      <span className="nav-title" id={`nav-${title}`}>{title}</span>
      <ul aria-labelledby={`nav-${title}`}>
        {pages.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Link to={to} className="nav-link" activeProps={{ 'aria-current': 'page' }}><Icon size={18} aria-hidden="true" />{label}{to === '/terminals' ? <OpenTerminals /> : null}</Link>
          </li>
        ))}
      </ul>
    </div>
  ));
}

/** Shells go on while other pages are open: their number stays in sight. */
function OpenTerminals() {
  const count = useSyncExternalStore(watchTerminalCount, terminalCount);
  return count === 0 ? null : <span className="nav-count">{count}<span className="visually-hidden"> open</span></span>;
}
