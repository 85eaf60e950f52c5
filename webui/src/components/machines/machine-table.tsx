/** The machine list as a sortable table that stays quick with thousands of rows: only what is near the window is in the page. */
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react';
import { type SortingState, useTable } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Machine } from '@/api/types';
import { columns, features } from '@/components/machines/machine-columns';

const ROW_PX = 46;
/** Below this every row is in the page, so that the browser's own find works. */
const VIRTUAL_FROM = 200;

export function MachineTable({ machines }: { machines: Machine[] }) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const table = useTable({ features, columns, data: machines, state: { sorting }, onSortingChange: setSorting, getRowId: (machine) => machine.agent_id });
  const rows = table.getRowModel().rows;
  const tagged = machines.some((machine) => machine.tags.length > 0);
  const { body, shown, above, below } = useVisibleRows(rows.length);
  return (
    <div className="panel table-panel">
      <table className="table machines-table" data-untagged={!tagged || undefined} aria-rowcount={rows.length + 1}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <th key={header.id} data-column={header.column.id} scope="col" aria-sort={ARIA_SORT[String(header.column.getIsSorted())]}>
                  {header.column.getCanSort()
                    ? <button type="button" className="sort" onClick={header.column.getToggleSortingHandler()}><table.FlexRender header={header} /><SortMark sorted={header.column.getIsSorted()} /></button>
                    : <table.FlexRender header={header} />}
                  {header.column.id === 'connect' ? <span className="visually-hidden">Actions</span> : null}
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody ref={body}>
          {/* No colSpan: where columns are hidden it would make new ones, which take room in a fixed layout. */}
          {above > 0 ? <tr aria-hidden="true"><td style={{ height: above, padding: 0 }} /></tr> : null}
          {shown.map((index) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <tr key={row.id} aria-rowindex={index + 2} data-status={row.original.status}>
                {row.getAllCells().map((cell) => <td key={cell.id} data-column={cell.column.id}><table.FlexRender cell={cell} /></td>)}
              </tr>
            );
          })}
          {below > 0 ? <tr aria-hidden="true"><td style={{ height: below, padding: 0 }} /></tr> : null}
        </tbody>
      </table>
    </div>
  );
}

const ARIA_SORT: Record<string, 'ascending' | 'descending' | undefined> = { asc: 'ascending', desc: 'descending' };

function SortMark({ sorted }: { sorted: false | 'asc' | 'desc' }) {
  const Icon = sorted === 'asc' ? IconArrowUp : sorted === 'desc' ? IconArrowDown : IconArrowsSort;
  return <Icon size={13} aria-hidden="true" className={sorted ? 'sort-mark' : 'sort-mark sort-idle'} />;
}

/** Which rows belong in the page, and how much room the others take. */
function useVisibleRows(count: number) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY), [count]);
  const virtual = count > VIRTUAL_FROM;
  const virtualizer = useWindowVirtualizer({ count, enabled: virtual, estimateSize: () => ROW_PX, overscan: 8, scrollMargin: top });
  if (!virtual) return { body, shown: Array.from({ length: count }, (_, index) => index), above: 0, below: 0 };
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  return {
    body,
    shown: items.map((item) => item.index),
    above: first === undefined ? 0 : first.start - top,
    below: last === undefined ? count * ROW_PX : virtualizer.getTotalSize() - (last.end - top),
  };
}
