/** Every command on every machine one may see: found by a part of it, and from there to the session it was run in. */
import { Button } from '@mantine/core';
import { IconListSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { downloadCommands, useCommandSearch } from '@/api/commands';
import { Ago, useNow } from '@/components/ago';
import { CommandFilters } from '@/components/commands/filters';
import { FoundTable } from '@/components/commands/found-table';
import { ExportButton } from '@/components/export-button';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';
import { commandQuery } from '@/lib/command-search';

export function CommandsPage() {
  const search = useSearch({ from: '/signed-in/commands' });
  const navigate = useNavigate({ from: '/commands' });
  const minute = Math.floor(useNow() / 60_000);
  const query = useMemo(() => commandQuery(search, minute * 60_000), [search, minute]);
  const found = useCommandSearch(query);
  const rows = found.data?.pages.flatMap((page) => page.logs) ?? [];
  const reached = found.data?.pages.at(-1)?.searched_to;
  return (
    <Page title="Command log" actions={<ExportButton name="commands" lines="JSON lines, for programs" fetchFile={(form) => downloadCommands(query, form)} />}>
      <CommandFilters shown={found.data === undefined ? undefined : rows.length} more={found.hasNextPage} />
      {found.error === null ? null : <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data === undefined ? (found.error === null ? <div className="panel"><Loading rows={8} label="Searching" /></div> : null)
        : rows.length > 0 ? <FoundTable rows={rows} />
        : found.hasNextPage ? null : <Empty icon={<IconListSearch size={26} />} title="No command matches" action={<Button variant="light" onClick={() => void navigate({ search: {} })}>Show all</Button>} />}
      {found.hasNextPage ? <div className="more"><Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>Search further back</Button>{reached ? <span className="dimmed small">Looked at everything since <Ago at={reached} /></span> : null}</div> : null}
    </Page>
  );
}
