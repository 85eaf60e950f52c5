/** Who is signed in, how the console looks, and the way out. */
import { ActionIcon, Avatar, Menu, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconKey, IconLogout, IconMoon, IconSun } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { logout } from '@/api/auth';
import type { User } from '@/api/types';

const ROLES: Record<string, string> = { super_admin: 'Super administrator', company_admin: 'Administrator', user: 'User' };

function initials({ first_name, last_name, username }: User): string {
  return ((first_name?.[0] ?? '') + (last_name?.[0] ?? '')).toUpperCase() || username.slice(0, 2).toUpperCase();
}

export function UserMenu({ user }: { user: User }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('dark');
  const here = useLocation({ select: (location) => location.href });
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <div className="header-end">
      <Tooltip label={`Switch to ${other}`}>
        <ActionIcon variant="subtle" color="gray" size="lg" className="quiet-icon" aria-label={`Switch to the ${other} theme`} onClick={() => setColorScheme(other)}>
          {scheme === 'dark' ? <IconSun size={18} /> : <IconMoon size={18} />}
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end" width={248}>
        <Menu.Target>
          <button type="button" className="avatar-button" aria-label={`${initials(user)}, account of ${user.username}`}><Avatar size={30} color="line" variant="light">{initials(user)}</Avatar></button>
        </Menu.Target>
        <Menu.Dropdown>
          <div className="account">
            <strong>{`${user.first_name ?? ''} ${user.last_name ?? ''}`.trim() || user.username}</strong>
            <span>{user.email}</span>
            <span>{ROLES[user.role] ?? user.role} of {user.tenant_name}</span>
          </div>
          <Menu.Divider />
          <Menu.Label>Theme</Menu.Label>
          <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as 'auto' | 'dark' | 'light')}>
            <Menu.RadioItem value="auto">As the system</Menu.RadioItem>
            <Menu.RadioItem value="dark">Dark</Menu.RadioItem>
            <Menu.RadioItem value="light">Light</Menu.RadioItem>
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Item component={Link} to="/password" search={{ next: here } as never} leftSection={<IconKey size={16} />}>Change password</Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void logout()}>Sign out</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
