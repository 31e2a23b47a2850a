import { Anchor, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { useMay, useQueues } from '../api/queries';
import { useLive } from '../live/store';
import { NOTHING } from '../reports/format';
import { Elapsed, clock } from '../shell/elapsed';
import { useText } from '../texts';

/** How each queue's day goes, counted by the reports' own definitions, beside what goes on now. */
export function QueueNumbers() {
  const text = useText();
  const intl = useIntl();
  const live = useLive((one) => one.queues);
  const definitions = useLive((one) => one.definitions);
  const queues = useQueues();
  const reports = useMay('view_reports');
  const [over, setOver] = useState<'today' | 'half_hour'>('today');
  const shown = (queues.data ?? []).filter((queue) => live[queue.id]?.today);
  if (shown.length === 0) return null;
  const counted = live[shown[0]?.id ?? '']?.counted_at;
  const since = live[shown[0]?.id ?? '']?.[over]?.since;
  const rate = (value: number | null | undefined) => (value === null || value === undefined ? NOTHING : intl.formatNumber(value, { style: 'percent', maximumFractionDigits: 1 }));
  const seconds = (value: number | null | undefined) => (value === null || value === undefined ? NOTHING : clock(value));
  const columns = [
    { name: 'service_level_offered', show: rate }, { name: 'offered', show: (value: number | null | undefined) => value ?? NOTHING },
    { name: 'answered', show: (value: number | null | undefined) => value ?? NOTHING }, { name: 'abandoned', show: (value: number | null | undefined) => value ?? NOTHING },
    { name: 'asa_seconds', show: seconds },
  ] as const;
  return (
    <section className="panel" aria-labelledby="queue-numbers" data-testid="queue-numbers">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5" id="queue-numbers">{text('numbers.title')}</Title>
        <SegmentedControl size="xs" aria-label={text('numbers.over')} value={over} onChange={(value) => setOver(value as 'today' | 'half_hour')} data={[{ value: 'today', label: text('numbers.today') }, { value: 'half_hour', label: text('numbers.half_hour') }]} />
      </Group>
      <div className="scroll" tabIndex={0} role="region" aria-label={text('numbers.title')}>
        <table className="board">
          <thead>
            <tr>
              <th scope="col">{text('board.queue')}</th><th scope="col">{text('numbers.waiting')}</th><th scope="col">{text('numbers.longest')}</th>
              {columns.map((column) => <th key={column.name} scope="col" title={definitions[column.name]}>{text(`numbers.${column.name}`)}</th>)}
              <th scope="col">{text('numbers.agents')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((queue) => {
              const now = live[queue.id];
              const figures = now?.[over]?.figures;
              return (
                <tr key={queue.id}>
                  <th scope="row" style={{ textAlign: 'left', fontSize: 14 }}>{queue.name}</th>
                  <td>{now?.waiting ?? 0}</td>
                  <td>{now?.longest_since ? <Elapsed since={now.longest_since} /> : NOTHING}</td>
                  {columns.map((column) => <td key={column.name}>{column.show(figures?.[column.name])}</td>)}
                  <td style={{ minWidth: 96 }}>{text('numbers.states', { available: now?.agents?.available ?? 0, busy: (now?.agents?.in_call ?? 0) + (now?.agents?.offering ?? 0) + (now?.agents?.wrap_up ?? 0), away: now?.agents?.away ?? 0 })}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <Stack gap={4} mt="xs">
        <Text size="xs" c="dimmed">
          {counted && since && text('numbers.counted', { since: intl.formatTime(since), at: intl.formatTime(counted, { timeStyle: 'medium' }) })}
          {reports && <> · <Anchor component={Link} to="/reports/queues" size="xs" underline="always">{text('numbers.report')}</Anchor></>}
        </Text>
        <details>
          <summary style={{ fontSize: 13 }}>{text('reports.definitions')}</summary>
          <dl style={{ fontSize: 13, margin: '4px 0 0' }}>
            {columns.map((column) => <div key={column.name}><dt style={{ fontWeight: 600 }}>{text(`numbers.${column.name}`)}</dt><dd lang="en" style={{ margin: '0 0 4px' }}>{definitions[column.name]}</dd></div>)}
          </dl>
        </details>
      </Stack>
    </section>
  );
}
