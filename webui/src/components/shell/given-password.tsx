/** A quiet line for whoever signs in with a password that an administrator chose for them. */
import { Button, CloseButton } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import { useSession } from '@/lib/session';

export function GivenPassword() {
  const given = useSession()?.passwordWasGiven === true;
  const here = useLocation({ select: (location) => location.href });
  const [away, setAway] = useState(false);
  if (!given || away) return null;
  return (
    <div className="quiet-line" role="status">
      <IconKey size={17} aria-hidden="true" />
      <span className="grow">Somebody gave you this password and knows it. Choose one that only you know.</span>
      <Button component={Link} to="/password" search={{ next: here } as never} size="compact-sm" variant="default">Change password</Button>
      <CloseButton size="sm" aria-label="Not now" onClick={() => setAway(true)} />
    </div>
  );
}
