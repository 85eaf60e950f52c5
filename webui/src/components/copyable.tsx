/** A command to copy: the whole text, selectable, and one button that says it worked. */
import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';

export function Copyable({ text, label, prominent = false }: { text: string; label: string; prominent?: boolean }) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no');
  const copy = () => {
    navigator.clipboard.writeText(text).then(() => setCopied('yes'), () => setCopied('failed'));
  };
  return (
    <div className="copyable">
      <pre tabIndex={0} aria-label={label} role="region"><code>{text}</code></pre>
      <Button variant={prominent ? 'filled' : 'light'} onClick={copy} leftSection={copied === 'yes' ? <IconCheck size={16} /> : <IconCopy size={16} />} aria-live="polite">
        {{ no: 'Copy', yes: 'Copied', failed: 'Select and copy' }[copied]}
      </Button>
    </div>
  );
}
