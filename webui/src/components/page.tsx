/** The frame of a page: its one h1, a note beside it, what can be done, and the window's title. */
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

type Props = { title: string; heading?: ReactNode; note?: ReactNode; above?: ReactNode; actions?: ReactNode; narrow?: boolean; children: ReactNode };

export function Page({ title, heading, note, above, actions, narrow = false, children }: Props) {
  useDocumentTitle(`${title} · Fairlead`);
  return (
    <div className={narrow ? 'page page-narrow' : 'page'}>
      {above}
      <div className="page-head">
        <h1>{heading ?? title}</h1>
        {note === undefined ? null : <span className="page-note">{note}</span>}
        <div className="page-actions">{actions}</div>
      </div>
      {children}
    </div>
  );
}
