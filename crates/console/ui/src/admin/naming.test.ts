import { expect, it } from 'vitest';
import { naming } from './naming';

it('finds whoever names a row, however deep, and not the row itself', () => {
  const skill = { id: 's1', version: 1, name: 'French' };
  const queue = { id: 'q1', version: 1, name: 'Paris', routing: { steps: [{ all: [{ skill_id: 's1', level: 3 }] }] } };
  const other = { id: 'q2', version: 1, name: 'Rome', routing: { steps: [] } };
  expect(naming([skill, queue, other], 's1')).toEqual([queue]);
});
