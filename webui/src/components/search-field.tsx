/** A search that is asked once the typing pauses; `/` leads into it. */
import { TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';

const PAUSE_MS = 300;

type Props = { label: string; placeholder: string; value: string; search: (text: string) => void };

export function SearchField({ label, placeholder, value, search }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const ask = useDebouncedCallback((next: string) => search(next.trim()), PAUSE_MS);
  // The address changed by itself (a link, the way back): what is typed meanwhile stays.
  useEffect(() => setText((now) => (now.trim() === value ? now : value)), [value]);
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput ref={input} className="filter" type="search" aria-label={label} aria-keyshortcuts="/" placeholder={placeholder} leftSection={<IconSearch size={16} />}
      rightSection={text === '' ? <kbd className="key" aria-hidden="true">/</kbd> : null} spellCheck={false} maxLength={200} value={text}
      onChange={(event) => { setText(event.currentTarget.value); ask(event.currentTarget.value); }} />
  );
}
