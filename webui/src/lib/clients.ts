/** With what somebody came: the console, a command line, an editor, and which browser on which system. */
const SOURCES: Record<string, string> = { ui: 'console', cli: 'command line', vscode: 'VS Code' };

export function sourceName(source: string): string {
  return SOURCES[source] ?? source;
}

export function cameFrom(client: { source: string; browser: string; os: string }): string {
  return [sourceName(client.source), client.browser, client.os].filter((part) => part !== '' && part !== 'Unknown').join(' · ');
}
