/** What stands where data will be: loading, nothing, refused. */
import { Button, Skeleton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { errorText } from '@/api/errors';

export function Loading({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div className="loading" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => <Skeleton key={row} height={16} width={`${92 - (row % 4) * 14}%`} />)}
    </div>
  );
}

type EmptyProps = { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode };

export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty-icon" aria-hidden="true">{icon}</span>
      <h2>{title}</h2>
      {children === undefined ? null : <p>{children}</p>}
      {action}
    </div>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div className="failure" role="alert">
      <IconAlertTriangle size={18} aria-hidden="true" />
      <span>{errorText(error)}</span>
      {retry === undefined ? null : <Button size="compact-sm" variant="default" onClick={retry}>Try again</Button>}
    </div>
  );
}
