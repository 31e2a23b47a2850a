import { useQuery } from '@tanstack/react-query';
import { client, take } from '../api/client';

/** A customer who asked to be called back and has not been reached yet. */
export interface Callback {
  id: string;
  queue_id: string;
  phone_number: string | null;
  state: 'resting' | 'waiting' | 'offering' | 'calling' | 'connected';
  waiting_since: string;
  not_before: string | null;
  priority: number | null;
  attempt: number;
  max_attempts: number;
  agent_id: string | null;
}

/** Smaller is served first. */
export const PRIORITIES = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
const LOOKED_AGAIN_MS = 10_000;

type Asking = { params?: unknown; body?: unknown };
type Answering = Promise<{ data?: unknown; error?: unknown; response: Response }>;
const post = client.POST as unknown as (path: string, asking: Asking) => Answering;
const get = client.GET as unknown as (path: string, asking: Asking) => Answering;

/** What a supervisor does about a call that waits. */
export function onWaiting(queue: string, conversation: string, act: 'reprioritize' | 'assign' | 'withdraw', body: object): Promise<unknown> {
  return take(post(`/v1/queues/{id}/waiting/{conversation_id}/${act}`, { params: { path: { id: queue, conversation_id: conversation } }, body }));
}

export function onCallback(id: string, act: 'cancel' | 'reprioritize', body: object): Promise<unknown> {
  return take(post(`/v1/callbacks/{id}/${act}`, { params: { path: { id } }, body }));
}

/** Looked at again when a queue changes, and now and then: a callback that rests changes no queue. */
export function useCallbacks(queues: string) {
  return useQuery({
    queryKey: ['callbacks', queues],
    queryFn: async () => ((await take(get('/v1/callbacks', {}))) as { items: Callback[] }).items,
    refetchInterval: LOOKED_AGAIN_MS,
    placeholderData: (before) => before,
  });
}
