import type { MachineRole } from '@/api/types';

/** The machine roles as choices; the relay knows more spellings of the same two. */
export const MACHINE_ROLES: readonly { value: MachineRole; label: string }[] = [{ value: 'non-sudo', label: 'Shell' }, { value: 'sudo', label: 'Shell and sudo' }];

/** The role a field names. */
export function readMachineRole(text: string | null): MachineRole {
  return text === 'sudo' ? 'sudo' : 'non-sudo';
}

/** The two spellings of the one machine role that allows sudo. */
export function isSudo(machineRole: string): boolean {
  return machineRole === 'sudo' || machineRole === 'allow_sudo';
}
