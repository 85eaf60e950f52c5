/** The way into a machine: a link to a new terminal on it, or why there is none. */
import { Button, Tooltip } from '@mantine/core';
import { IconTerminal2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';

type Props = { agentId: string; name: string; status: string; prominent?: boolean };

export function Connect({ agentId, name, status, prominent = false }: Props) {
  const look = { size: prominent ? 'sm' : 'compact-sm', variant: prominent ? 'filled' : 'light', leftSection: <IconTerminal2 size={16} /> } as const;
  if (status !== 'online') {
    const why = status === 'pending' ? 'It has not connected yet' : 'The machine is offline';
    return (
      <Tooltip label={why}>
        <Button {...look} variant="default" aria-disabled="true" data-disabled onClick={(event) => event.preventDefault()} aria-label={`Connect to ${name}: ${why}`}>Connect</Button>
      </Tooltip>
    );
  }
  return <Button {...look} component={Link} to="/terminals" search={{ open: agentId } as never} aria-label={`Connect to ${name}`}>Connect</Button>;
}
