/** A first and a last day, either of which may be left open. */
import { TextInput } from '@mantine/core';

type Props = { from: string | undefined; to: string | undefined; change: (days: { from?: string; to?: string }) => void };

export function Days({ from, to, change }: Props) {
  return (
    <>
      <TextInput type="date" aria-label="First day" value={from ?? ''} max={to} onChange={(event) => change({ from: event.currentTarget.value })} />
      <TextInput type="date" aria-label="Last day" value={to ?? ''} min={from} onChange={(event) => change({ to: event.currentTarget.value })} />
    </>
  );
}
