// Who hears whom, from the server's matrix to sentences and a picture. Pure.
import type { Conversation } from '../api/types';

export type Sound = 'hold_music' | 'queue_music' | 'prompt' | 'tone';
const SOUNDS: readonly string[] = ['hold_music', 'queue_music', 'prompt', 'tone'];

export type Sentence =
  /** Everybody of these hears everybody else of these. */
  | { kind: 'together'; legs: string[] }
  /** One hears others, who do not hear them. */
  | { kind: 'listens'; leg: string; to: string[] }
  | { kind: 'sound'; legs: string[]; sound: Sound }
  | { kind: 'rings'; leg: string }
  | { kind: 'gone'; leg: string }
  | { kind: 'silence'; leg: string };

export interface Ears {
  /** The legs that are of the call now, in its order. */
  legs: string[];
  hears: (listener: string, source: string) => boolean;
  sounds: (listener: string) => Sound[];
}

export function ears(conversation: Pick<Conversation, 'legs' | 'hearing'>): Ears {
  const rows = new Map(conversation.hearing.map((row) => [row.listener, new Set(row.hears)]));
  return {
    legs: conversation.legs.filter((leg) => leg.state !== 'ended').map((leg) => leg.id),
    hears: (listener, source) => rows.get(listener)?.has(source) ?? false,
    sounds: (listener) => [...(rows.get(listener) ?? [])].filter((source) => SOUNDS.includes(source)) as Sound[],
  };
}

/** As few sentences as say it all: groups first, then who only listens, then music. */
export function sentences(conversation: Pick<Conversation, 'legs' | 'hearing'>): Sentence[] {
  const { legs, hears, sounds } = ears(conversation);
  const up = legs.filter((id) => conversation.legs.some((leg) => leg.id === id && ['connected', 'held'].includes(leg.state)));
  const mutual = (a: string, b: string) => hears(a, b) && hears(b, a);
  const said: Sentence[] = [];
  const covered = new Set<string>();
  const pair = (a: string, b: string) => [a, b].sort().join(' ');

  for (const first of up) {
    for (const second of up) {
      if (first >= second || !mutual(first, second) || covered.has(pair(first, second))) continue;
      const group = [first, second];
      for (const more of up) {
        if (!group.includes(more) && group.every((one) => mutual(one, more))) group.push(more);
      }
      for (const a of group) for (const b of group) if (a !== b) covered.add(pair(a, b));
      said.push({ kind: 'together', legs: up.filter((id) => group.includes(id)) });
    }
  }
  for (const leg of up) {
    const to = up.filter((other) => other !== leg && hears(leg, other) && !hears(other, leg));
    if (to.length > 0) said.push({ kind: 'listens', leg, to });
  }
  const bySound = new Map<Sound, string[]>();
  for (const leg of up) for (const sound of sounds(leg)) bySound.set(sound, [...(bySound.get(sound) ?? []), leg]);
  for (const [sound, listeners] of bySound) said.push({ kind: 'sound', legs: listeners, sound });
  for (const leg of conversation.legs) {
    if (leg.state === 'ringing') said.push({ kind: 'rings', leg: leg.id });
    if (leg.state === 'reattaching') said.push({ kind: 'gone', leg: leg.id });
    const nothing = up.includes(leg.id) && sounds(leg.id).length === 0 && !up.some((other) => hears(leg.id, other));
    if (nothing) said.push({ kind: 'silence', leg: leg.id });
  }
  return said;
}

/** Whether the customer hears this leg. */
export function customerHears(conversation: Pick<Conversation, 'legs' | 'hearing'>, leg: string): boolean {
  const { hears } = ears(conversation);
  return conversation.legs.some((one) => one.role === 'customer' && one.state !== 'ended' && hears(one.id, leg));
}
