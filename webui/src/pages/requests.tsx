/** What waits for somebody's word: access that was asked for, and commands that a rule holds. */
import { Button, Tabs } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Page } from '@/components/page';
import { AccessRequests } from '@/components/requests/access-requests';
import { HeldCommands } from '@/components/requests/held-commands';
import { openRequestForm } from '@/components/requests/request-form';

export function RequestsPage() {
  const tab = useSearch({ from: '/signed-in/requests' }).tab === 'commands' ? 'commands' : 'access';
  const navigate = useNavigate({ from: '/requests' });
  return (
    <Page title="Requests" actions={<Button leftSection={<IconKey size={16} />} onClick={() => openRequestForm()}>Ask for access</Button>}>
      <Tabs value={tab} keepMounted={false} onChange={(value) => void navigate({ search: value === 'commands' ? { tab: 'commands' } : {}, replace: true })}>
        <Tabs.List className="page-tabs"><Tabs.Tab value="access">Access</Tabs.Tab><Tabs.Tab value="commands">Held commands</Tabs.Tab></Tabs.List>
        <Tabs.Panel value="access"><AccessRequests /></Tabs.Panel>
        <Tabs.Panel value="commands"><HeldCommands /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}
