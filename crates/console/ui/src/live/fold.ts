// The live socket's messages, folded into what the pages show. Pure: the socket and the clock are elsewhere.
import type { CallbackPrompt, Conversation, Presence } from '../api/types';

export interface LiveAgent {
  user_id: string;
  presence: Presence;
  /** Undefined where only the presence was told. */
  conversation_id?: string | null;
}

/** Counted as the reports count; null is a division by zero. */
export interface LiveFigures {
  since: string;
  figures: Record<string, number | null>;
}

export interface LiveQueue {
  queue_id: string;
  waiting: number;
  longest_since: string | null;
  agents?: Record<'available' | 'offering' | 'in_call' | 'wrap_up' | 'away' | 'offline', number>;
  service_level_seconds?: number;
  counted_at?: string | null;
  today?: LiveFigures;
  half_hour?: LiveFigures;
}

export interface LiveAlert {
  id: string;
  rule_name: string;
  kind: string;
  severity: 'notice' | 'warning' | 'critical';
  about: string;
  queue_id: string | null;
  conversation_id: string | null;
  threshold: number;
  value: number;
  worst: number;
  raised_at: string;
  cleared_at: string | null;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
}

export interface Picture {
  /** Of the last message; null before the first snapshot. */
  seq: number | null;
  me: LiveAgent | null;
  conversations: Record<string, Conversation>;
  agents: Record<string, LiveAgent>;
  queues: Record<string, LiveQueue>;
  /** What colleagues are asked for, on either side. */
  prompts: Record<string, CallbackPrompt>;
  /** Counts up whenever a voicemail that one sees has moved. */
  voicemails: number;
  /** Open ones. */
  alerts: Record<string, LiveAlert>;
  /** What each figure of a queue means. */
  definitions: Record<string, string>;
}

export const EMPTY: Picture = { seq: null, me: null, conversations: {}, agents: {}, queues: {}, prompts: {}, voicemails: 0, alerts: {}, definitions: {} };

export interface Message {
  seq: number;
  at: string;
  type: string;
  data: Record<string, unknown>;
}

const byId = <T>(items: T[] | undefined, id: (item: T) => string): Record<string, T> =>
  Object.fromEntries((items ?? []).map((item) => [id(item), item]));

function snapshot(message: Message): Picture {
  const data = message.data as {
    me?: LiveAgent;
    conversations?: Conversation[];
    agents?: LiveAgent[];
    queues?: LiveQueue[];
    callback_prompts?: CallbackPrompt[];
    alerts?: LiveAlert[];
    definition_of?: Record<string, string>;
  };
  return {
    seq: message.seq,
    me: data.me ?? null,
    conversations: byId(data.conversations, (one) => one.id),
    agents: byId(data.agents, (one) => one.user_id),
    queues: byId(data.queues, (one) => one.queue_id),
    prompts: byId(data.callback_prompts, (one) => one.id),
    // What moved while nobody listened is looked at again, too.
    voicemails: message.seq,
    alerts: byId(data.alerts, (one) => one.id),
    definitions: data.definition_of ?? {},
  };
}

/** Whether anybody still does their paperwork for an ended conversation. */
function isKept(picture: Picture, conversation: Conversation): boolean {
  if (conversation.state === 'ended') return false;
  if (!conversation.ended_at) return true;
  const people = [...Object.values(picture.agents), ...(picture.me ? [picture.me] : [])];
  return people.some((agent) =>
    agent.conversation_id === undefined
      ? agent.presence.system_state === 'acw'
      : agent.conversation_id === conversation.id && agent.presence.system_state !== 'available',
  );
}

function agent(picture: Picture, message: Message, ownId: string | null): Picture {
  const told = message.data as unknown as LiveAgent;
  const next = { ...picture };
  // Without the board's topic only one's own news comes.
  if (told.user_id === ownId) next.me = told;
  if (told.user_id !== ownId || told.user_id in picture.agents) next.agents = { ...picture.agents, [told.user_id]: told };
  const over = Object.values(picture.conversations).filter((one) => !isKept(next, one));
  if (over.length > 0) {
    next.conversations = { ...picture.conversations };
    for (const one of over) delete next.conversations[one.id];
  }
  return next;
}

export function fold(picture: Picture, message: Message, ownId: string | null): Picture {
  const next = folded(picture, message, ownId);
  return next === picture && message.seq === picture.seq ? picture : { ...next, seq: message.seq };
}

function folded(picture: Picture, message: Message, ownId: string | null): Picture {
  switch (message.type) {
    case 'snapshot':
      return snapshot(message);
    case 'resync':
      // What was known stays in sight until the snapshot that follows replaces it.
      return picture;
    case 'agent':
      return agent(picture, message, ownId);
    case 'queue': {
      const queue = message.data as unknown as LiveQueue;
      return { ...picture, queues: { ...picture.queues, [queue.queue_id]: queue } };
    }
    case 'prompt':
      return rememberPrompt(picture, message.data as unknown as CallbackPrompt);
    case 'voicemail':
      return { ...picture, voicemails: message.seq };
    case 'alerts':
      return { ...picture, alerts: byId(message.data['alerts'] as LiveAlert[], (one) => one.id) };
    case 'alert': {
      const alert = message.data as unknown as LiveAlert;
      const alerts = { ...picture.alerts, [alert.id]: alert };
      if (alert.cleared_at) delete alerts[alert.id];
      return { ...picture, alerts };
    }
    case 'conversation_gone': {
      const conversations = { ...picture.conversations };
      delete conversations[message.data['conversation_id'] as string];
      return { ...picture, conversations };
    }
    default: {
      const conversation = message.data['conversation'] as Conversation | undefined;
      if (!conversation) return picture;
      return remember(picture, conversation);
    }
  }
}

const OVER: readonly CallbackPrompt['state'][] = ['completed', 'declined', 'expired', 'cancelled', 'failed'];
export const isOver = (prompt: CallbackPrompt): boolean => OVER.includes(prompt.state);

export function rememberPrompt(picture: Picture, prompt: CallbackPrompt): Picture {
  const known = picture.prompts[prompt.id];
  if (known && (known.since > prompt.since || isOver(known))) return picture;
  return { ...picture, prompts: { ...picture.prompts, [prompt.id]: prompt } };
}

/** A conversation as the socket or an answer showed it: the newer one stays. */
export function remember(picture: Picture, conversation: Conversation): Picture {
  const known = picture.conversations[conversation.id];
  if (known && known.version > conversation.version) return picture;
  const conversations = { ...picture.conversations, [conversation.id]: conversation };
  if (!isKept(picture, conversation)) delete conversations[conversation.id];
  return { ...picture, conversations };
}

/** One's own leg that is still of this call. */
export function ownLeg(conversation: Conversation, userId: string | null | undefined) {
  return conversation.legs.find((leg) => leg.user_id === userId && leg.state !== 'ended');
}

/** The call this person is in; not one that rings, nor one that only its paperwork is left of. */
export function currentCall(picture: Picture, userId: string | null | undefined): Conversation | undefined {
  return ownConversations(picture, userId).find((one) => {
    const leg = ownLeg(one, userId);
    // One's own phone rings first for a call one makes.
    return leg && (leg.state !== 'ringing' || one.legs[0]?.user_id === userId);
  });
}

/** The calls this person is in, is rung for, or wraps up: the customer's first. */
export function ownConversations(picture: Picture, userId: string | null | undefined): Conversation[] {
  const wrapping = picture.me?.presence.system_state === 'acw';
  return Object.values(picture.conversations)
    .filter((one) => {
      if (ownLeg(one, userId)) return true;
      const part = one.legs.some((leg) => leg.user_id === userId);
      // The others may go on: one's own part is over, and its paperwork is not.
      return part && wrapping && (picture.me?.conversation_id ?? one.id) === one.id;
    })
    .sort((a, b) => (a.opened_at < b.opened_at ? -1 : 1));
}
