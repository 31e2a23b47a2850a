import { Group, Select, Text, useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useIntl } from 'react-intl';
import { useText } from '../texts';
import type { Answer, Ask, Value } from './api';
import { shown } from './format';
import { COLOURS, type Look, type Option, ROWS_DRAWN, bars, heat, lines, network, sankey } from './options';
import type { ChartKind } from './sheets';
import { useTitle } from './title';
import { useWord } from './words';

export type { ChartKind };

interface Props {
  name: string;
  /** How each grouping is drawn; one that is not named has its table alone. */
  charts: Record<string, ChartKind>;
  /** The measures that can be drawn; the first where nothing is chosen. */
  drawn: string[];
  ask: Ask;
  answer: Answer;
  chosen: string | undefined;
  choose: (measure: string | undefined) => void;
}

/** A picture of the table below it; what it draws is chosen beside it. */
export function Chart({ name: whole, charts, drawn: drawable, ask, answer, chosen, choose }: Props) {
  const text = useText();
  const title = useTitle();
  const look = useLook(ask, answer);
  const kind = ask.interval ? 'lines' : charts[ask.group_by.join(',')];
  const drawn = drawable.filter((name) => ask.measures.includes(name));
  const measure = drawn.find((name) => name === chosen) ?? drawn[0];
  if (!kind || !measure) return null;
  const [group = '', other = ''] = ask.group_by;
  const option: Option = {
    lines: () => lines(answer, ask.group_by, measure, look),
    bars: () => bars(answer, group, [measure], look),
    stack: () => bars(answer, group, drawn, look),
    sankey: () => sankey(answer, measure, look),
    heat: () => heat(answer, group, other, measure, look),
    network: () => network(answer, group, other, measure, look),
  }[kind]();
  const name = kind === 'stack' ? whole : look.title(measure);
  const rowed = kind === 'bars' || kind === 'stack';
  const height = rowed ? 70 + Math.min(ROWS_DRAWN, answer.rows.length) * 30 : kind === 'network' ? 460 : 340;
  return (
    <section className="panel" aria-label={text('reports.chart.label', { name })} data-testid="chart">
      {kind !== 'stack' && drawn.length > 1 && (
        <Group justify="flex-end" mb="xs">
          <Select size="xs" w={200} label={text('reports.chart')} allowDeselect={false} value={measure} data={drawn.map((one) => ({ value: one, label: title(answer.columns.find((column) => column.name === one) ?? { name: one, title: one }) }))} onChange={(value) => choose(value ?? undefined)} />
        </Group>
      )}
      <Drawn option={option} height={height} label={text('reports.chart.label', { name })} />
      {rowed && answer.rows.length > ROWS_DRAWN && <Text size="xs" c="dimmed">{text('reports.chart.first', { shown: ROWS_DRAWN, rows: answer.row_count })}</Text>}
      {kind === 'network' && <Text size="xs" c="dimmed">{text('reports.chart.overload')}</Text>}
    </section>
  );
}

function useLook(ask: Ask, answer: Answer): Look {
  const text = useText();
  const intl = useIntl();
  const title = useTitle();
  const word = useWord();
  const dark = useComputedColorScheme('light') === 'dark';
  const column = (name: string) => answer.columns.find((one) => one.name === name) ?? { name, title: name, kind: 'text' as const };
  return {
    said: (name: string, value: Value) => word(name, shown(intl, column(name).kind, value, answer.time_zone, ask.interval)),
    title: (name: string) => title(column(name)),
    ink: dark ? '#dfe3e8' : '#22272e',
    faint: dark ? '#5b6270' : '#c3c9d1',
    colours: COLOURS[dark ? 'dark' : 'light'],
    alarm: dark ? '#ff8787' : '#c92a2a',
    tier: (value, side) => {
      const tier = value === '(none)' || value === null ? text('reports.chart.untiered') : text('reports.chart.tier', { tier: String(value) });
      return side === null ? tier : text(`reports.chart.${side}`, { tier });
    },
  };
}

/** ECharts comes when the first chart does. */
function Drawn({ option, height, label }: { option: Option; height: number; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(option);
  const redraw = useRef<() => void>(undefined);
  latest.current = option;
  useEffect(() => {
    let over = false;
    let end = () => { over = true; };
    void import('./echarts').then(({ init }) => {
      const node = place.current;
      if (over || !node) return;
      const chart = init(node);
      const sized = new ResizeObserver(() => chart.resize());
      sized.observe(node);
      redraw.current = () => chart.setOption(latest.current, { notMerge: true });
      redraw.current();
      end = () => { sized.disconnect(); chart.dispose(); redraw.current = undefined; };
    });
    return () => end();
  }, []);
  useEffect(() => redraw.current?.());
  return <div ref={place} role="img" aria-label={label} style={{ width: '100%', height }} />;
}
