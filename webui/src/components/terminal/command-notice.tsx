/** What a command answered that the same person sent over the API: beside the screen, so that the screen stays the shell's. */
import { CloseButton } from '@mantine/core';
import type { CommandAnswer } from '@/components/terminal/view';
import { excerpt } from '@/lib/plain-text';

const SHOWN_LINES = 6;

type Props = { answer: CommandAnswer; dismiss: () => void };

export function CommandNotice({ answer, dismiss }: Props) {
  const { text, more } = excerpt(answer.output, SHOWN_LINES);
  const command = excerpt(answer.command, 1);
  return (
    <section className="fl-notice fl-answer" data-tone={answer.exit_code === 0 ? 'plain' : 'warn'} aria-label="Command sent over the API">
      <div className="fl-notice-words">
        <div className="fl-notice-head">
          <code className="fl-notice-command" title={answer.command}>{command.text}{command.more > 0 ? ' …' : ''}</code>
          <span className="pill" data-kind={answer.exit_code === 0 ? 'good' : 'bad'}>{answer.exit_code === null ? 'did not end' : `exit ${answer.exit_code}`}</span>
        </div>
        {text === '' ? <span className="dimmed">No output.</span> : <pre className="fl-notice-shown" tabIndex={0} aria-label="Output" role="group">{text}</pre>}
        <span className="fl-notice-foot">Sent over the API{more > 0 ? `; ${more} more ${more === 1 ? 'line' : 'lines'} in its answer` : ''}</span>
      </div>
      <div className="fl-notice-action"><CloseButton size="sm" aria-label="Dismiss" onClick={dismiss} /></div>
    </section>
  );
}
