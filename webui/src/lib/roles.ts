/** The two spellings of the one machine role that allows sudo. */
export function isSudo(machineRole: string): boolean {
  return machineRole === 'sudo' || machineRole === 'allow_sudo';
}
