import type { components } from './schema';

type Schemas = components['schemas'];
export type Conversation = Schemas['Conversation'];
export type Leg = Schemas['Leg'];
export type Hearing = Schemas['Hearing'];
export type Coaching = Schemas['Coaching'];
export type CoachingMode = Schemas['Coaching']['mode'];
export type VoiceCall = Schemas['VoiceCall'];
export type Presence = Schemas['Presence'];
export type PresenceStatus = Schemas['PresenceStatus'];
export type Me = Schemas['Me'];
export type User = Schemas['User'];
export type Permission = Schemas['Me']['permissions'][number];
export type Target = Schemas['Target'];
export type DirectoryEntry = Schemas['DirectoryEntry'];
export type WaitingCall = Schemas['WaitingCall'];
export type CallbackPrompt = Schemas['CallbackPrompt'];
export type Problem = Schemas['Problem'];

/** Why an action is not possible now; undefined when it is. */
export function refusal(conversation: Conversation, action: string): string | undefined {
  const state = conversation.actions[action];
  if (state === true || state === undefined) return undefined;
  return state === false ? '' : state.reason;
}
