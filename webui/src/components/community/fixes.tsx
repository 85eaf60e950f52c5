/** The fixes of an issue, the accepted one first, and a place to write another. */
import { Button, Textarea } from '@mantine/core';
import { IconCheck, IconThumbUp, IconThumbUpFilled } from '@tabler/icons-react';
import { useState } from 'react';
import { useAcceptFix, useCreateFix, useFixes, useLike } from '@/api/community';
import type { Fix, Issue } from '@/api/types';
import { Ago } from '@/components/ago';
import { WrittenText } from '@/components/community/markdown';
import { PictureButton } from '@/components/community/picture-button';
import { showError } from '@/components/confirm';
import { Failure, Loading } from '@/components/states';
import { withLine } from '@/lib/issues';

export function Fixes({ issue, mine }: { issue: Issue; mine: boolean }) {
  const { data, error } = useFixes(issue.id);
  return (
    <section className="fixes" aria-label="Fixes">
      <h2>{data === undefined ? 'Fixes' : data.length === 1 ? '1 fix' : `${data.length} fixes`}</h2>
      {error === null ? null : <Failure error={error} />}
      {data === undefined && error === null ? <div className="panel"><Loading rows={3} label="Loading fixes" /></div> : null}
      {data?.map((fix) => <OneFix key={fix.fix_id} fix={fix} mine={mine} />)}
      <NewFix issueId={issue.id} />
    </section>
  );
}

function OneFix({ fix, mine }: { fix: Fix; mine: boolean }) {
  const like = useLike(fix.issue_id);
  const accept = useAcceptFix(fix.issue_id);
  const Thumb = fix.liked_by_me ? IconThumbUpFilled : IconThumbUp;
  return (
    <article className="panel card fix" data-accepted={fix.accepted || undefined} aria-label={`Fix by ${fix.author_username}`}>
      <p className="byline dimmed"><span className="strong">{fix.author_username}</span> <Ago at={fix.created_at} />{fix.accepted ? <span className="pill" data-kind="good">solved it</span> : null}</p>
      <WrittenText text={fix.content} />
      <div className="row">
        <Button size="compact-sm" variant="default" leftSection={<Thumb size={14} />} aria-pressed={fix.liked_by_me} aria-label={`Like, ${fix.likes} so far`} onClick={() => like.mutate({ fixId: fix.fix_id, like: !fix.liked_by_me }, { onError: showError })}>{fix.likes}</Button>
        {mine && !fix.accepted ? <Button size="compact-sm" variant="default" leftSection={<IconCheck size={14} />} loading={accept.isPending} onClick={() => accept.mutate(fix.fix_id, { onError: showError })}>This solved it</Button> : null}
      </div>
    </article>
  );
}

function NewFix({ issueId }: { issueId: string }) {
  const create = useCreateFix(issueId);
  const [text, setText] = useState('');
  const write = () => create.mutate(text.trim(), { onSuccess: () => setText('') });
  return (
    <form className="panel form-panel" aria-label="Propose a fix" onSubmit={(event) => { event.preventDefault(); if (text.trim() !== '') write(); }}>
      <Textarea label="Propose a fix" placeholder="What to do, step by step. Markdown." autosize minRows={3} maxRows={14} maxLength={20_000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {create.isError ? <Failure error={create.error} /> : null}
      <div className="row"><Button type="submit" disabled={text.trim() === ''} loading={create.isPending}>Propose fix</Button><PictureButton add={(picture) => setText((now) => withLine(now, picture))} /></div>
    </form>
  );
}
