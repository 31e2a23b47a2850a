import { translated } from '../texts';
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
export type Voicemail = Schemas['Voicemail'];
export type Problem = Schemas['Problem'];

/** The server's sentence for whatever the state of a call does not allow, and what it means for some buttons. */
const NOT_NOW = 'this is not possible in the present state of the call';
const BECAUSE: Record<string, Record<string, string>> = {
  conference: { consult_swap: 'everybody hears each other already', consult_merge: 'everybody hears each other already', park: 'only while you are alone with the customer' },
  consulting: { hold: 'the customer hears music already while you ask', park: 'only while you are alone with the customer' },
};

/** Why an action is not possible now; undefined when it is. */
export function refusal(conversation: Conversation, action: string): string | undefined {
  const state = conversation.actions[action];
  if (state === true || state === undefined) return undefined;
  if (state === false) return '';
  const because = state.reason === NOT_NOW ? BECAUSE[conversation.state]?.[action] : undefined;
  return translated(because ?? state.reason);
}
