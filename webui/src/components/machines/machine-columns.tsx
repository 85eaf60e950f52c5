/** What a row of the machine list shows. Names, bars and times only; decisions live elsewhere. */
import { createColumnHelper, createSortedRowModel, rowSortingFeature, sortFns, tableFeatures } from '@tanstack/react-table';
import { Link } from '@tanstack/react-router';
import type { Machine } from '@/api/types';
import { Ago } from '@/components/ago';
import { Connect } from '@/components/connect';
import { Tags } from '@/components/machines/tags';
import { Meter } from '@/components/meter';
import { Status, StatusIcon } from '@/components/status';
import { shortSystem } from '@/lib/format';

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns });
const column = createColumnHelper<typeof features, Machine>();

const share = (id: 'cpu_percent' | 'memory_percent' | 'disk_percent', label: string) =>
  column.accessor((machine) => machine[id] ?? -1, {
    id,
    header: label,
    sortDescFirst: true,
    cell: ({ row }) => <Meter label={label} percent={row.original[id]} stale={row.original.status !== 'online'} />,
  });

export const columns = column.columns([
  column.accessor('name', {
    header: 'Machine',
    cell: ({ row: { original: machine } }) => (
      <span className="machine-cell">
        <span className="narrow-only"><StatusIcon status={machine.status} /></span>
        <span className="machine-names">
          <Link to="/machines/$agentId" params={{ agentId: machine.agent_id }} className="machine-name" title={machine.name}>{machine.name}</Link>
          <span className="mono dimmed clip">{machine.ip_address || machine.hostname || machine.description || (machine.status === 'pending' ? 'not connected yet' : '')}</span>
        </span>
      </span>
    ),
  }),
  column.accessor('status', { header: 'Status', cell: ({ row }) => <Status status={row.original.status} /> }),
  column.accessor('os', {
    header: 'System',
    cell: ({ row: { original: machine } }) => (
      <span className="two-lines">
        <span className="clip" title={machine.os}>{shortSystem(machine.os) || '–'}</span>
        <span className="small dimmed clip">{[machine.arch, machine.agent_version && `agent ${machine.agent_version}`].filter(Boolean).join(' · ')}</span>
      </span>
    ),
  }),
  column.display({ id: 'tags', header: 'Tags', cell: ({ row }) => <Tags tags={row.original.tags} /> }),
  share('cpu_percent', 'CPU'),
  share('memory_percent', 'Memory'),
  share('disk_percent', 'Disk'),
  column.accessor((machine) => machine.last_active ?? '', { id: 'last_active', header: 'Last seen', sortDescFirst: true, cell: ({ row }) => <Ago at={row.original.last_active} never="never" /> }),
  column.display({
    id: 'connect',
    header: '',
    cell: ({ row: { original: machine } }) => <Connect agentId={machine.agent_id} name={machine.name} status={machine.status} />,
  }),
]);
