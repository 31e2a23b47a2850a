import { expect, test } from 'vitest';
import { type Lane, type Segment, type Timeline, changes, hearing, lay, ordered, span, ticks, word } from './lay';

const second = (at: number) => new Date(Date.UTC(2026, 10, 21, 12, 0, at)).toISOString();
const moment = (at: number) => Date.parse(second(at));
const segment = (voice_call_id: string, kind: Segment['kind'], from: number, to: number | null, purpose = 'customer'): Segment => ({
  voice_call_id, kind, purpose, start: second(from), end: to === null ? null : second(to),
});
const lane = (role: Lane['role'], name: string, segments: Segment[]): Lane => ({ leg_id: name, role, user_id: name, name, phone_number: null, coaching: false, segments });

// A customer with Ana, who consults Gus from 20 to 40, while Maya listens from 45, whispers from 50 and barges from 55.
const story: Timeline = {
  conversation_id: 'x', opened_at: second(0), ended_at: second(60), subject: null, case_category: null, imported: false,
  voice_calls: [
    { id: 'c1', call_type: 'inbound', purpose: 'customer', disposition: 'completed', started_at: second(0), user_id: 'ana' },
    { id: 'c2', call_type: 'internal', purpose: 'consult', disposition: 'completed', started_at: second(20), parent_id: 'c1', to: 'gus' },
    { id: 'c3', call_type: 'internal', purpose: 'coaching', disposition: 'completed', started_at: second(45), parent_id: 'c1', to: 'ana' },
  ],
  lanes: [
    lane('customer', 'customer', [segment('c1', 'queue', 0, 10), segment('c1', 'talk', 10, 20), segment('c1', 'hold', 20, 40), segment('c1', 'talk', 40, 60)]),
    lane('agent', 'ana', [segment('c1', 'ring', 5, 10), segment('c1', 'talk', 10, 20), segment('c1', 'hold', 20, 40), segment('c2', 'talk', 20, 40, 'consult'), segment('c1', 'talk', 40, 60), segment('c1', 'acw', 60, 75)]),
    lane('specialist', 'gus', [segment('c2', 'talk', 20, 40, 'consult')]),
    lane('supervisor', 'maya', [segment('c3', 'monitor', 45, 50, 'coaching'), segment('c3', 'whisper', 50, 55, 'coaching'), segment('c3', 'barge', 55, 60, 'coaching')]),
  ],
};
const ears = (at: number) => Object.fromEntries(hearing(story, moment(at)).map((ear) => [story.lanes[ear.lane]?.name, ear.hears.length > 0 ? ear.hears.map((other) => story.lanes[other]?.name).join(' ') : ear.sound]));

test('the span reaches to the end of the wrap-up, or to now while it goes on', () => {
  expect(span(story, moment(500))).toEqual({ from: moment(0), to: moment(75) });
  expect(span({ ...story, ended_at: null }, moment(500)).to).toBe(moment(500));
});

test('what happens at once stands in two rows, what follows in one', () => {
  const whole = span(story, 0);
  const ana = lay(story.lanes[1] as Lane, whole);
  expect(ana.rows).toBe(2);
  expect(ana.laid.map((one) => one.row)).toEqual([0, 0, 0, 1, 0, 0]);
  expect(lay(story.lanes[0] as Lane, whole).rows).toBe(1);
  expect(ana.laid[1]).toMatchObject({ left: 10 / 75, width: 10 / 75 });
});

test('a waiting customer hears the queue, and the agent the ringing', () => {
  expect(ears(6)).toEqual({ customer: 'queue', ana: 'ring' });
});

test('in a private consult the customer hears neither', () => {
  expect(ears(30)).toEqual({ customer: 'hold', ana: 'gus', gus: 'ana' });
});

test('who listens hears both and is heard by nobody', () => {
  expect(ears(46)).toEqual({ customer: 'ana', ana: 'customer', maya: 'customer ana' });
});

test('who calls hears it ring, who is called is rung', () => {
  const ringing: Timeline = {
    ...story,
    voice_calls: [{ id: 'c2', call_type: 'internal', purpose: 'consult', disposition: 'completed', started_at: second(0), from: 'ana', to: 'gus' }],
    lanes: [lane('agent', 'ana', [segment('c1', 'hold', 0, 9), segment('c2', 'ring', 0, 9, 'consult')]), lane('specialist', 'gus', [segment('c2', 'ring', 0, 9, 'consult')])],
  };
  expect(hearing(ringing, moment(3)).map((ear) => ear.sound)).toEqual(['calling', 'ring']);
});

test('the customer stands first, whoever coaches last', () => {
  const lanes = ordered({ ...story, lanes: [...story.lanes].reverse().map((one) => ({ ...one, coaching: one.name === 'maya' })) }).lanes;
  expect(lanes.map((one) => one.name)).toEqual(['customer', 'ana', 'gus', 'maya']);
});

test('a whisper reaches the agent alone', () => {
  expect(ears(52)).toEqual({ customer: 'ana', ana: 'customer maya', maya: 'customer ana' });
});

test('a barge reaches everybody', () => {
  expect(ears(57)).toEqual({ customer: 'ana maya', ana: 'customer maya', maya: 'customer ana' });
});

test('at the end of a segment it is over', () => {
  expect(ears(60)).toEqual({ ana: 'acw' });
});

test('changes are the borders, once each and in order', () => {
  expect(changes(story, span(story, 0)).map((one) => (one - moment(0)) / 1000)).toEqual([0, 5, 10, 20, 40, 45, 50, 55, 60, 75]);
});

test('ticks are round and few', () => {
  expect(ticks({ from: 0, to: 75_000 }, 8)).toEqual([0, 10, 20, 30, 40, 50, 60, 70].map((s) => s * 1000));
  expect(ticks({ from: 0, to: 3_600_000 }, 8).length).toBeLessThanOrEqual(9);
});

test('a talk in a consult is called a consult, a hold in it is not', () => {
  expect(word(segment('c2', 'talk', 0, 1, 'consult'))).toBe('consult');
  expect(word(segment('c2', 'hold', 0, 1, 'consult'))).toBe('hold');
  expect(word(segment('c1', 'talk', 0, 1))).toBe('talk');
});
