/** Recovery codes, the only time they are shown. */
import { Button, Checkbox } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { saveFile } from '@/lib/download';

type Props = { codes: readonly string[]; username: string; done: () => void };

export function RecoveryCodes({ codes, username, done }: Props) {
  const [kept, setKept] = useState(false);
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no');
  const copy = () => navigator.clipboard.writeText(codes.join('\n')).then(() => setCopied('yes'), () => setCopied('failed'));
  const save = () => saveFile(new Blob([`Fairlead recovery codes of ${username} at ${location.host}\nEach works once, in the place of your second factor.\n\n${codes.join('\n')}\n`], { type: 'text/plain' }), 'fairlead-recovery-codes.txt');
  return (
    <div className="factor-setup">
      <p className="flush">These let you in when your second factor is lost. Each works once, and they are <strong>not shown again</strong>.</p>
      <ul className="recovery-codes" aria-label="Recovery codes">{codes.map((code) => <li key={code}>{code}</li>)}</ul>
      <div className="row">
        <Button variant="default" leftSection={copied === 'yes' ? <IconCheck size={16} /> : <IconCopy size={16} />} aria-live="polite" onClick={() => void copy()}>{{ no: 'Copy all', yes: 'Copied', failed: 'Select and copy' }[copied]}</Button>
        <Button variant="default" leftSection={<IconDownload size={16} />} onClick={save}>Download</Button>
      </div>
      <Checkbox label="I have put them where I find them without this device" checked={kept} onChange={(event) => setKept(event.currentTarget.checked)} />
      <Button disabled={!kept} onClick={done}>Done</Button>
    </div>
  );
}
