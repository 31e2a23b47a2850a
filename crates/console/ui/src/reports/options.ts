// What a report's answer looks like as a chart. Pure: rows in, ECharts options out.
import type { Answer, Value } from './api';

/** Words and colours of whoever looks. */
export interface Look {
  /** A value of that column as people read it. */
  said: (column: string, value: Value) => string;
  title: (column: string) => string;
  ink: string;
  faint: string;
  alarm: string;
  /** Of series side by side. */
  colours: readonly string[];
  tier: (value: Value, side: 'from' | 'to' | null) => string;
}

export const ROWS_DRAWN = 20;
export type Option = Record<string, unknown>;

/** What is drawn stands out by 3:1 from a panel of its scheme, as WCAG 1.4.11 asks; the charts' own colours do not. */
export const COLOURS = {
  light: ['#3f63d6', '#4d8a00', '#c2571a', '#8a4bbd', '#0b7fa8', '#b5366b', '#7a6a00', '#5c6470'],
  dark: ['#7b96ff', '#9ccc3c', '#ff994d', '#c79bf2', '#3fb8e8', '#f27ba7', '#d9c24a', '#a9b1bd'],
} as const;

const place = (answer: Answer, column: string) => answer.columns.findIndex((one) => one.name === column);
const number = (value: Value | undefined) => (typeof value === 'number' ? value : 0);
const base = (look: Look): Option => ({ animation: false, color: look.colours, textStyle: { color: look.ink }, legend: { top: 0, textStyle: { color: look.ink }, type: 'scroll' }, tooltip: { confine: true } });
const axis = (look: Look) => ({ axisLabel: { color: look.ink }, axisLine: { lineStyle: { color: look.faint } }, splitLine: { lineStyle: { color: look.faint } } });

/** The first rows, the first on top; several measures stand on one another. */
export function bars(answer: Answer, group: string, measures: string[], look: Look): Option {
  const rows = answer.rows.slice(0, ROWS_DRAWN);
  const at = place(answer, group);
  const first = measures[0] ?? '';
  return {
    ...base(look),
    legend: { ...(base(look)['legend'] as Option), show: measures.length > 1 },
    tooltip: { trigger: 'axis', confine: true, axisPointer: { type: 'shadow' } },
    grid: { left: 8, right: 24, top: measures.length > 1 ? 36 : 8, bottom: 8, containLabel: true },
    xAxis: { type: 'value', ...axis(look), axisLabel: { color: look.ink, formatter: (value: number) => look.said(first, value) } },
    yAxis: { type: 'category', inverse: true, ...axis(look), axisLabel: { color: look.ink, width: 160, overflow: 'truncate' }, data: rows.map((row) => look.said(group, row[at] ?? null)) },
    series: measures.map((measure) => ({
      type: 'bar', name: look.title(measure), ...(measures.length > 1 ? { stack: 'all' } : {}), barMaxWidth: 22,
      tooltip: { valueFormatter: (value: unknown) => look.said(measure, typeof value === 'number' ? value : null) },
      data: rows.map((row) => row[place(answer, measure)] ?? null),
    })),
  };
}

/** One line for each group; where a group has nothing in an interval the line breaks. */
export function lines(answer: Answer, groups: string[], measure: string, look: Look): Option {
  const [when, what] = [place(answer, 'interval'), place(answer, measure)];
  const times = [...new Set(answer.rows.map((row) => String(row[when])))].sort((a, b) => Date.parse(a) - Date.parse(b));
  const name = (row: Value[]) => groups.map((group) => look.said(group, row[place(answer, group)] ?? null)).join(' · ') || look.title(measure);
  const series = new Map<string, Map<string, Value>>();
  for (const row of answer.rows) {
    const of = series.get(name(row)) ?? new Map<string, Value>();
    series.set(name(row), of.set(String(row[when]), row[what] ?? null));
  }
  return {
    ...base(look),
    tooltip: { trigger: 'axis', confine: true, valueFormatter: (value: unknown) => look.said(measure, typeof value === 'number' ? value : null) },
    grid: { left: 8, right: 24, top: 36, bottom: 8, containLabel: true },
    xAxis: { type: 'category', ...axis(look), data: times.map((time) => look.said('interval', time)) },
    yAxis: { type: 'value', ...axis(look), axisLabel: { color: look.ink, formatter: (value: number) => look.said(measure, value) } },
    series: [...series].slice(0, ROWS_DRAWN).map(([of, values]) => ({ type: 'line', name: of, showSymbol: true, data: times.map((time) => values.get(time) ?? null) })),
  };
}

/** From tier to tier to what came of it; each step has nodes of its own, so that no flow runs in a circle. */
export function sankey(answer: Answer, measure: string, look: Look): Option {
  const [from, to, outcome, what] = ['from_tier', 'to_tier', 'outcome', measure].map((column) => place(answer, column)) as [number, number, number, number];
  const nodes = new Map<string, string>();
  const links = new Map<string, { source: string; target: string; value: number }>();
  const link = (source: string, target: string, value: number) => {
    const known = links.get(`${source}>${target}`);
    links.set(`${source}>${target}`, { source, target, value: value + (known?.value ?? 0) });
  };
  for (const row of answer.rows) {
    const value = number(row[what]);
    if (value <= 0) continue;
    const [asks, asked, came] = [`from ${row[from]}`, `to ${row[to]}`, `came ${row[outcome]}`];
    nodes.set(asks, look.tier(row[from] ?? null, 'from')).set(asked, look.tier(row[to] ?? null, 'to')).set(came, look.said('outcome', row[outcome] ?? null));
    link(asks, asked, value);
    link(asked, came, value);
  }
  return {
    ...base(look),
    series: [{
      type: 'sankey', left: 8, right: 130, top: 12, bottom: 12, emphasis: { focus: 'adjacency' }, nodeGap: 14,
      label: { color: look.ink, formatter: (node: { name: string }) => nodes.get(node.name) ?? node.name }, lineStyle: { color: 'gradient', opacity: 0.35 },
      tooltip: { valueFormatter: (value: unknown) => look.said(measure, typeof value === 'number' ? value : null) },
      data: [...nodes.keys()].map((name) => ({ name })), links: [...links.values()],
    }],
  };
}

/** What it is about, by the tier that is asked. */
export function heat(answer: Answer, group: string, tier: string, measure: string, look: Look): Option {
  const [about, whom, what] = [place(answer, group), place(answer, tier), place(answer, measure)];
  const rows = [...new Set(answer.rows.map((row) => row[about] ?? null))].slice(0, ROWS_DRAWN);
  const tiers = [...new Set(answer.rows.map((row) => row[whom] ?? null))].sort((a, b) => String(a).localeCompare(String(b)));
  const cells = answer.rows.filter((row) => rows.includes(row[about] ?? null)).map((row) => [tiers.indexOf(row[whom] ?? null), rows.indexOf(row[about] ?? null), number(row[what])]);
  return {
    ...base(look),
    grid: { left: 8, right: 16, top: 8, bottom: 52, containLabel: true },
    xAxis: { type: 'category', ...axis(look), data: tiers.map((one) => look.tier(one, null)) },
    yAxis: { type: 'category', inverse: true, ...axis(look), axisLabel: { color: look.ink, width: 180, overflow: 'truncate' }, data: rows.map((one) => look.said(group, one)) },
    visualMap: { min: 0, max: Math.max(1, ...cells.map((cell) => cell[2] ?? 0)), orient: 'horizontal', left: 'center', bottom: 0, itemHeight: 100, textStyle: { color: look.ink }, inRange: { color: ['#dbe9f9', '#1864ab'] }, formatter: (value: number) => look.said(measure, value) },
    series: [{ type: 'heatmap', data: cells, tooltip: { valueFormatter: (value: unknown) => look.said(measure, typeof value === 'number' ? value : null) }, label: { show: true, formatter: (cell: { value: number[] }) => look.said(measure, cell.value[2] ?? null), color: '#000', backgroundColor: 'rgba(255,255,255,.75)', padding: 2, borderRadius: 3 } }],
  };
}

/** Who is asked at least twice as often as the mean of all who are asked. */
export function overloaded(received: Map<string, number>): Set<string> {
  const counts = [...received.values()].filter((one) => one > 0);
  const mean = counts.reduce((sum, one) => sum + one, 0) / Math.max(1, counts.length);
  return new Set([...received].filter(([, one]) => counts.length > 1 && one >= 2 * mean).map(([name]) => name));
}

/** Who asks whom: the wider the arrow, the more. */
export function network(answer: Answer, from: string, to: string, measure: string, look: Look): Option {
  const [asks, asked, what] = [place(answer, from), place(answer, to), place(answer, measure)];
  const rows = answer.rows.filter((row) => row[asks] !== '(none)' && row[asked] !== '(none)' && number(row[what]) > 0);
  const received = new Map<string, number>();
  for (const row of rows) {
    received.set(String(row[asks]), received.get(String(row[asks])) ?? 0);
    received.set(String(row[asked]), (received.get(String(row[asked])) ?? 0) + number(row[what]));
  }
  const most = Math.max(1, ...received.values());
  const widest = Math.max(1, ...rows.map((row) => number(row[what])));
  const marked = overloaded(received);
  return {
    ...base(look),
    series: [{
      type: 'graph', layout: 'circular', circular: { rotateLabel: false }, left: 130, right: 130, top: 40, bottom: 40, edgeSymbol: ['none', 'arrow'], edgeSymbolSize: 8,
      label: { show: true, position: 'right', color: look.ink }, tooltip: { valueFormatter: (value: unknown) => look.said(measure, typeof value === 'number' ? value : null) },
      data: [...received].map(([name, value]) => ({
        name, value, symbolSize: 12 + (28 * value) / most,
        ...(marked.has(name) ? { itemStyle: { color: look.alarm }, label: { formatter: `▲ ${name}`, fontWeight: 'bold' } } : {}),
      })),
      links: rows.map((row) => ({ source: String(row[asks]), target: String(row[asked]), value: number(row[what]), lineStyle: { width: 1 + (5 * number(row[what])) / widest, curveness: 0.2, color: look.faint } })),
    }],
  };
}
