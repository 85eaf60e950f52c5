import { Anchor } from '@mantine/core';
import { IconChevronLeft, IconLock } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { AddMachine } from '@/components/machines/add-machine';
import { Page } from '@/components/page';
import { Empty } from '@/components/states';
import { isAdmin, useUser } from '@/lib/session';

export function MachineAddPage() {
  const admin = isAdmin(useUser());
  const back = <Anchor component={Link} to="/machines" className="back"><IconChevronLeft size={15} aria-hidden="true" />Machines</Anchor>;
  return (
    <Page title="Add a machine" above={back} narrow>
      {admin ? <AddMachine /> : <Empty icon={<IconLock size={26} />} title="Only administrators add machines">Ask one of your organization.</Empty>}
    </Page>
  );
}
