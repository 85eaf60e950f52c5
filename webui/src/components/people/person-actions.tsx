/** What else can be done about an account: a new password, an end for a while, an end for good. */
import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconKey, IconShieldX, IconTrash, IconUserCheck, IconUserOff } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import type { Person } from '@/api/types';
import { useResetFactors } from '@/api/second-factors';
import { useDeleteUser, useUpdateUser } from '@/api/users';
import { confirm, showDone, showError } from '@/components/confirm';
import { openSetPassword } from '@/components/people/set-password';
import { useUser } from '@/lib/session';

export function PersonActions({ person }: { person: Person }) {
  const own = useUser().id === person.id;
  const update = useUpdateUser(person.id);
  const enable = () => update.mutate({ enabled: true }, { onSuccess: () => showDone(`${person.username} can sign in again`), onError: showError });
  if (own) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button variant="default" rightSection={<IconChevronDown size={15} />}>Actions</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconKey size={16} />} onClick={() => openSetPassword(person)}>Set a password…</Menu.Item>
        <ResetFactors person={person} />
        {person.enabled ? <Disable person={person} /> : <Menu.Item leftSection={<IconUserCheck size={16} />} onClick={enable}>Enable the account</Menu.Item>}
        <Menu.Divider />
        <Delete person={person} />
      </Menu.Dropdown>
    </Menu>
  );
}

function ResetFactors({ person }: { person: Person }) {
  const reset = useResetFactors(person.id);
  const ask = () => confirm({
    title: `Reset the second factors of ${person.username}?`,
    text: 'Their authenticator codes, passkeys and recovery codes stop working. Make sure by another way that it is really them who asked. They are signed out everywhere.',
    verb: 'Reset second factors',
    act: () => reset.mutateAsync(),
    done: () => showDone(`${person.username} has no second factor any more`),
  });
  return <Menu.Item leftSection={<IconShieldX size={16} />} onClick={ask}>Reset second factors…</Menu.Item>;
}

function Disable({ person }: { person: Person }) {
  const update = useUpdateUser(person.id);
  const ask = () => confirm({
    title: `Disable ${person.username}?`,
    text: 'They are signed out everywhere and their open shells end now. Nothing is deleted; the account can be enabled again.',
    verb: 'Disable account',
    act: () => update.mutateAsync({ enabled: false }),
    done: () => showDone(`${person.username} is signed out and cannot sign in`),
  });
  return <Menu.Item leftSection={<IconUserOff size={16} />} onClick={ask}>Disable the account…</Menu.Item>;
}

function Delete({ person }: { person: Person }) {
  const remove = useDeleteUser(person.id);
  const navigate = useNavigate();
  const ask = () => confirm({
    title: `Delete ${person.username}?`,
    text: 'The account, its grants and its places in groups are gone for good, and open shells end now. Machines they own become yours. The logs keep what they did.',
    verb: 'Delete account',
    act: async () => {
      await remove.mutateAsync();
      await navigate({ to: '/people' });
    },
    done: () => showDone(`${person.username} was deleted`),
  });
  return <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={ask}>Delete the account…</Menu.Item>;
}
