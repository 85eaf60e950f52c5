import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Page } from '@/components/page';
import { Empty } from '@/components/states';

export function NotFoundPage() {
  return (
    <Page title="No such page">
      <Empty icon={<IconMapOff size={28} />} title="Nothing lives at this address" action={<Button component={Link} to="/machines" variant="light">To the machines</Button>} />
    </Page>
  );
}
