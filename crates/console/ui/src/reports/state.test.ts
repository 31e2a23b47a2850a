import { expect, test } from 'vitest';
import { TRAINING_GAPS } from './sheets';
import { askOf, groupsOf, keptOf, lighter, tidied } from './state';

const TODAY = '2026-11-21';
const ask = (search: Parameters<typeof askOf>[1]) => askOf(TRAINING_GAPS, search, 'America/New_York', TODAY);

test('an empty address asks for the last thirty days, by the first grouping, highest rate first', () => {
  expect(ask({})).toMatchObject({
    type: 'training_gaps', group_by: ['subject'], sort: '-consult_rate', time_zone: 'America/New_York',
    filters: [{ field: 'started_at', op: 'between', value: ['2026-10-23', '2026-11-22'] }],
  });
});

test('what the address narrows to is asked for', () => {
  const asked = ask({ range: 'all', only: { queue: ['Support', '(none)'], tier: ['1'] } });
  expect(asked.filters).toEqual([
    { field: 'queue', op: 'in', value: ['Support', '(none)'] },
    { field: 'tier', op: 'in', value: [1] },
  ]);
});

test('an address with a grouping or a sort that the page does not know still shows the page', () => {
  expect(groupsOf(TRAINING_GAPS, { by: 'shoe_size' })).toEqual(['subject']);
  expect(ask({ sort: 'shoe_size' }).sort).toBe('-consult_rate');
  expect(ask({ sort: 'q_value' }).sort).toBe('-consult_rate');
  expect(ask({ sort: 'q_value', more: true }).sort).toBe('q_value');
});

test('over time, time comes first', () => {
  expect(ask({ interval: 'week' })).toMatchObject({ interval: 'week', sort: 'interval' });
  expect(ask({ interval: 'week', sort: '-calls' }).sort).toBe('-calls');
});

test('an address says nothing of what is not chosen', () => {
  expect(tidied({ by: '', more: false, only: { queue: [] }, zone: undefined })).toEqual({});
  expect(tidied({ only: { queue: ['Support'], team: [] } })).toEqual({ only: { queue: ['Support'] } });
});

test('each filter can be taken away alone, the dates among them', () => {
  const tries = lighter({ range: '7d', only: { queue: ['Billing'], team: ['North'] } });
  expect(tries.map((one) => [one.field, one.left])).toEqual([
    ['queue', { range: '7d', only: { team: ['North'] } }],
    ['team', { range: '7d', only: { queue: ['Billing'] } }],
    ['started_at', { range: 'all', only: { queue: ['Billing'], team: ['North'] } }],
  ]);
  expect(lighter({ range: 'all' })).toEqual([]);
});

test('calls below narrow, too, and can be taken away', () => {
  const cross = { with: { purpose: 'consult', target_tier: 2 } };
  expect(ask({ cross }).cross_filter).toEqual(cross);
  expect(lighter({ range: 'all', cross }).map((one) => [one.field, one.left])).toEqual([['cross', { range: 'all' }]]);
});

test('what is kept moves with the day, unless its dates were chosen', () => {
  expect(keptOf(ask({ range: '7d', only: { queue: ['Support'] } }), { range: '7d' })).toMatchObject({ period: '7d', filters: [{ field: 'queue', op: 'in', value: ['Support'] }] });
  const chosen = { range: 'custom', from: '2026-01-01', to: '2026-01-31' };
  expect(keptOf(ask(chosen), chosen)).toEqual(ask(chosen));
});
