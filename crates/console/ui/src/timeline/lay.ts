// How a conversation lies in time: rows in each lane, and who hears whom at a moment. Pure.

export type SegmentKind = 'ring' | 'talk' | 'hold' | 'conference' | 'monitor' | 'whisper' | 'barge' | 'acw' | 'queue' | 'ivr' | 'park';

export interface Segment {
  voice_call_id: string;
  kind: SegmentKind;
  purpose: string;
  start: string;
  end: string | null;
}

export interface Lane {
  leg_id: string | null;
  role: 'customer' | 'agent' | 'specialist' | 'supervisor' | 'third_party';
  user_id: string | null;
  name: string | null;
  phone_number: string | null;
  coaching: boolean;
  segments: Segment[];
}

export interface Call {
  id: string;
  number?: string | null;
  external_id?: string | null;
  parent_id?: string | null;
  call_type: 'inbound' | 'outbound' | 'internal';
  purpose: string;
  disposition: string;
  user_id?: string | null;
  from?: string | null;
  to?: string | null;
  subject?: string | null;
  started_at: string;
  ended_at?: string | null;
}

export interface Timeline {
  conversation_id: string;
  opened_at: string;
  ended_at: string | null;
  subject: string | null;
  case_category: string | null;
  imported: boolean;
  voice_calls: Call[];
  lanes: Lane[];
}

export interface Span {
  from: number;
  to: number;
}

const at = (time: string) => Date.parse(time);

/** From the first moment to the last; wrap-up may go on after the conversation's end, and what goes on ends now. */
export function span(timeline: Timeline, now: number): Span {
  const all = timeline.lanes.flatMap((lane) => lane.segments);
  const from = Math.min(at(timeline.opened_at), ...all.map((one) => at(one.start)));
  const ends = all.map((one) => (one.end === null ? now : at(one.end)));
  return { from, to: Math.max(from + 1_000, timeline.ended_at === null ? now : at(timeline.ended_at), ...ends) };
}

export interface Laid {
  segment: Segment;
  row: number;
  /** Of the whole span, 0 to 1. */
  left: number;
  width: number;
}

/** What happens at once stands in rows of its own. */
export function lay(lane: Lane, whole: Span): { laid: Laid[]; rows: number } {
  const busyUntil: number[] = [];
  const long = whole.to - whole.from;
  const laid = [...lane.segments].sort((a, b) => at(a.start) - at(b.start)).map((segment) => {
    const [from, to] = [at(segment.start), segment.end === null ? whole.to : at(segment.end)];
    let row = busyUntil.findIndex((until) => until <= from);
    if (row < 0) row = busyUntil.length;
    busyUntil[row] = to;
    return { segment, row, left: (from - whole.from) / long, width: Math.max(0, to - from) / long };
  });
  return { laid, rows: Math.max(1, busyUntil.length) };
}

/** Where something begins or ends, in order. */
export function changes(timeline: Timeline, whole: Span): number[] {
  const all = timeline.lanes.flatMap((lane) => lane.segments);
  const moments = all.flatMap((one) => [at(one.start), one.end === null ? whole.to : at(one.end)]);
  return [...new Set([whole.from, ...moments, whole.to])].sort((a, b) => a - b);
}

/** Round steps, at most `most` of them. */
export function ticks(whole: Span, most: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400].map((seconds) => seconds * 1000);
  const long = whole.to - whole.from;
  const step = steps.find((one) => long / one <= most) ?? 86_400_000;
  return Array.from({ length: Math.floor(long / step) + 1 }, (_, place) => place * step);
}

export interface Ear {
  lane: number;
  /** Other lanes, by their place. */
  hears: number[];
  /** What else goes on for this participant. */
  sound: SegmentKind | 'calling' | null;
}

const SPEAKS: SegmentKind[] = ['talk', 'conference'];
const COACHES: SegmentKind[] = ['monitor', 'whisper', 'barge'];

/** Who hears whom: those who talk in one call hear each other, a whisper reaches its agent alone, who listens is heard by nobody. */
export function hearing(timeline: Timeline, moment: number): Ear[] {
  const call = new Map(timeline.voice_calls.map((one) => [one.id, one]));
  const now = timeline.lanes.map((lane) => lane.segments.filter((one) => at(one.start) <= moment && (one.end === null || moment < at(one.end))));
  const coached = (segment: Segment) => call.get(segment.voice_call_id)?.parent_id ?? segment.voice_call_id;
  const speakers = (room: string) => now.flatMap((segments, lane) => (segments.some((one) => SPEAKS.includes(one.kind) && one.voice_call_id === room) ? [lane] : []));
  const heard = timeline.lanes.map(() => new Set<number>());
  const hear = (ear: number, mouth: number) => { if (ear !== mouth) heard[ear]?.add(mouth); };
  now.forEach((segments, lane) => {
    for (const segment of segments) {
      if (SPEAKS.includes(segment.kind)) speakers(segment.voice_call_id).forEach((other) => hear(lane, other));
      if (!COACHES.includes(segment.kind)) continue;
      const others = speakers(coached(segment));
      const target = call.get(segment.voice_call_id);
      const agent = others.filter((other) => { const user = timeline.lanes[other]?.user_id; return !!user && user === target?.to; });
      const whispered = agent.length > 0 ? agent : others.filter((other) => timeline.lanes[other]?.role === 'agent');
      const ears = segment.kind === 'barge' ? others : segment.kind === 'whisper' ? whispered : [];
      others.forEach((other) => hear(lane, other));
      ears.forEach((other) => hear(other, lane));
    }
  });
  return now.flatMap((segments, lane) => {
    if (segments.length === 0) return [];
    const other = segments.filter((one) => !SPEAKS.includes(one.kind) && !COACHES.includes(one.kind));
    const rest = other.find((one) => one.kind === 'ring') ?? other[0];
    const hears = [...(heard[lane] ?? [])].sort((a, b) => a - b);
    return [{ lane, hears, sound: hears.length > 0 || !rest ? null : rest.kind === 'ring' && calls(timeline.lanes[lane], call.get(rest.voice_call_id)) ? 'calling' : rest.kind }];
  });
}

/** Whose own call rings elsewhere; a coaching rings at the supervisor who asked for it. */
function calls(lane: Lane | undefined, call: Call | undefined): boolean {
  if (!lane || !call || call.purpose === 'coaching') return false;
  return lane.user_id === null ? lane.role === 'customer' && call.call_type === 'inbound' : call.from === lane.user_id;
}

const ORDER: Lane['role'][] = ['customer', 'agent', 'specialist', 'third_party', 'supervisor'];

/** The customer first, whoever listens last; otherwise in order of arrival. */
export function ordered(timeline: Timeline): Timeline {
  const first = (lane: Lane) => Math.min(...lane.segments.map((one) => at(one.start)));
  const place = (lane: Lane) => (lane.coaching ? ORDER.length : Math.max(0, ORDER.indexOf(lane.role)));
  const lanes = [...timeline.lanes].sort((a, b) => place(a) - place(b) || first(a) - first(b));
  return { ...timeline, lanes };
}

/** How it is called and coloured: a talk in a consult is a consult. */
export function word(segment: Segment): SegmentKind | 'consult' {
  return segment.purpose === 'consult' && (segment.kind === 'talk' || segment.kind === 'conference') ? 'consult' : segment.kind;
}
