/** Who is signed in, how the console looks, and the way out. */
import { ActionIcon, Menu, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconKey, IconLogout, IconMoon, IconSun, IconUserCircle } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { logout } from '@/api/auth';
import { useProfile } from '@/api/profile';
import type { User } from '@/api/types';
import { initials, Picture } from '@/components/profile/picture';
import { fullName, roleName } from '@/lib/people';

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
          <button type="button" className="avatar-button" aria-label={`${initials(user)}, account of ${user.username}`}><Picture person={user} url={useProfile().data?.user.avatar_url} size={30} /></button>
        </Menu.Target>
        <Menu.Dropdown>
          <div className="account">
            <strong>{fullName(user)}</strong>
            <span>{user.email}</span>
            <span>{roleName(user.role)} of {user.tenant_name}</span>
          </div>
          <Menu.Divider />
          <Menu.Label>Theme</Menu.Label>
          <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as 'auto' | 'dark' | 'light')}>
            <Menu.RadioItem value="auto">As the system</Menu.RadioItem>
            <Menu.RadioItem value="dark">Dark</Menu.RadioItem>
            <Menu.RadioItem value="light">Light</Menu.RadioItem>
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Item component={Link} to="/profile" leftSection={<IconUserCircle size={16} />}>Profile</Menu.Item>
          <Menu.Item component={Link} to="/password" search={{ next: here } as never} leftSection={<IconKey size={16} />}>Change password</Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void logout()}>Sign out</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
