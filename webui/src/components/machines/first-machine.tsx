/** What stands where the machines will be: for whoever may add one, the way to do it right here. */
import { IconServer } from '@tabler/icons-react';
import { AddMachine } from '@/components/machines/add-machine';
import { Empty } from '@/components/states';

export function FirstMachine({ admin }: { admin: boolean }) {
  if (!admin) {
    return <Empty icon={<IconServer size={28} />} title="No machine is shared with you yet">Ask an administrator of your organization for access. It shows here as soon as you have it.</Empty>;
  }
  return (
    <section className="first" aria-labelledby="first-title">
      <h2 id="first-title">Bring in your first machine</h2>
      <p className="dimmed">Name it, run one line on it, and its shell is a click away. It needs Python 3.11 and a way out to this relay, nothing else.</p>
      <AddMachine verb="Show me the one line" />
    </section>
  );
}
