/** How sure the log is of a line: the person reading it must not have to guess. */
import { Tooltip } from '@mantine/core';
import { IconHelpCircle } from '@tabler/icons-react';

const METHODS: Record<string, string> = {
  bash: 'reported by bash', zsh: 'reported by zsh', fish: 'reported by fish', keystrokes: 'seen as keystrokes', api: 'sent over the API',
};

export function Evidence({ log }: { log: { method: string; confidence: string } }) {
  const method = log.method ? (METHODS[log.method] ?? log.method) : 'not stated';
  if (log.confidence !== 'low' && log.confidence !== 'medium') return <span className="dimmed small">{method}</span>;
  return (
    <Tooltip label="The shell itself did not vouch for this line">
      <span className="evidence-low small" tabIndex={0}><IconHelpCircle size={14} aria-hidden="true" />{method}, {log.confidence} confidence</span>
    </Tooltip>
  );
}
