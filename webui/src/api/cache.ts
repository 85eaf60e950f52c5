/** The one query cache: what it retries, and for how long an answer counts as fresh. */
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/api/errors';

/** A refusal (4xx) will not change by asking again; a broken line might. */
function retry(failures: number, error: unknown): boolean {
  if (error instanceof ApiError && error.status > 0 && error.status < 500) return false;
  return failures < 2;
}

export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry, staleTime: 2_000, refetchOnWindowFocus: true } },
});
