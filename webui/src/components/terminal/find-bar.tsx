/** Finds text in one terminal's scrollback; Enter goes up through the matches, Shift+Enter down, Escape ends it. */
import { ActionIcon, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconLetterCase, IconRegex, IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { TerminalSession } from '@/components/terminal/session';
import { FIND_MARKS } from '@/lib/terminal-theme';

type Found = { resultIndex: number; resultCount: number };

export function FindBar({ session, onEnd }: { session: TerminalSession; onEnd: () => void }) {
  const [text, setText] = useState('');
  const [caseSensitive, setCaseSensitive] = useState(false);
  const [regex, setRegex] = useState(false);
  const [found, setFound] = useState<Found | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const { search } = session.emulator;
  const broken = regex && !isPattern(text);

  const find = (direction: 'up' | 'down') => {
    if (text === '' || broken) return search.clearDecorations();
    const options = { caseSensitive, regex, decorations: marks() };
    return direction === 'up' ? search.findPrevious(text, options) : search.findNext(text, options);
  };

  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const subscription = search.onDidChangeResults(setFound);
    return () => {
      subscription.dispose();
      search.clearDecorations();
    };
  }, [search]);
  useEffect(() => {
    if (text === '') setFound(null);
    // addon-search 0.16 marks anew for another text only, not for another way of looking.
    search.clearDecorations();
    find('up');
    // oxlint-disable-next-line react/exhaustive-deps -- find is made anew each time from exactly these
  }, [text, caseSensitive, regex]);

  return (
    <search className="fl-find">
      <TextInput
        size="xs"
        aria-label="Find in terminal"
        placeholder="Find"
        value={text}
        error={broken}
        ref={field}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onEnd();
          if (event.key === 'Enter') find(event.shiftKey ? 'down' : 'up');
        }}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <output className="fl-find-count">{broken ? 'not a pattern' : count(found)}</output>
      <Toggle label="Match case" on={caseSensitive} set={setCaseSensitive}>
        <IconLetterCase size={16} />
      </Toggle>
      <Toggle label="Regular expression" on={regex} set={setRegex}>
        <IconRegex size={16} />
      </Toggle>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label="Previous match" onClick={() => find('up')}>
        <IconArrowUp size={16} />
      </ActionIcon>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label="Next match" onClick={() => find('down')}>
        <IconArrowDown size={16} />
      </ActionIcon>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label="Close find" onClick={onEnd}>
        <IconX size={16} />
      </ActionIcon>
    </search>
  );
}

type ToggleProps = { label: string; on: boolean; set: (on: boolean) => void; children: ReactNode };

function Toggle({ label, on, set, children }: ToggleProps) {
  return (
    <ActionIcon
      size="sm"
      variant={on ? 'light' : 'subtle'}
      color={on ? 'line' : 'gray'}
      aria-label={label}
      aria-pressed={on}
      title={label}
      onClick={() => set(!on)}
    >
      {children}
    </ActionIcon>
  );
}

function count(found: Found | null): string {
  if (found === null) return '';
  if (found.resultCount === 0) return 'none';
  return found.resultIndex < 0 ? `${found.resultCount}` : `${found.resultIndex + 1} of ${found.resultCount}`;
}

function isPattern(text: string): boolean {
  try {
    return Boolean(new RegExp(text));
  } catch {
    return false;
  }
}

function marks() {
  const scheme = document.documentElement.dataset.mantineColorScheme === 'light' ? 'light' : 'dark';
  const { matchBackground, activeMatchBackground, activeMatchBorder } = FIND_MARKS[scheme];
  const ruler = { matchOverviewRuler: activeMatchBackground, activeMatchColorOverviewRuler: activeMatchBorder };
  return { matchBackground, activeMatchBackground, activeMatchBorder, ...ruler };
}
