import { expect, test } from 'vitest';
import type { Answer, Value } from './api';
import { COLOURS, type Look, bars, heat, lines, network, overloaded, sankey } from './options';

const look: Look = { said: (_, value) => String(value), title: (column) => column, ink: '#000', faint: '#ccc', alarm: '#f00', colours: COLOURS.light, tier: (value, side) => `${side ?? ''}${String(value)}` };
const answer = (columns: string[], rows: Value[][]): Answer => ({
  columns: columns.map((name) => ({ name, title: name, kind: 'count' })), rows, totals: [], definition_of: {}, time_zone: 'UTC', row_count: rows.length, counted: rows.length,
});
const series = (option: Record<string, unknown>) => option['series'] as { name: string; stack?: string; data: unknown[]; links: { source: string; target: string; value: number }[] }[];

/** Relative luminance, as WCAG 2 defines it. */
const light = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
  .reduce((sum, one, at) => sum + one * (at === 0 ? 0.2126 : at === 1 ? 0.7152 : 0.0722), 0);
const contrast = (one: string, other: string) => { const [a = 0, b = 0] = [light(one), light(other)].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05); };

test('what is drawn stands out from the panel in both schemes', () => {
  for (const [scheme, panel] of [['light', '#ffffff'], ['dark', '#1d2026']] as const)
    for (const colour of COLOURS[scheme]) expect(contrast(colour, panel), `${colour} in ${scheme}`).toBeGreaterThanOrEqual(3);
});

test('one measure stands alone, several stand on one another', () => {
  const told = answer(['agent', 'advised', 'joined'], [['Dan', 3, 1], ['Eve', null, 2]]);
  expect(series(bars(told, 'agent', ['advised'], look))).toMatchObject([{ data: [3, null] }]);
  expect(series(bars(told, 'agent', ['advised', 'joined'], look)).map((one) => one.stack)).toEqual(['all', 'all']);
});

test('a group with nothing in an interval has a hole in its line, in order of time and not of text', () => {
  const told = answer(['interval', 'queue', 'offered'], [['2026-11-01T01:00:00-05:00', 'A', 2], ['2026-11-01T01:30:00-04:00', 'B', 1], ['2026-11-01T01:30:00-04:00', 'A', 4]]);
  expect(series(lines(told, ['queue'], 'offered', look)).map((one) => [one.name, one.data])).toEqual([['A', [4, 2]], ['B', [1, null]]]);
});

test('a flow from a tier to itself runs forward, and equal steps add up', () => {
  const told = answer(['from_tier', 'to_tier', 'outcome', 'attempts'], [[1, 1, 'advised', 2], [1, 2, 'advised', 3], [1, 2, 'took_over', 4], [2, 3, 'advised', 0]]);
  expect(series(sankey(told, 'attempts', look))[0]?.links).toEqual([
    { source: 'from 1', target: 'to 1', value: 2 },
    { source: 'to 1', target: 'came advised', value: 2 },
    { source: 'from 1', target: 'to 2', value: 7 },
    { source: 'to 2', target: 'came advised', value: 3 },
    { source: 'to 2', target: 'came took_over', value: 4 },
  ]);
});

test('each topic and tier has its field', () => {
  const told = answer(['subject', 'to_tier', 'attempts'], [['Router', 2, 5], ['Router', 3, 4], ['Plan', 2, 1]]);
  expect(series(heat(told, 'subject', 'to_tier', 'attempts', look))[0]?.data).toEqual([[0, 0, 5], [1, 0, 4], [0, 1, 1]]);
});

test('who is asked twice as often as the mean of the asked is overloaded; who only asks does not count', () => {
  expect(overloaded(new Map([['Dan', 8], ['Eve', 2], ['Fox', 2], ['Ana', 0]]))).toEqual(new Set(['Dan']));
  expect(overloaded(new Map([['Dan', 8], ['Ana', 0]]))).toEqual(new Set());
});

test('a consult that found nobody is no arrow', () => {
  const told = answer(['from_agent', 'to_agent', 'attempts'], [['Ana', 'Dan', 2], ['Bob', '(none)', 1]]);
  expect(series(network(told, 'from_agent', 'to_agent', 'attempts', look))[0]?.links).toMatchObject([{ source: 'Ana', target: 'Dan', value: 2 }]);
});
