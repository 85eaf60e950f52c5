/** Issues people of one organization write, and the fixes they find. */
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, relay } from '@/api/client';
import type { IssueChange, IssueDraft, IssueStatus } from '@/api/types';

const ROWS = 25;
const at = (issueId: string) => ({ path: { issue_id: issueId } });
const fixAt = (issueId: string, fixId: string) => ({ path: { issue_id: issueId, fix_id: fixId } });
const forget = (cache: QueryClient) => cache.invalidateQueries({ queryKey: ['issues'] });

export type IssueSearch = { q?: string; status?: IssueStatus; tag?: string; page?: number };

export function useIssues(search: IssueSearch) {
  return useQuery({
    queryKey: ['issues', 'list', search],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/community/issues', { params: { query: { ...search, page: search.page ?? 1, limit: ROWS } }, signal })),
    placeholderData: (previous) => previous,
  });
}

export function useIssue(issueId: string) {
  return useQuery({
    queryKey: ['issues', issueId],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/community/issues/{issue_id}', { params: at(issueId), signal })).issue,
  });
}

export function useFixes(issueId: string) {
  return useQuery({
    queryKey: ['issues', issueId, 'fixes'],
    queryFn: async ({ signal }) => answered(await relay.GET('/api/community/issues/{issue_id}/fixes', { params: at(issueId), signal })).fixes,
  });
}

export function useCreateIssue() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (draft: IssueDraft) => answered(await relay.POST('/api/community/issues', { body: draft })).issue,
    onSuccess: () => forget(cache),
  });
}

export function useUpdateIssue(issueId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (change: IssueChange) => relay.PUT('/api/community/issues/{issue_id}', { params: at(issueId), body: change }),
    onSuccess: () => forget(cache),
  });
}

export function useDeleteIssue(issueId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => relay.DELETE('/api/community/issues/{issue_id}', { params: at(issueId) }),
    onSuccess: () => {
      cache.removeQueries({ queryKey: ['issues', issueId] });
      return cache.invalidateQueries({ queryKey: ['issues', 'list'] });
    },
  });
}

export function useCreateFix(issueId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (content: string) => relay.POST('/api/community/issues/{issue_id}/fixes', { params: at(issueId), body: { content } }),
    onSuccess: () => forget(cache),
  });
}

export function useLike(issueId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ fixId, like }: { fixId: string; like: boolean }) => (like
      ? relay.POST('/api/community/issues/{issue_id}/fixes/{fix_id}/like', { params: fixAt(issueId, fixId) })
      : relay.DELETE('/api/community/issues/{issue_id}/fixes/{fix_id}/like', { params: fixAt(issueId, fixId) })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['issues', issueId, 'fixes'] }),
  });
}

export function useAcceptFix(issueId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (fixId: string) => relay.POST('/api/community/issues/{issue_id}/fixes/{fix_id}/accept', { params: fixAt(issueId, fixId) }),
    onSuccess: () => forget(cache),
  });
}

/** Gives the picture's address on this relay. */
export function useUploadPicture() {
  return useMutation({
    mutationFn: async (file: File) => answered(await relay.POST('/api/community/upload', { body: { file: file as unknown as string }, bodySerializer: () => pictureForm(file) })).url,
  });
}

function pictureForm(file: File): FormData {
  const form = new FormData();
  form.append('file', file);
  return form;
}
