/** The commands that bring a machine in, for whoever does not want to pipe a script into a shell. */
import type { NewMachine } from '@/api/types';

/** Where the installer puts the agent, too: its service starts it from there. */
const HOME = '/opt/fairlead-agent';
const AGENT = `${HOME}/agent.pyz`;

/** A word as POSIX shells take it literally. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Where the relay says machines reach it: the address in its own command, else the one this page came from. */
export function relayUrl(installCommand: string, origin: string): string {
  const found = /https?:\/\/[^\s'"|]+/.exec(installCommand)?.[0];
  return found === undefined ? origin : new URL(found).origin;
}

/** The same enrolment in single steps, each of which can be read before it runs. */
export function manualSteps(machine: Pick<NewMachine, 'install_command' | 'registration_token' | 'linux_user'>, origin: string): string {
  const server = quoted(relayUrl(machine.install_command, origin));
  const user = machine.linux_user ? ` --linux-user ${quoted(machine.linux_user)}` : '';
  return [
    `sudo install -d ${HOME}`,
    `sudo curl -fsSL -o ${AGENT} ${server}/agent.pyz`,
    `sudo python3 ${AGENT} enroll --server ${server} --token ${quoted(machine.registration_token)}${user}`,
    `sudo python3 ${AGENT} install   # without systemd: run`,
  ].join('\n');
}
