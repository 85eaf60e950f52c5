/** What waits for somebody's word: commands that a rule holds. */
import { Page } from '@/components/page';
import { HeldCommands } from '@/components/requests/held-commands';

export function RequestsPage() {
  return (
    <Page title="Requests">
      <HeldCommands />
    </Page>
  );
}
