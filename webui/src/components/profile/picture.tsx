/** A person's picture, or their initials where there is none. */
import { Avatar } from '@mantine/core';

type Named = { first_name: string; last_name: string; username: string };

export function initials({ first_name, last_name, username }: Named): string {
  return ((first_name?.[0] ?? '') + (last_name?.[0] ?? '')).toUpperCase() || username.slice(0, 2).toUpperCase();
}

export function Picture({ person, url, size }: { person: Named; url: string | null | undefined; size: number }) {
  return <Avatar size={size} color="line" variant="light" src={ownPicture(url)} alt="">{initials(person)}</Avatar>;
}

/** Only pictures this relay keeps: any other address would learn who looks. */
function ownPicture(url: string | null | undefined): string | null {
  if (url === null || url === undefined || url === '') return null;
  const { origin, pathname } = new URL(url, location.href);
  return origin === location.origin && pathname.startsWith('/uploads/') ? pathname : null;
}
