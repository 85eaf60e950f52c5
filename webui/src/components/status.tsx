/** A machine's state as icon and word, so that nobody has to tell colours apart. */
import { IconCircleCheckFilled, IconCircleDashed, IconCircleX } from '@tabler/icons-react';

const LOOK = {
  online: { word: 'Online', icon: IconCircleCheckFilled },
  offline: { word: 'Offline', icon: IconCircleX },
  pending: { word: 'Pending', icon: IconCircleDashed },
} as const;

function look(status: string) {
  return LOOK[status as keyof typeof LOOK] ?? { word: status, icon: IconCircleDashed };
}

export function Status({ status }: { status: string }) {
  const { word, icon: Icon } = look(status);
  return (
    <span className="status" data-status={status}>
      <Icon size={15} aria-hidden="true" />
      {word}
    </span>
  );
}

/** The icon alone, named for screen readers, where the word stands elsewhere or has no room. */
export function StatusIcon({ status }: { status: string }) {
  const { word, icon: Icon } = look(status);
  return (
    <span className="status" data-status={status} role="img" aria-label={word} title={word}>
      <Icon size={15} aria-hidden="true" />
    </span>
  );
}
