import type { Body } from './fields';

/** The steps of a call flow, as the API has them: an object with one field, which says what the step does. */
export type Step = Body;

export const KINDS = ['play', 'menu', 'hours', 'set', 'queue_check', 'user', 'queue', 'callback', 'voicemail', 'hang_up'] as const;
export type Kind = (typeof KINDS)[number];

export const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '*', '#'] as const;

export const kindOf = (step: Step): Kind => (Object.keys(step)[0] ?? 'hang_up') as Kind;

/** What a new step begins with. */
export function freshStep(kind: Kind, first: { prompt: string; queue: string; hours: string; user: string }): Step {
  switch (kind) {
    case 'play':
      return { play: first.prompt };
    case 'menu':
      return { menu: { prompt: first.prompt, digits: { 1: [] }, timeout_seconds: 5, attempts: 3, on_failure: [] } };
    case 'hours':
      return { hours: { business_hours_id: first.hours, open: [], closed: [] } };
    case 'set':
      return { set: {} };
    case 'queue_check':
      return { queue_check: { queue_id: first.queue, no_agents: true, then: [] } };
    case 'user':
      return { user: { user_id: first.user } };
    case 'queue':
      return { queue: { queue_id: first.queue, skills: [], priority: null } };
    case 'callback':
      return { callback: { queue_id: first.queue } };
    case 'voicemail':
      return { voicemail: { queue_id: first.queue } };
    case 'hang_up':
      return { hang_up: {} };
  }
}

export function moved<T>(list: T[], place: number, by: number): T[] {
  const next = [...list];
  const [one] = next.splice(place, 1);
  if (one !== undefined) next.splice(place + by, 0, one);
  return next;
}

/** The server's complaint about exactly this place. */
export const complaintAt = (errors: Record<string, string>, path: string): string | undefined => errors[path];

/** Keys in the order of the keypad. */
export const sortedKeys = (digits: Record<string, unknown>): string[] => Object.keys(digits).sort((a, b) => KEYS.indexOf(a as '1') - KEYS.indexOf(b as '1'));

/** What was typed as keys to press: one after another, a dot or a blank is silence. */
export const pressed = (typed: string): string[] => [...typed].map((key) => (key === '.' || key === ' ' ? '' : key));

/** `2026-11-22T03:12` on a clock of this time zone, as the instant it is. */
export function instantOf(local: string, zone: string): string {
  const asUtc = new Date(`${local}:00Z`);
  const shown = (at: Date) => {
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(at).map((part) => [part.type, part.value]));
    return Date.UTC(Number(parts['year']), Number(parts['month']) - 1, Number(parts['day']), Number(parts['hour']), Number(parts['minute']));
  };
  // Twice: the first guess may lie on the other side of a clock change.
  let at = asUtc.getTime();
  for (let round = 0; round < 2; round += 1) at += asUtc.getTime() - shown(new Date(at));
  return new Date(at).toISOString();
}
