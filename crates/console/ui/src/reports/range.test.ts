import { expect, test } from 'vitest';
import { dayIn, days, isDay, later } from './range';

test('a preset names days, of which the last no longer counts', () => {
  expect(days('today', '2026-11-21')).toEqual({ from: '2026-11-21', before: '2026-11-22' });
  expect(days('7d', '2026-11-21')).toEqual({ from: '2026-11-15', before: '2026-11-22' });
  expect(days('last_month', '2026-01-15')).toEqual({ from: '2025-12-01', before: '2026-01-01' });
  expect(days('this_month', '2026-03-31')).toEqual({ from: '2026-03-01', before: '2026-04-01' });
  expect(days('all', '2026-11-21')).toBeNull();
});

test('of a custom range both days count, and an open side stays open', () => {
  expect(days('custom', '2026-11-21', '2026-02-27', '2026-02-28')).toEqual({ from: '2026-02-27', before: '2026-03-01' });
  expect(days('custom', '2026-11-21', undefined, '2026-02-28')).toEqual({ before: '2026-03-01' });
  expect(days('custom', '2026-11-21', 'soon')).toEqual({});
});

test('the day is that of the time zone, not of the machine', () => {
  const at = new Date('2026-11-21T03:30:00Z');
  expect(dayIn('America/New_York', at)).toBe('2026-11-20');
  expect(dayIn('Asia/Tokyo', at)).toBe('2026-11-21');
});

test('the days on which clocks change are one day long', () => {
  expect(later('2026-03-08', 1)).toBe('2026-03-09');
  expect(later('2026-11-01', 1)).toBe('2026-11-02');
});

test('only whole dates are days', () => {
  expect(isDay('2026-11-21')).toBe(true);
  expect(isDay('2026-13-01')).toBe(false);
  expect(isDay('2026-11')).toBe(false);
  expect(isDay(undefined)).toBe(false);
});

test('a week begins on Monday', () => {
  expect(days('this_week', '2026-11-22')).toEqual({ from: '2026-11-16', before: '2026-11-23' });
  expect(days('last_week', '2026-11-16')).toEqual({ from: '2026-11-09', before: '2026-11-16' });
});
