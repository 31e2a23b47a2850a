import { expect, it } from 'vitest';
import { type PermissionSet, why } from './why';

const tierOne: PermissionSet = { id: '1', name: 'supervisor of tier 1', grants: ['barge'], scope: { teams: ['t1'], queues: ['support'] } };
const agent: PermissionSet = { id: '2', name: 'agent', grants: ['take_calls'], scope: { teams: 'all', queues: 'all' } };

it('within one set the team and the queue must both be inside', () => {
  expect(why([tierOne], 'barge', { team: 't1', queue: 'support' }).allowed).toBe(true);
  expect(why([tierOne], 'barge', { team: 't2', queue: 'support' }).lines).toEqual([{ set: tierOne.name, reason: 'team_outside' }]);
  expect(why([tierOne], 'barge', { team: 't1', queue: 'billing' }).lines).toEqual([{ set: tierOne.name, reason: 'queue_outside' }]);
});

it('a call without a queue passes', () => {
  expect(why([tierOne], 'barge', { team: 't1', queue: null }).allowed).toBe(true);
});

it('nothing is granted by default, and sets do not lend each other their scope', () => {
  expect(why([], 'barge', { team: 't1', queue: null })).toEqual({ allowed: false, lines: [] });
  expect(why([agent, tierOne], 'barge', { team: 't2', queue: null }).allowed).toBe(false);
});
