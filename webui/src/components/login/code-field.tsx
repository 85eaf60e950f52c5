/** Six digits, typed or pasted in any spelling; pasting all of them sends them off. */
import { TextInput } from '@mantine/core';
import { type ClipboardEvent, forwardRef } from 'react';

const DIGITS = 6;

type Props = { label: string; description?: string; value: string; error?: string | undefined; change: (code: string) => void; complete: (code: string) => void };

const digitsOf = (text: string) => text.replace(/\D/g, '').slice(0, DIGITS);

export function isCode(text: string): boolean {
  return text.length === DIGITS;
}

export const CodeField = forwardRef<HTMLInputElement, Props>(function CodeField({ label, description, value, error, change, complete }, ref) {
  const paste = (event: ClipboardEvent) => {
    const code = digitsOf(event.clipboardData.getData('text'));
    if (!isCode(code)) return;
    event.preventDefault();
    change(code);
    complete(code);
  };
  return (
    <TextInput ref={ref} label={label} description={description} error={error} name="code" inputMode="numeric" autoComplete="one-time-code" autoFocus data-autofocus required withAsterisk={false}
      size="md" className="code-input" spellCheck={false} placeholder="000000" value={value} onChange={(event) => change(digitsOf(event.currentTarget.value))} onPaste={paste} />
  );
});
