/** An issue in the writing: what is wrong, where, under which words others will find it. */
import { Button, Select, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { useMachines } from '@/api/machines';
import { PictureButton } from '@/components/community/picture-button';
import { Failure } from '@/components/states';
import { readTags, withLine } from '@/lib/issues';

export type IssueFields = { title: string; description: string; machine_id: string; tags: string[] };
type Props = { initial: IssueFields; verb: string; save: (fields: IssueFields) => Promise<unknown> };

function IssueForm({ initial, verb, save }: Props) {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const machines = useMachines(false).data ?? [];
  const form = useForm({
    initialValues: { ...initial, tags: initial.tags.join(', ') },
    validate: {
      title: (title) => (title.trim() === '' ? 'Say in a line what is wrong' : title.trim().length > 200 ? 'At most 200 characters' : null),
      description: (text) => (text.trim() === '' ? 'Describe what you see and what you expected' : null),
      tags: (tags) => (readTags(tags).length > 10 ? 'At most ten' : readTags(tags).some((tag) => tag.length > 32) ? 'At most 32 characters each' : null),
    },
  });
  const submit = form.onSubmit(async ({ tags, ...fields }) => {
    setState({ busy: true, error: null });
    try {
      await save({ ...fields, tags: readTags(tags) });
      modals.closeAll();
    } catch (error) {
      setState({ busy: false, error });
    }
  });
  return (
    <form className="dialog-form" onSubmit={submit}>
      <TextInput label="Title" data-autofocus autoComplete="off" {...form.getInputProps('title')} />
      <Textarea label="Description" description="Markdown; nobody outside the organization reads it" autosize minRows={6} maxRows={16} {...form.getInputProps('description')} />
      <div className="row"><PictureButton add={(picture) => form.setFieldValue('description', (now) => withLine(now, picture))} /></div>
      <div className="field-pair">
        <Select label="Machine" placeholder="None" searchable clearable limit={50} data={machines.map((machine) => ({ value: machine.agent_id, label: machine.name }))} comboboxProps={{ withinPortal: false }}
          value={form.values.machine_id === '' ? null : form.values.machine_id} onChange={(id) => form.setFieldValue('machine_id', id ?? '')} />
        <TextInput label="Tags" placeholder="disk, nginx" autoComplete="off" {...form.getInputProps('tags')} />
      </div>
      {state.error === null ? null : <Failure error={state.error} />}
      <div className="dialog-actions">
        <Button variant="default" onClick={() => modals.closeAll()}>Cancel</Button>
        <Button type="submit" loading={state.busy}>{verb}</Button>
      </div>
    </form>
  );
}

export function openIssueForm(title: string, props: Props): void {
  modals.open({ title, size: 'lg', children: <IssueForm {...props} /> });
}
