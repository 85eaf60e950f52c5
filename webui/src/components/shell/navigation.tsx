/** The pages of the list that stand under a heading. */
import { Link } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { type PageEntry, pagesFor } from '@/components/shell/pages';
import { terminalCount, watchTerminalCount } from '@/components/terminal/registry';
import { useUser } from '@/lib/session';

export function Navigation() {
  const pages = pagesFor(useUser()).filter((page) => page.section !== undefined);
  const titles = [...new Set(pages.map((page) => page.section))];
  return titles.map((title) => (
    <div key={title} className="nav-section">
      <span className="nav-title" id={`nav-${title}`}>{title}</span>
      <ul aria-labelledby={`nav-${title}`}>{pages.filter((page) => page.section === title).map((page) => <PageLink key={page.to} page={page} />)}</ul>
    </div>
  ));
}

function PageLink({ page: { to, label, icon: Icon } }: { page: PageEntry }) {
  return (
    <li>
      <Link to={to} className="nav-link" activeProps={{ 'aria-current': 'page' }}><Icon size={18} aria-hidden="true" />{label}{to === '/terminals' ? <OpenTerminals /> : null}</Link>
    </li>
  );
}

/** Shells go on while other pages are open: their number stays in sight. */
function OpenTerminals() {
  const count = useSyncExternalStore(watchTerminalCount, terminalCount);
  return count === 0 ? null : <span className="nav-count">{count}<span className="visually-hidden"> open</span></span>;
}
