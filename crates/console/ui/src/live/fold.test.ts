import { expect, it } from 'vitest';
import type { CallbackPrompt, Conversation, Presence } from '../api/types';
import { EMPTY, type Message, type Picture, currentCall, fold, ownConversations, remember } from './fold';

const ANA = 'ana';
const presence = (system_state: string) => ({ system_state, status: { name: '', kind: 'online' }, reachable: true }) as unknown as Presence;
const conversation = (id: string, version: number, more: Partial<Conversation> = {}) =>
  ({ id, version, state: 'connected', opened_at: id, legs: [{ id: `${id}-1`, user_id: ANA, state: 'connected' }], voice_calls: [], coaching: [], hearing: [], ...more }) as unknown as Conversation;
const message = (seq: number, type: string, data: object): Message => ({ seq, at: '2026-01-01T00:00:00Z', type, data: data as Record<string, unknown> });
const fact = (seq: number, one: Conversation) => message(seq, 'leg_answered', { conversation_id: one.id, version: one.version, conversation: one });
const snapshot = (...conversations: Conversation[]) => message(1, 'snapshot', { conversations, me: { user_id: ANA, presence: presence('in_call') } });

it('begins with the snapshot and follows the facts', () => {
  let picture: Picture = fold(EMPTY, snapshot(conversation('a', 1)), ANA);
  picture = fold(picture, fact(2, conversation('b', 4)), ANA);
  expect(Object.keys(picture.conversations)).toEqual(['a', 'b']);
  expect(picture.seq).toBe(2);
});

it('an older version never replaces a newer one', () => {
  const picture = remember(fold(EMPTY, snapshot(conversation('a', 5)), ANA), conversation('a', 4, { subject: 'old' }));
  expect(picture.conversations['a']?.version).toBe(5);
});

it('keeps what was in sight during a resync, until the snapshot', () => {
  const before = fold(EMPTY, snapshot(conversation('a', 1)), ANA);
  const during = fold(before, message(9, 'resync', {}), ANA);
  expect(Object.keys(during.conversations)).toEqual(['a']);
  const after = fold(during, snapshot(conversation('b', 1)), ANA);
  expect(Object.keys(after.conversations)).toEqual(['b']);
});

it('a conversation that goes out of sight is gone', () => {
  const picture = fold(fold(EMPTY, snapshot(conversation('a', 1)), ANA), message(2, 'conversation_gone', { conversation_id: 'a' }), ANA);
  expect(picture.conversations).toEqual({});
});

it('an ended call stays as long as its paperwork, and no longer', () => {
  const ended = conversation('a', 2, { state: 'wrap_up', ended_at: 'now', legs: [{ id: 'a-1', user_id: ANA, state: 'ended' }] as unknown as Conversation['legs'] });
  let picture = fold(EMPTY, snapshot(conversation('a', 1)), ANA);
  picture = fold(picture, message(2, 'agent', { user_id: ANA, conversation_id: 'a', presence: presence('acw') }), ANA);
  picture = fold(picture, fact(3, ended), ANA);
  expect(ownConversations(picture, ANA).map((one) => one.id)).toEqual(['a']);
  picture = fold(picture, message(4, 'agent', { user_id: ANA, conversation_id: null, presence: presence('available') }), ANA);
  expect(ownConversations(picture, ANA)).toEqual([]);
  expect(picture.conversations).toEqual({});
});

it('what did not change is the same object, so that a board draws only what did', () => {
  const before = fold(EMPTY, snapshot(conversation('a', 1), conversation('b', 1)), ANA);
  const after = fold(before, fact(2, conversation('b', 2)), ANA);
  expect(after.conversations['a']).toBe(before.conversations['a']);
});

it('who has handed over does their paperwork while the others go on talking', () => {
  const handed = conversation('a', 3, { legs: [{ id: 'a-1', user_id: ANA, state: 'ended' }, { id: 'a-2', user_id: 'ben', state: 'connected' }] as unknown as Conversation['legs'] });
  let picture = fold(EMPTY, snapshot(handed), ANA);
  picture = fold(picture, message(2, 'agent', { user_id: ANA, conversation_id: 'a', presence: presence('acw') }), ANA);
  expect(ownConversations(picture, ANA).map((one) => one.id)).toEqual(['a']);
  expect(currentCall(picture, ANA)).toBeUndefined();
});

it('a prompt follows its news, and one that is over never comes back', () => {
  const prompt = (state: string, since: string) => ({ id: 'p', state, since }) as unknown as CallbackPrompt;
  let picture = fold(EMPTY, message(1, 'prompt', prompt('offered', '1')), ANA);
  expect(picture.prompts['p']?.state).toBe('offered');
  picture = fold(picture, message(2, 'prompt', prompt('declined', '2')), ANA);
  picture = fold(picture, message(3, 'prompt', prompt('snoozed', '1')), ANA);
  expect(picture.prompts['p']?.state).toBe('declined');
});

it('an alert stays until it clears, and a fresh look replaces them all', () => {
  const alert = (id: string, cleared_at: string | null = null) => ({ id, cleared_at });
  let picture = fold(EMPTY, message(1, 'alert', alert('a')), ANA);
  picture = fold(picture, message(1, 'alert', alert('b')), ANA);
  expect(Object.keys(picture.alerts)).toEqual(['a', 'b']);
  picture = fold(picture, message(1, 'alert', alert('a', '2026-11-21T10:00:00.000Z')), ANA);
  expect(Object.keys(picture.alerts)).toEqual(['b']);
  picture = fold(picture, message(1, 'alerts', { alerts: [alert('c')] }), ANA);
  expect(Object.keys(picture.alerts)).toEqual(['c']);
});
