/** The relay's objects as the screens use them. */
export type MachineStatus = 'online' | 'offline' | 'pending';
export type MachineRole = 'sudo' | 'non-sudo';

export type Machine = {
  machine_id: string;
  agent_id: string;
  name: string;
  description: string;
  hostname: string;
  os: string;
  arch: string;
  ip_address: string;
  ip_addresses: string[];
  linux_user: string;
  allow_sudo: boolean;
  agent_version: string;
  status: string;
  is_connected: boolean;
  cpu_percent: number | null;
  memory_percent: number | null;
  disk_percent: number | null;
  network_rx_bytes: number | null;
  network_tx_bytes: number | null;
  uptime: string;
  uptime_seconds: number | null;
  last_active: string | null;
  tags: string[];
  metadata: Record<string, string>;
  group_ids: string[];
  owner_id: string;
  tenant_id: string;
  created_at: string;
};

/** The answer to adding a machine: the only time the token is shown. */
export type NewMachine = Machine & {
  registration_token: string;
  registration_expires_at: string;
  install_command: string;
};

export type User = {
  id: string;
  username: string;
  email: string;
  first_name: string;
  last_name: string;
  tenant_id: string;
  tenant_name: string;
  role: string;
  machine_role: string;
  groups: string[];
  email_verified: boolean;
  api_key?: string | undefined;
};

export type CommandLog = {
  id: string;
  command: string;
  user_id: string;
  username: string;
  timestamp: string;
  success: boolean | null;
  source: string;
  session_id: string;
  exit_code: number | null;
  duration_ms: number | null;
  cwd?: string | null;
  method?: string | null;
  confidence?: string | null;
};

export type TerminalSession = {
  session_id: string;
  agent_id: string;
  machine_name: string;
  user_id: string;
  username: string;
  source: string;
  status: string;
  started_at: string;
  ended_at: string | null;
  browser: string;
  os: string;
  ip_address: string;
  command_count: number;
  duration_seconds: number | null;
  close_reason: string | null;
};

export type AccessUser = {
  user_id: string;
  username: string;
  email: string;
  role: string;
  machine_role: string;
  via: 'direct' | 'group';
  group_id: string | null;
  granted_by: string | null;
  granted_at: string | null;
  expires_at: string | null;
};

export type Group = {
  id: string;
  name: string;
  description: string;
  member_count: number;
  machine_count: number;
  created_at: string;
};

export type GroupMember = { user_id: string; username: string; email: string; role: string };
export type GroupMachine = { agent_id: string; name: string; status: string };
