/** One issue: what is wrong, the fixes people propose, and the one that solved it. */
import { Button, Menu, Select } from '@mantine/core';
import { IconChevronDown, IconChevronLeft, IconMessageOff, IconPencil, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ApiError } from '@/api/errors';
import { useDeleteIssue, useIssue, useUpdateIssue } from '@/api/community';
import { useMachines } from '@/api/machines';
import type { Issue } from '@/api/types';
import { Ago } from '@/components/ago';
import { Fixes } from '@/components/community/fixes';
import { openIssueForm } from '@/components/community/issue-form';
import { WrittenText } from '@/components/community/markdown';
import { IssueState } from '@/components/community/state';
import { confirm, showDone, showError } from '@/components/confirm';
import { Page } from '@/components/page';
import { Empty, Failure, Loading } from '@/components/states';
import { ISSUE_STATES, readState } from '@/lib/issues';
import { isAdmin, useUser } from '@/lib/session';

const back = <Link to="/community" className="back link"><IconChevronLeft size={15} aria-hidden="true" />Community</Link>;

export function IssuePage() {
  const { issueId } = useParams({ from: '/signed-in/community/$issueId' });
  const { data, error, refetch } = useIssue(issueId);
  if (data !== undefined) return <Known issue={data} error={error} />;
  if (error === null) return <Page title="Issue" above={back} narrow><div className="panel"><Loading label="Loading the issue" /></div></Page>;
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return (
    <Page title="Issue" above={back} narrow>
      {gone ? <Empty icon={<IconMessageOff size={26} />} title={error.message}>It may have been deleted.</Empty> : <Failure error={error} retry={() => void refetch()} />}
    </Page>
  );
}

function Known({ issue, error }: { issue: Issue; error: unknown }) {
  const user = useUser();
  const mine = issue.author_id === user.id || isAdmin(user);
  return (
    <Page title={issue.title} above={back} note={<IssueState status={issue.status} />} actions={mine ? <Actions issue={issue} /> : null} narrow>
      {error === null ? null : <Failure error={error} />}
      <article className="panel card" aria-label="Issue">
        <Byline issue={issue} />
        <WrittenText text={issue.description} />
      </article>
      <Fixes issue={issue} mine={mine} />
    </Page>
  );
}

function Byline({ issue }: { issue: Issue }) {
  const machine = useMachines(false).data?.find((each) => each.machine_id === issue.machine_id || each.agent_id === issue.machine_id);
  return (
    <p className="byline dimmed">
      <span className="strong">{issue.author_username}</span> <Ago at={issue.created_at} />
      {machine === undefined ? null : <> about <Link className="link" to="/machines/$agentId" params={{ agentId: machine.agent_id }}>{machine.name}</Link></>}
      {issue.tags.map((tag) => <Link key={tag} className="tag" to="/community" search={{ tag }}>{tag}</Link>)}
    </p>
  );
}

function Actions({ issue }: { issue: Issue }) {
  const update = useUpdateIssue(issue.id);
  const remove = useDeleteIssue(issue.id);
  const navigate = useNavigate();
  const edit = () => openIssueForm('Edit the issue', {
    initial: { title: issue.title, description: issue.description, machine_id: issue.machine_id, tags: issue.tags }, verb: 'Save changes', save: (fields) => update.mutateAsync(fields),
  });
  const ask = () => confirm({
    title: 'Delete this issue?',
    text: 'Its fixes and likes go with it.',
    verb: 'Delete issue',
    act: async () => {
      await remove.mutateAsync();
      await navigate({ to: '/community' });
    },
    done: () => showDone('The issue was deleted'),
  });
  return (
    <>
      <Select className="state-select" aria-label="State" data={[...ISSUE_STATES]} allowDeselect={false} value={issue.status} onChange={(chosen) => { const status = readState(chosen); if (status !== undefined) update.mutate({ status }, { onError: showError }); }} />
      <Menu position="bottom-end">
        <Menu.Target><Button variant="default" rightSection={<IconChevronDown size={15} />}>Actions</Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={edit}>Edit…</Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>Delete…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
