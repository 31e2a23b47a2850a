import { expect, it } from 'vitest';
import { freshStep, instantOf, kindOf, moved, pressed, sortedKeys } from './flow';

it('a step says by its only field what it is', () => {
  expect(kindOf(freshStep('menu', { prompt: 'greeting', queue: 'q', hours: 'h', user: 'u' }))).toBe('menu');
  expect(freshStep('queue', { prompt: 'greeting', queue: 'q', hours: 'h', user: 'u' })).toEqual({ queue: { queue_id: 'q', skills: [], priority: null } });
});

it('a step moves up and down', () => {
  expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
});

it('keys stand as on a keypad, and dots are silence', () => {
  expect(sortedKeys({ '#': [], '0': [], '2': [], '1': [] })).toEqual(['1', '2', '0', '#']);
  expect(pressed('9.2')).toEqual(['9', '', '2']);
});

it('a time on the wall is an instant, in summer and in winter', () => {
  expect(instantOf('2026-11-22T03:12', 'Europe/Berlin')).toBe('2026-11-22T02:12:00.000Z');
  expect(instantOf('2026-07-05T23:30', 'America/New_York')).toBe('2026-07-06T03:30:00.000Z');
});
