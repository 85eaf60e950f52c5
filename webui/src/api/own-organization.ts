/** The organization one is in; only its administrators may ask. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import { renameTenant } from '@/lib/auth';

const KEY = ['own-organization'];

export function useOwnOrganization() {
  return useQuery({ queryKey: KEY, queryFn: async ({ signal }) => answered(await relay.GET('/api/organization', { signal })).organization });
}

export function useUpdateOwnOrganization() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (body: { display_name?: string; second_factor_required?: boolean }) => answered(await relay.PUT('/api/organization', { body })).organization,
    onSuccess: (organization) => {
      renameTenant(organization.display_name);
      cache.setQueryData(KEY, organization);
      // What is asked next says whether the person may still ask.
      return cache.invalidateQueries();
    },
  });
}
