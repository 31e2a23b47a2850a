import { useQuery } from '@tanstack/react-query';
import { all, client, take } from './client';
import { useSession } from './session';
import type { Permission } from './types';

const LIMIT = 200;
const ASK_AGAIN_MS = 2_000;
const RARELY = { staleTime: 60_000 };

export function useMe() {
  const username = useSession((session) => session.username);
  return useQuery({ queryKey: ['me', username], queryFn: () => take(client.GET('/v1/me')), enabled: username !== null, ...RARELY });
}

export function useMay(permission: Permission): boolean {
  return useMe().data?.permissions.includes(permission) ?? false;
}

export function useStatuses() {
  return useQuery({
    queryKey: ['presence-statuses'],
    queryFn: () => all((cursor) => take(client.GET('/v1/presence-statuses', { params: { query: { limit: LIMIT, cursor } } }))),
    select: (items) => [...items].sort((a, b) => (a.sort ?? 0) - (b.sort ?? 0)),
    ...RARELY,
  });
}

export function useWrapUpCodes() {
  return useQuery({
    queryKey: ['wrap-up-codes'],
    queryFn: () => all((cursor) => take(client.GET('/v1/wrap-up-codes', { params: { query: { limit: LIMIT, cursor } } }))),
    select: (items) => [...items].sort((a, b) => (a.sort ?? 0) - (b.sort ?? 0)),
    ...RARELY,
  });
}

export function useQueues() {
  return useQuery({
    queryKey: ['queues'],
    queryFn: () => all((cursor) => take(client.GET('/v1/queues', { params: { query: { limit: LIMIT, cursor } } }))),
    ...RARELY,
  });
}

/** Everybody's and everything's name by id, for whoever is signed in. */
export function useNames(): (id: string | null | undefined) => string | undefined {
  const names = useQuery({
    queryKey: ['names'],
    queryFn: async () => {
      const entries = await all((cursor) => take(client.GET('/v1/directory', { params: { query: { limit: LIMIT, cursor } } })));
      return new Map(entries.map((entry) => [entry.id, entry.name]));
    },
    ...RARELY,
  });
  return (id) => {
    const name = id ? names.data?.get(id) : undefined;
    // Somebody who was made since then: looked up again, but not in a storm.
    if (id && !name && names.data && !names.isFetching && Date.now() - names.dataUpdatedAt > ASK_AGAIN_MS) setTimeout(() => void names.refetch());
    return name;
  };
}

export function useDirectory(query: string, enabled = true) {
  return useQuery({
    queryKey: ['directory', query],
    queryFn: () => take(client.GET('/v1/directory', { params: { query: { query, limit: 20 } } })),
    select: (page) => page.items,
    enabled,
    staleTime: 2_000,
    placeholderData: (before) => before,
  });
}

export interface Practice {
  password: string;
  people: { username: string; display_name: string; persona: string; free: boolean }[];
}

/** What the server says before anybody has signed in. */
export function useStart() {
  return useQuery({
    queryKey: ['start'],
    queryFn: async () => (await (await fetch('/console/start.json')).json()) as { practice: Practice | null },
    staleTime: Infinity,
  });
}
