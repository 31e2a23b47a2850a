import { Alert, Button, Group, MultiSelect, Select, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useIntl } from 'react-intl';
import { useText } from '../texts';
import { type Ask, type Filter, type ReportType, useReport, useSavedReports, useTypes, useZone } from './api';
import { type ChartKind, Chart } from './chart';
import { Conditions, isWhole } from './conditions';
import { CrossFilter } from './cross';
import { Definitions } from './definitions';
import { ExportMenu } from './export';
import { INTERVALS, Zone } from './filters';
import { moment } from './format';
import { Allowed, ReportsNav } from './nav';
import { PRESETS, dayIn, days, isDay, later } from './range';
import { SaveButton } from './save';
import { ReportTable } from './table';
import { useTitle } from './title';

const GROUPS_MAX = 3;
const WHEN = ['started_at', 'start_at'];

interface Built {
  ask?: Ask;
  saved?: string;
  chart?: string;
}

/** Any report that the server can count; it stands in the address whole. */
export function BuildReport() {
  const text = useText();
  return (
    <Stack>
      <ReportsNav />
      <div>
        <Title order={1} size="h3">{text('build.title')}</Title>
        <Text c="dimmed" size="sm" maw={780}>{text('build.lead')}</Text>
      </div>
      <Allowed><Builder /></Allowed>
    </Stack>
  );
}

/** The type's own report, of the last thirty days. */
function first(type: ReportType): Ask {
  return { type: type.name, filters: [], period: '30d', group_by: type.default_group_by, measures: type.default_measures };
}

function Builder() {
  const types = useTypes();
  const zone = useZone();
  const built = useRouterState({ select: (state) => state.location.search }) as Built;
  const navigate = useNavigate();
  const failed = types.error ?? zone.error;
  if (failed) return <Alert color="red" role="alert">{failed.message}</Alert>;
  const [one] = types.data ?? [];
  if (!one || !types.data || !zone.data) return <Skeleton h={300} />;
  const type = types.data.find((known) => known.name === built.ask?.type) ?? one;
  // An address may leave out what the server would take by itself.
  const ask: Ask = { ...first(type), ...(built.ask ? { period: undefined } : {}), ...built.ask, type: type.name, filters: built.ask?.filters ?? [], group_by: built.ask?.group_by ?? type.default_group_by, measures: built.ask?.measures ?? type.default_measures } as Ask;
  const say = (next: Built) => void navigate({ to: '.', search: next as never, replace: false });
  return <Form type={type} types={types.data} ask={tidy(ask)} own={zone.data} built={built} say={say} />;
}

/** Without what says nothing, so that the same report has the same address. */
function tidy(ask: Ask): Ask {
  return Object.fromEntries(Object.entries(ask).filter(([, value]) => value !== undefined && value !== '')) as unknown as Ask;
}

interface Props {
  type: ReportType;
  types: ReportType[];
  ask: Ask;
  own: string;
  built: Built;
  say: (next: Built) => void;
}

function Form({ type, types, ask, own, built, say }: Props) {
  const text = useText();
  const title = useTitle();
  const set = (part: Partial<Ask>) => say({ ...built, ask: tidy({ ...ask, ...part }) });
  const zone = ask.time_zone ?? own;
  const dates = ask.filters.find((filter) => WHEN.includes(filter.field));
  const conditions = ask.filters.filter((filter) => filter !== dates);
  const options = (columns: { name: string; title: string }[]) => columns.map((column) => ({ value: column.name, label: title(column) }));
  return (
    <>
      <Stack className="panel" component="section" aria-label={text('reports.filters')} gap="sm">
        <Group align="flex-end" gap="sm">
          <Select label={text('build.kind')} w={200} allowDeselect={false} value={type.name} data={types.map((one) => ({ value: one.name, label: one.title }))} onChange={(name) => { const next = types.find((one) => one.name === name); if (next) say({ ask: { ...first(next), ...(ask.time_zone ? { time_zone: ask.time_zone } : {}) } }); }} />
          <Dates ask={ask} dates={dates} field={type.fields.some((field) => field.name === 'started_at') ? 'started_at' : 'start_at'} zone={zone} set={set} />
          <Zone zone={zone} set={(time_zone) => set({ time_zone })} />
          <Select label={text('reports.interval')} w={150} allowDeselect={false} value={ask.interval ?? ''} data={[{ value: '', label: text('reports.interval.none') }, ...INTERVALS.filter((one) => type.intervals.includes(one)).map((one) => ({ value: one, label: text(`reports.interval.${one}`) }))]} onChange={(interval) => set({ interval: interval ?? '', sort: undefined as never })} />
        </Group>
        <Text size="sm" c="dimmed" lang="en">{type.description}</Text>
        <MultiSelect label={text('build.groups')} searchable maxValues={GROUPS_MAX} value={ask.group_by} data={options(type.fields)} onChange={(group_by) => set({ group_by, sort: undefined as never })} />
        <MultiSelect label={text('build.columns')} searchable value={ask.measures} data={options(type.measures)} onChange={(measures) => set({ measures, sort: undefined as never })} />
        <Conditions type={type} ask={ask} filters={conditions} set={(next) => set({ filters: [...(dates ? [dates] : []), ...next] })} />
        {type.fields.some((field) => field.name === 'call_type') && <CrossFilter cross={ask.cross_filter} set={(cross_filter) => set({ cross_filter: cross_filter as never })} />}
      </Stack>
      {ask.measures.length === 0 ? <Text role="status">{text('build.incomplete')}</Text> : <Counted type={type} ask={ask} built={built} say={say} zone={zone} />}
    </>
  );
}

function Dates({ ask, dates, field, zone, set }: { ask: Ask; dates: Filter | undefined; field: string; zone: string; set: (part: Partial<Ask>) => void }) {
  const text = useText();
  const others = ask.filters.filter((filter) => filter !== dates);
  const span = Array.isArray(dates?.value) ? dates.value.map(String) : [];
  const [from, before] = dates?.op === 'gte' ? [String(dates.value)] : dates?.op === 'lt' ? [undefined, String(dates.value)] : span;
  const to = isDay(before) ? later(before, -1) : '';
  const between = (start: string, end: string) => set({
    period: undefined as never,
    filters: [...(isDay(start) && isDay(end) ? [{ field, op: 'between' as const, value: [start, later(end, 1)] }] : isDay(start) ? [{ field, op: 'gte' as const, value: start }] : isDay(end) ? [{ field, op: 'lt' as const, value: later(end, 1) }] : []), ...others],
  });
  const choose = (preset: string) => {
    if (preset !== 'custom') return set({ period: (preset === 'all' ? undefined : preset) as never, filters: others });
    const today = dayIn(zone, new Date());
    const days30 = days('30d', today);
    between(days30?.from ?? today, today);
  };
  return (
    <>
      <Select label={text('reports.range')} w={170} allowDeselect={false} value={dates ? 'custom' : ask.period ?? 'all'} data={PRESETS.map((one) => ({ value: one, label: text(`reports.range.${one}`) }))} onChange={(preset) => preset && choose(preset)} />
      {dates && <TextInput type="date" label={text('reports.from')} w={150} value={isDay(from) ? from : ''} onChange={(event) => between(event.currentTarget.value, to)} />}
      {dates && <TextInput type="date" label={text('reports.to')} w={150} value={to} onChange={(event) => between(isDay(from) ? from : '', event.currentTarget.value)} />}
    </>
  );
}

/** What is counted: conditions without a value yet narrow nothing. */
const counted = (ask: Ask, zone: string): Ask => ({ ...ask, time_zone: zone, filters: ask.filters.filter(isWhole) });

function Counted({ type, ask, built, say, zone }: { type: ReportType; ask: Ask; built: Built; say: (next: Built) => void; zone: string }) {
  const text = useText();
  const intl = useIntl();
  const whole = counted(ask, zone);
  const report = useReport(whole);
  const from = useSavedReports().data?.find((one) => one.id === built.saved);
  const answer = report.data;
  const drawn = whole.measures.filter((name) => ['count', 'seconds', 'minutes', 'rate', 'number'].includes(type.measures.find((one) => one.name === name)?.kind ?? ''));
  const charts: Record<string, ChartKind> = whole.group_by.length === 1 ? { [whole.group_by[0] ?? '']: 'bars' } : {};
  if (report.isError) return <Alert color="red" role="alert">{report.error.message}</Alert>;
  if (!answer) return <Skeleton h={300} />;
  return (
    <>
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed" role="status" data-testid="counted">
          {text('reports.rows', { rows: answer.row_count, counted: answer.counted })} {text('reports.as_of', { at: moment(intl, new Date(report.dataUpdatedAt).toISOString(), zone), zone: answer.time_zone })}
        </Text>
        <Group gap="xs">
          <Button size="compact-sm" variant="default" leftSection={<IconRefresh size={14} />} loading={report.isFetching} onClick={() => void report.refetch()}>{text('reports.refresh')}</Button>
          <SaveButton ask={counted(ask, zone)} from={from} kept={(kept) => say({ ...built, ask, saved: kept.id })} />
          <ExportMenu ask={whole} />
        </Group>
      </Group>
      {report.isPlaceholderData && <Text size="sm" role="status" c="dimmed">{text('reports.counting')}</Text>}
      {answer.rows.length === 0 && !report.isPlaceholderData && <Nothing ask={ask} remove={(left) => say({ ...built, ask: left })} />}
      {answer.rows.length > 0 && (
        <>
          <Chart name={text('build.title')} charts={charts} drawn={drawn} ask={answer.asked} answer={answer} chosen={built.chart} choose={(chart) => say({ ...built, ask, chart })} />
          <ReportTable ask={answer.asked} answer={answer} label={text('build.title')} sort={typeof ask.sort === 'string' ? ask.sort : undefined} onSort={(sort) => say({ ...built, ask: { ...ask, sort } })} />
          <Definitions answer={answer} />
        </>
      )}
    </>
  );
}

/** Each condition can be taken away from here. */
function Nothing({ ask, remove }: { ask: Ask; remove: (left: Ask) => void }) {
  const text = useText();
  const title = useTitle();
  const { period: _, ...dateless } = ask;
  const { cross_filter: __, ...uncrossed } = ask;
  return (
    <Stack className="panel" align="flex-start" data-testid="emptied" role="status">
      <Title order={2} size="h4">{text('reports.empty')}</Title>
      <Text>{text('reports.empty.together')}</Text>
      <Group gap="xs">
        {ask.period && <Button size="compact-sm" variant="light" onClick={() => remove(dateless)}>{text('reports.empty.without', { filter: text('reports.range') })}</Button>}
        {ask.cross_filter && <Button size="compact-sm" variant="light" onClick={() => remove(uncrossed)}>{text('reports.empty.without', { filter: text('cross.label') })}</Button>}
        {ask.filters.map((filter, place) => (
          <Button key={place} size="compact-sm" variant="light" onClick={() => remove({ ...ask, filters: ask.filters.filter((one) => one !== filter) })}>{text('reports.empty.without', { filter: WHEN.includes(filter.field) ? text('reports.range') : title({ name: filter.field, title: filter.field }) })}</Button>
        ))}
      </Group>
    </Stack>
  );
}
