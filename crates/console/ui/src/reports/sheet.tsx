import { Alert, Button, Group, Skeleton, Stack, Switch, Text, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import { useText } from '../texts';
import { useAddress } from './address';
import { useReport, useZone } from './api';
import { Chart } from './chart';
import { Definitions } from './definitions';
import { Emptied } from './emptied';
import { ExportMenu } from './export';
import { Filters } from './filters';
import { moment } from './format';
import { Allowed, ReportsNav } from './nav';
import { dayIn } from './range';
import { SaveButton } from './save';
import { askOf, keptOf } from './state';
import type { Sheet } from './sheets';
import { ReportTable } from './table';

export function SheetPage({ sheet }: { sheet: Sheet }) {
  const text = useText();
  return (
    <Stack>
      <ReportsNav />
      <div>
        <Title order={1} size="h3">{text(sheet.name)}</Title>
        <Text c="dimmed" size="sm" maw={780}>{text(sheet.lead)}</Text>
      </div>
      <Allowed><Counted key={sheet.path} sheet={sheet} /></Allowed>
    </Stack>
  );
}

function Counted({ sheet }: { sheet: Sheet }) {
  const text = useText();
  const intl = useIntl();
  const [search, set] = useAddress();
  const own = useZone();
  const zone = search.zone ?? own.data;
  const today = dayIn(zone ?? 'UTC', new Date());
  const ask = zone ? askOf(sheet, search, zone, today) : null;
  const report = useReport(ask);
  const answer = report.data;
  const failed = own.error ?? report.error;
  if (failed) return <Alert color="red" role="alert">{failed.message}</Alert>;
  if (!zone || !ask) return <Skeleton h={300} />;
  return (
    <>
      <Filters sheet={sheet} search={search} zone={zone} today={today} set={set} />
      {!answer && <Skeleton h={300} />}
      {answer && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" role="status" data-testid="counted">
            {text('reports.rows', { rows: answer.row_count, counted: answer.counted })} {text('reports.as_of', { at: moment(intl, new Date(report.dataUpdatedAt).toISOString(), zone), zone: answer.time_zone })}
          </Text>
          <Group gap="xs">
            {sheet.more && <Switch size="sm" label={text('reports.more')} checked={search.more === true} onChange={(event) => set({ ...search, more: event.currentTarget.checked })} />}
            <Button size="compact-sm" variant="default" leftSection={<IconRefresh size={14} />} loading={report.isFetching} onClick={() => void report.refetch()}>{text('reports.refresh')}</Button>
            <SaveButton ask={keptOf(ask, search)} />
            <ExportMenu ask={ask} />
          </Group>
        </Group>
      )}
      {report.isPlaceholderData && <Text size="sm" role="status" c="dimmed">{text('reports.counting')}</Text>}
      {answer && answer.rows.length === 0 && !report.isPlaceholderData && <Emptied sheet={sheet} search={search} zone={zone} today={today} set={set} />}
      {answer && answer.rows.length > 0 && (
        <Chart name={text(sheet.name)} charts={sheet.charts ?? {}} drawn={sheet.drawn ?? []} ask={answer.asked} answer={answer} chosen={search.chart} choose={(chart) => set({ ...search, chart })} />
      )}
      {answer && answer.rows.length > 0 && (
        <ReportTable ask={answer.asked} answer={answer} label={text(sheet.name)} sort={ask.sort} onSort={(sort) => set({ ...search, sort })} />
      )}
      {answer && answer.rows.length > 0 && <Definitions answer={answer} />}
    </>
  );
}
