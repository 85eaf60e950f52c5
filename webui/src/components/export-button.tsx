/** The whole selection as a file, in one of the relay's forms. */
import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { showError } from '@/components/confirm';
import { saveFile } from '@/lib/download';

type Form = 'csv' | 'jsonl';
type Props = { name: string; lines: string; fetchFile: (form: Form) => Promise<Blob> };

export function ExportButton({ name, lines, fetchFile }: Props) {
  const [busy, setBusy] = useState(false);
  const save = (form: Form) => {
    setBusy(true);
    void fetchFile(form).then((file) => saveFile(file, `${name}.${form}`), showError).finally(() => setBusy(false));
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button variant="default" leftSection={<IconDownload size={16} />} loading={busy}>Export</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save('csv')}>CSV, for a spreadsheet</Menu.Item>
        <Menu.Item onClick={() => save('jsonl')}>{lines}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
