/** Signing in with somebody else's word for who one is; only those the relay is set up for. */
import { Button } from '@mantine/core';
import { IconBrandGithub, IconBrandWindows, IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { answered, relay } from '@/api/client';
import { setOut } from '@/lib/oauth';

const ICONS: Record<string, ReactNode> = { github: <IconBrandGithub size={18} />, microsoft: <IconBrandWindows size={18} /> };

export function Providers({ next }: { next: string | undefined }) {
  const { data } = useQuery({
    queryKey: ['oidc-providers'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/auth/oidc/providers', { signal })),
    staleTime: 60_000,
    retry: false,
  });
  // A relay that does not answer says so at the form; the buttons are simply not there.
  if (data === undefined || data.providers.length === 0) return null;
  return (
    <div className="login-ways login-providers">
      <span className="login-or dimmed small">or</span>
      {data.providers.map((id) => (
        <Button key={id} component="a" href={`/api/auth/oidc/${encodeURIComponent(id)}`} onClick={() => setOut(next)} variant="default" size="md" leftSection={ICONS[id] ?? <IconExternalLink size={18} />}>
          Sign in with {data.display_names[id] ?? id}
        </Button>
      ))}
    </div>
  );
}
