/** What people change about themselves. */
import { answered, relay } from '@/api/client';
import { passwordChosen } from '@/lib/auth';

/** This sign-in goes on; every other one of the person ends. Throws ApiError with the relay's text. */
export async function changePassword(current: string, next: string): Promise<void> {
  answered(await relay.POST('/api/profile/reset-password', { body: { current_password: current, new_password: next } }));
  passwordChosen();
}
