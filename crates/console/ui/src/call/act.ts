import { create } from 'zustand';
import { Refused, client, take } from '../api/client';
import type { Conversation, Target } from '../api/types';
import { learn } from '../live/store';
import { inOrder } from './digits';

type Path = '/v1/conversations/{id}/hold';
/** Actions that take a body of their own are named with it; the rest take an empty one. */
export interface Bodies {
  decline: { reason?: string };
  hold: { leg_id?: string };
  resume: { leg_id?: string };
  mute: { leg_id?: string };
  unmute: { leg_id?: string };
  digits: { digits: string };
  consult: { target: Target; note?: string };
  transfer: { target: Target };
  participants: { target: Target };
  'wrap-up': { code_id?: string; notes?: string; resolution?: string; done?: boolean };
  details: { subject?: string | null; case_category?: string | null; related_record?: string | null };
  'raise-hand': { raised?: boolean };
}

interface Said {
  /** What the server refused last, in its words; gone with the next press. */
  refused: { conversation: string; text: string } | null;
  busy: Record<string, boolean>;
}
export const useSaid = create<Said>(() => ({ refused: null, busy: {} }));

/** Presses a button: true when the server did it. What it refuses is shown where the call is. */
export async function act<A extends string>(conversation: string, action: A, body?: A extends keyof Bodies ? Bodies[A] : object): Promise<boolean> {
  const key = `${conversation} ${action}`;
  if (useSaid.getState().busy[key]) return false;
  useSaid.setState((said) => ({ refused: null, busy: { ...said.busy, [key]: true } }));
  try {
    const path = `/v1/conversations/{id}/${action}` as Path;
    learn(await take<Conversation>(client.POST(path, { params: { path: { id: conversation } }, body: (body ?? {}) as never })));
    return true;
  } catch (error) {
    refuse(conversation, error);
    return false;
  } finally {
    useSaid.setState((said) => ({ busy: { ...said.busy, [key]: false } }));
  }
}

export function refuse(conversation: string, error: unknown): void {
  const text = error instanceof Refused ? error.message : error instanceof Error ? error.message : String(error);
  useSaid.setState({ refused: { conversation, text } });
}

export async function coach(
  conversation: string,
  how: 'start' | 'change' | 'stop',
  mode: 'monitor' | 'whisper' | 'barge' = 'monitor',
  attach_to: 'conversation' | 'agent' = 'conversation',
): Promise<boolean> {
  useSaid.setState({ refused: null });
  const params = { path: { id: conversation } };
  const path = '/v1/conversations/{id}/coaching' as const;
  try {
    if (how === 'start') learn(await take(client.POST(path, { params, body: { mode, attach_to } })));
    if (how === 'change') learn(await take(client.PATCH(path, { params, body: { mode } })));
    if (how === 'stop') learn(await take(client.DELETE(path, { params })));
    return true;
  } catch (error) {
    refuse(conversation, error);
    return false;
  }
}

export const pressDigits = inOrder((conversation, digits) => act(conversation, 'digits', { digits }));
