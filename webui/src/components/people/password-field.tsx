/** A password somebody will be told: readable, and copied with one click. */
import { ActionIcon, CopyButton, TextInput, type TextInputProps, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

export function PasswordField(props: TextInputProps & { value?: string }) {
  return (
    <TextInput {...props} className="mono-input" autoComplete="off" spellCheck={false} rightSection={
      <CopyButton value={props.value ?? ''}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? 'Copied' : 'Copy'}><ActionIcon variant="subtle" color="gray" onClick={copy} aria-label="Copy the password">{copied ? <IconCheck size={16} /> : <IconCopy size={16} />}</ActionIcon></Tooltip>
        )}
      </CopyButton>
    } />
  );
}
