/** The keys of the terminals, and the one setting that has to be found by those who need it. */
import { ActionIcon, Kbd, Popover, Switch } from '@mantine/core';
import { IconKeyboard } from '@tabler/icons-react';
import { useState } from 'react';
import { terminals } from '@/components/terminal/store';
import { KEY_GUIDE } from '@/lib/terminal-keys';
import { preferences } from '@/lib/terminal-preferences';

export function Guide() {
  const [screenReader, setScreenReader] = useState(() => preferences().screenReader);
  const change = (on: boolean) => {
    setScreenReader(on);
    terminals.setScreenReader(on);
  };
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus transitionProps={{ duration: 0 }}>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Keys and settings" title="Keys and settings">
          <IconKeyboard size={18} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown className="fl-guide" aria-label="Keys and settings">
        <dl>
          {KEY_GUIDE.map(([keys, what]) => (
            <div key={keys}>
              <dt>{what}</dt>
              <dd>
                <Kbd size="xs">{keys}</Kbd>
              </dd>
            </div>
          ))}
        </dl>
        <Switch size="xs" label="Screen reader mode" checked={screenReader} onChange={(event) => change(event.currentTarget.checked)} />
      </Popover.Dropdown>
    </Popover>
  );
}
