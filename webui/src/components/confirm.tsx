/** Asks before something that cannot be taken back, and shows the relay's words when it refuses. */
import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { errorText } from '@/api/errors';

type Question = { title: string; text: string; verb: string; act: () => Promise<unknown>; done?: () => void };

export function confirm({ title, text, verb, act, done }: Question): void {
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{text}</Text>,
    labels: { confirm: verb, cancel: 'Cancel' },
    confirmProps: { color: 'red' },
    onConfirm: () => void act().then(done, showError),
  });
}

export function showError(error: unknown): void {
  notifications.show({ color: 'red', title: 'That did not work', message: errorText(error) });
}

export function showDone(message: string): void {
  notifications.show({ message });
}
