/** Whether a new password will do, before the relay is asked; the relay decides. */

/** The relay's own smallest, unless it is configured to ask for more. */
export const SHORTEST_PASSWORD = 8;

export type PasswordFields = { readonly current: string; readonly next: string; readonly again: string };

/** What is wrong, by field; nothing where all is well. */
export function passwordFaults({ current, next, again }: PasswordFields): { next?: string; again?: string } {
  if ([...next].length < SHORTEST_PASSWORD) return { next: `At least ${SHORTEST_PASSWORD} characters` };
  if (next === current) return { next: 'This is the one you have' };
  return next === again ? {} : { again: 'Not the same as above' };
}

/** Letters and digits that nobody mistakes for one another when read aloud. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A password to hand over: four times four characters, 80 bits from the browser's own chance. */
export function newPassword(): string {
  const chosen = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => LETTERS[byte % LETTERS.length]);
  return [0, 4, 8, 12].map((from) => chosen.slice(from, from + 4).join('')).join('-');
}
