import { expect, it } from 'vitest';
import { dialed } from './number';

it('takes numbers as people write them', () => {
  for (const written of ['+49 30 123456', '+49 (0)30 123456', '0049 30/123456', 'tel:+49-30-123456', '+49.30.123456', '\u202d+49 30 123456\u202c', ' +49\u00a030\u2011123456 ']) {
    expect(dialed(written), written).toEqual({ kind: 'number', value: '+4930123456' });
  }
});

it('knows an extension, a name, and digits that say no country', () => {
  expect(dialed('201')).toEqual({ kind: 'extension', value: '201' });
  expect(dialed('Ana')).toEqual({ kind: 'name', text: 'Ana' });
  expect(dialed('030 1234567')).toEqual({ kind: 'national', digits: '0301234567' });
  expect(dialed('+49')).toEqual({ kind: 'national', digits: '49' });
  expect(dialed('   ')).toEqual({ kind: 'nothing' });
});
