/** What others in the organization ran into, and how they got out of it. */
import { Button, Pagination, SegmentedControl } from '@mantine/core';
import { IconFilterOff, IconMessageCircle, IconPlus } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type IssueSearch, useCreateIssue, useIssues } from '@/api/community';
import type { IssueSummary } from '@/api/types';
import { Ago } from '@/components/ago';
import { openIssueForm } from '@/components/community/issue-form';
import { IssueState } from '@/components/community/state';
import { Page } from '@/components/page';
import { SearchField } from '@/components/search-field';
import { Empty, Failure, Loading } from '@/components/states';
import { ISSUE_STATES, readState } from '@/lib/issues';

export function CommunityPage() {
  const search = useSearch({ from: '/signed-in/community' });
  const navigate = useNavigate({ from: '/community' });
  const { data, error, refetch } = useIssues(search);
  const filtered = search.q !== undefined || search.status !== undefined || search.tag !== undefined;
  return (
    <Page title="Community" note={data === undefined ? undefined : data.total === 1 ? '1 issue' : `${data.total.toLocaleString()} issues`} actions={<NewIssueButton />}>
      <Filters search={search} show={(next) => void navigate({ search: next, replace: true })} />
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <div className="panel"><Loading label="Loading issues" /></div> : null)
        : data.issues.length > 0 ? <Issues issues={data.issues} />
        : filtered ? <Empty icon={<IconFilterOff size={26} />} title="No issue matches" action={<Button variant="light" onClick={() => void navigate({ search: {} })}>Show all</Button>} />
        : <Empty icon={<IconMessageCircle size={26} />} title="Nothing written yet" action={<NewIssueButton />}>Write down what went wrong once, with the fix: the next person finds it here.</Empty>}
      {data !== undefined && data.total_pages > 1 ? <Pagination className="pages" total={data.total_pages} value={data.page} getControlProps={(control) => ({ 'aria-label': `${control} page` })} onChange={(page) => void navigate({ search: { ...search, page } })} /> : null}
    </Page>
  );
}

function NewIssueButton() {
  const create = useCreateIssue();
  const navigate = useNavigate();
  const ask = () => openIssueForm('New issue', {
    initial: { title: '', description: '', machine_id: '', tags: [] },
    verb: 'Write issue',
    save: async ({ machine_id, ...fields }) => {
      const issue = await create.mutateAsync(machine_id === '' ? fields : { ...fields, machine_id });
      await navigate({ to: '/community/$issueId', params: { issueId: issue.id } });
    },
  });
  return <Button leftSection={<IconPlus size={16} />} onClick={ask}>New issue</Button>;
}

function Filters({ search, show }: { search: IssueSearch; show: (next: IssueSearch) => void }) {
  const { page: _, ...kept } = search;
  return (
    <div className="toolbar">
      <SearchField label="Search issues" placeholder="Search in titles and descriptions" value={search.q ?? ''} search={(q) => show({ ...kept, q })} />
      <SegmentedControl className="status-tabs" aria-label="State" size="sm" transitionDuration={0} value={search.status ?? ''} data={[{ value: '', label: 'All' }, ...ISSUE_STATES]} onChange={(chosen) => show(withState(kept, readState(chosen)))} />
      {search.tag === undefined ? null : <Button size="compact-sm" variant="light" onClick={() => show({ ...kept, tag: '' })}>tag: {search.tag} ✕</Button>}
    </div>
  );
}

function withState(search: IssueSearch, status: IssueSearch['status']): IssueSearch {
  const { status: _, ...kept } = search;
  return status === undefined ? kept : { ...kept, status };
}

function Issues({ issues }: { issues: IssueSummary[] }) {
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col">Issue</th><th scope="col">State</th><th scope="col" className="wide">By</th><th scope="col">Fixes</th><th scope="col" className="wide">Written</th></tr></thead>
        <tbody>{issues.map((issue) => <Row key={issue.id} issue={issue} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ issue }: { issue: IssueSummary }) {
  return (
    <tr>
      <td><span className="two-lines"><Link className="issue-title" to="/community/$issueId" params={{ issueId: issue.id }}>{issue.title}</Link>{issue.tags.length === 0 ? null : <span className="tags">{issue.tags.map((tag) => <Link key={tag} className="tag" to="/community" search={{ tag }}>{tag}</Link>)}</span>}</span></td>
      <td><IssueState status={issue.status} /></td>
      <td className="wide dimmed">{issue.author_username}</td>
      <td>{issue.fix_count}</td>
      <td className="wide nowrap"><Ago at={issue.created_at} /></td>
    </tr>
  );
}
