/** What people see and change about themselves. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { Profile } from '@/api/types';
import { passwordChosen } from '@/lib/auth';

const PROFILE = ['profile'];
const LOGINS = ['profile', 'logins'];
/** The most the relay lists at once. */
const ROWS = 100;
const LIVE_MS = 15_000;

/** Without the account key, which is fetched only to be shown. */
export function useProfile() {
  return useQuery({
    queryKey: PROFILE,
    queryFn: async ({ signal }): Promise<{ user: Profile; sends_mail: boolean }> => {
      const { user: { api_key: _kept, ...user }, sends_mail } = answered(await relay.GET('/api/profile', { signal }));
      return { user, sends_mail };
    },
    staleTime: 60_000,
  });
}

/** This sign-in goes on; every other one of the person ends. Throws ApiError with the relay's text. */
export async function changePassword(current: string, next: string): Promise<void> {
  answered(await relay.POST('/api/profile/reset-password', { body: { current_password: current, new_password: next } }));
  passwordChosen();
}

export async function revealKey(): Promise<string> {
  return answered(await relay.GET('/api/profile')).user.api_key;
}

export async function newKey(): Promise<string> {
  return answered(await relay.POST('/api/profile/regenerate-api-key')).api_key;
}

/** A picture from this computer; null takes the present one away. */
export function useSetAvatar() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (picture: File | null) => {
      if (picture === null) return answered(await relay.POST('/api/profile/upload-avatar', { body: { avatar_url: '' } }));
      const form = new FormData();
      form.set('file', picture);
      return answered(await relay.POST('/api/profile/upload-avatar', { body: form as never, bodySerializer: (body: unknown) => body as FormData }));
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: PROFILE, exact: true }),
  });
}

export function useResendVerification() {
  return useMutation({ mutationFn: async () => relay.POST('/api/auth/verify-email/resend') });
}

export function useLogins() {
  return useQuery({
    queryKey: LOGINS,
    queryFn: async ({ signal }) => answered(await relay.GET('/api/profile/logins', { params: { query: { limit: ROWS } }, signal })),
    refetchInterval: LIVE_MS,
  });
}

export function useEndLogins() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const id of ids) await relay.DELETE('/api/profile/logins/{login_id}', { params: { path: { login_id: id } } });
    },
    // Also after a refusal in the middle: the ones before it have ended.
    onSettled: () => cache.invalidateQueries({ queryKey: LOGINS }),
  });
}
