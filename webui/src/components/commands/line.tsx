/** The text of a logged command, as it was typed; input that no shell reported says so instead. */
export function CommandLine({ log }: { log: { command: string; cwd?: string } }) {
  return <code className="command" title={log.cwd ? `in ${log.cwd}` : undefined}>{log.command || <span className="dimmed">input without a recorded command</span>}</code>;
}
