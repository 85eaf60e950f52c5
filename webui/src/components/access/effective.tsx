/** Every machine somebody may open now, and by which ways. */
import { IconServerOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useEffectiveAccess } from '@/api/explanations';
import { Reasons } from '@/components/access/reasons';
import { Empty, Failure, Loading } from '@/components/states';

export function EffectiveAccess({ userId }: { userId: string }) {
  const { data, error, refetch } = useEffectiveAccess(userId);
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <div className="panel"><Loading rows={4} label="Loading access" /></div>;
  if (data.length === 0) return <Empty icon={<IconServerOff size={26} />} title="No machine">A grant on a machine, or a group with machines in it, opens some.</Empty>;
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col">Machine</th><th scope="col" className="wide">May</th><th scope="col">Because</th></tr></thead>
        <tbody>
          {data.map((machine) => (
            <tr key={machine.agent_id}>
              <td><Link className="machine-name" to="/machines/$agentId" params={{ agentId: machine.agent_id }} search={{ tab: 'access' }}>{machine.name}</Link></td>
              <td className="wide nowrap">{machine.sudo ? 'shell and sudo' : 'shell'}</td>
              <td><Reasons reasons={machine.reasons} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
