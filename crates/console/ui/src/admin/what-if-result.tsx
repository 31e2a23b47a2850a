import { Badge, Group, Select, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import type { components } from '../api/schema';
import { type TextId, useText } from '../texts';
import { judged } from './judged';

type Simulation = components['schemas']['Simulation'];
type Result = components['schemas']['SimulationResult'];
type Figure = components['schemas']['FigureCompared'];
type Estimated = Figure['base'];

const ORDER = ['service_level', 'asa_seconds', 'abandon_rate', 'occupancy', 'offered', 'answered', 'abandoned', 'overflowed'];
const RATES = ['service_level', 'abandon_rate', 'occupancy'];
function useSaid() {
  const intl = useIntl();
  return (figure: string, value: number | null | undefined): string => {
    if (value === null || value === undefined) return '–';
    return RATES.includes(figure) ? intl.formatNumber(value, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }) : intl.formatNumber(value, { maximumFractionDigits: 1 });
  };
}

/** As it was beside changed, with how sure that is. */
export function Compared({ simulation, result }: { simulation: Simulation; result: Result }) {
  const text = useText();
  const said = useSaid();
  const [of, setOf] = useState('');
  const [drawn, setDrawn] = useState('service_level');
  const { base } = simulation;
  const queue = result.queues.find((one) => one.queue_id === of);
  const figures = [...(queue?.figures ?? result.whole)].sort((a, b) => ORDER.indexOf(a.figure) - ORDER.indexOf(b.figure));
  const known = base.queues.find((one) => one.queue_id === of);
  const picture = figures.find((one) => one.figure === drawn) ?? figures[0];
  const title = (figure: string) => text(`whatif.figure.${figure}` as TextId);
  const interval = (figure: string, one: Estimated) => <><Text span size="sm" fw={600}>{said(figure, one.mean)}</Text> <Text span size="xs" c="dimmed">({said(figure, one.low)} … {said(figure, one.high)})</Text></>;
  return (
    <Stack component="section" className="panel" gap="sm" aria-labelledby="result" data-testid="whatif-result">
      <Title order={2} size="h5" id="result">{text('whatif.result')}: {simulation.name}</Title>
      <Text size="sm">{text('whatif.base_from', { from: base.from, to: base.to, days: base.days, opens: base.opens, closes: base.closes, agents: base.agents, changed: base.agents_changed })}</Text>
      <Group gap="sm" align="flex-end">
        <Select label={text('whatif.queue')} allowDeselect={false} value={of} onChange={(value) => setOf(value ?? '')} data={[{ value: '', label: text('whatif.all_queues') }, ...result.queues.map((one) => ({ value: one.queue_id, label: one.name }))]} />
        <Select label={text('whatif.figure')} allowDeselect={false} value={picture?.figure ?? null} onChange={(value) => setDrawn(value ?? 'service_level')} data={figures.map((one) => ({ value: one.figure, label: title(one.figure) }))} />
      </Group>
      {picture && <Intervals figure={picture} title={title(picture.figure)} said={(value) => said(picture.figure, value)} />}
      <div className="scroll" tabIndex={0} role="region" aria-label={text('whatif.result')}>
        <table className="board" data-testid="figures">
          <thead>
            <tr>{(['figure', 'base', 'changed', 'difference'] as const).map((column) => <th key={column} scope="col">{text(`whatif.${column}`)}</th>)}{known && <th scope="col">{text('whatif.measured')}</th>}</tr>
          </thead>
          <tbody>
            {figures.map((one) => {
              const verdict = judged(one);
              const measured = known?.measured[one.figure as 'service_level'];
              return (
                <tr key={one.figure}>
                  <th scope="row" style={{ textAlign: 'left' }}>{title(one.figure)}</th>
                  <td className="numbers">{interval(one.figure, one.base)}</td>
                  <td className="numbers">{interval(one.figure, one.changed)}</td>
                  <td className="numbers">{interval(one.figure, one.difference)}{verdict !== 'differs' && <> <Badge tt="none" variant="light" color={{ better: 'green', worse: 'red', same: 'gray' }[verdict]}>{text(`whatif.${verdict}`)}</Badge></>}</td>
                  {known && <td className="numbers">{RATES.includes(one.figure) || one.figure === 'asa_seconds' ? said(one.figure, measured) : '–'}</td>}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {known && <Text size="xs" c="dimmed">{text('whatif.measured.text')}</Text>}
      <Text size="xs" c="dimmed">{result.method} ({result.replications})</Text>
    </Stack>
  );
}

const [WIDTH, LEFT, RIGHT] = [320, 84, 304];

/** Two means with their intervals on one scale. */
function Intervals({ figure, title, said }: { figure: Figure; title: string; said: (value: number) => string }) {
  const text = useText();
  const rows = [{ name: text('whatif.base'), of: figure.base }, { name: text('whatif.changed'), of: figure.changed }];
  const all = rows.flatMap((row) => [row.of.low, row.of.high]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = Math.max((high - low) * 0.1, Math.abs(high) * 0.01, 1e-6);
  const x = (value: number) => LEFT + ((value - low + room) / (high - low + 2 * room)) * (RIGHT - LEFT);
  return (
    <svg role="img" aria-label={text('whatif.chart', { figure: title })} viewBox={`0 0 ${WIDTH} 96`} style={{ width: '100%', maxWidth: 560 }}>
      <g fontSize={11} fill="currentColor">
        {rows.map((row, index) => {
          const y = 24 + index * 32;
          return (
            <g key={row.name} stroke="currentColor">
              <text x={LEFT - 8} y={y + 4} textAnchor="end" stroke="none">{row.name}</text>
              <line x1={x(row.of.low)} x2={x(row.of.high)} y1={y} y2={y} strokeWidth={2} />
              {[row.of.low, row.of.high].map((end, at) => <line key={at} x1={x(end)} x2={x(end)} y1={y - 6} y2={y + 6} strokeWidth={1.5} />)}
              <circle cx={x(row.of.mean)} cy={y} r={4.5} stroke="none" fill={index === 0 ? 'currentColor' : 'var(--mantine-primary-color-filled)'} />
              <text x={x(row.of.mean)} y={y - 9} textAnchor="middle" stroke="none">{said(row.of.mean)}</text>
            </g>
          );
        })}
        <line x1={LEFT} x2={RIGHT} y1={76} y2={76} stroke="currentColor" strokeOpacity={0.4} />
        <text x={LEFT} y={90}>{said(low - room)}</text>
        <text x={RIGHT} y={90} textAnchor="end">{said(high + room)}</text>
      </g>
    </svg>
  );
}
