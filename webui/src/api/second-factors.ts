/** What the person proves beside the password: authenticator apps, passkeys, recovery codes. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { AddedFactor, SecondFactors } from '@/api/types';
import { makePasskey } from '@/lib/passkeys';

const KEY = ['second-factors'];

export function useSecondFactors() {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }): Promise<SecondFactors> => answered(await relay.GET('/api/profile/second-factors', { signal })),
  });
}

type Named = { name: string; current_password: string };

/** An authenticator app counts once a code of it was confirmed. */
export function useBeginTotp() {
  return useMutation({ mutationFn: async (body: Named) => answered(await relay.POST('/api/profile/second-factors/totp', { body })) });
}

export async function confirmTotp(id: string, code: string): Promise<AddedFactor> {
  return answered(await relay.POST('/api/profile/second-factors/totp/{factor_id}/confirm', { params: { path: { factor_id: id } }, body: { code } }));
}

export function useAddPasskey() {
  return useMutation({
    mutationFn: async ({ name, current_password }: Named): Promise<AddedFactor> => {
      const { options } = answered(await relay.POST('/api/profile/second-factors/passkey/options', { body: { current_password } }));
      const credential = await makePasskey(options);
      return answered(await relay.POST('/api/profile/second-factors/passkey', { body: { name, credential } }));
    },
  });
}

/** For when something was added or used up. */
export function useFactorsChanged(): () => void {
  const cache = useQueryClient();
  return () => void cache.invalidateQueries({ queryKey: KEY });
}

export function useRemoveFactor(id: string) {
  return useMutation({ mutationFn: (current_password: string) => relay.DELETE('/api/profile/second-factors/{factor_id}', { params: { path: { factor_id: id } }, body: { current_password } }), onSuccess: useFactorsChanged() });
}

export function useNewRecoveryCodes() {
  return useMutation({
    mutationFn: async (current_password: string) => answered(await relay.POST('/api/profile/recovery-codes', { body: { current_password } })).recovery_codes,
    onSuccess: useFactorsChanged(),
  });
}

/** Takes them from somebody else, who lost them. */
export function useResetFactors(userId: string) {
  return useMutation({ mutationFn: () => relay.DELETE('/api/users/{user_id}/second-factors', { params: { path: { user_id: userId } } }) });
}
