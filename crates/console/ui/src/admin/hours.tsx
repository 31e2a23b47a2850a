import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useText } from '../texts';
import { Crud } from './crud';
import type { CustomProps, Field, Row } from './fields';

interface Span {
  from: string;
  to: string;
}

interface Exception {
  date: string;
  name: string;
  hours: Span[];
}

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
const OFFICE: Span[] = [{ from: '09:00', to: '17:00' }];
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = () => Intl.supportedValuesOf('timeZone').concat(['UTC']).map((zone) => ({ value: zone, label: zone }));
const name = (row: Row) => String(row['name']);

/** When it is open, in a time zone, and the days that are unlike the others. */
export function BusinessHours() {
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'time_zone', label: 'admin.time_zone', kind: 'select', required: true, options: zones() },
    ...DAYS.map((day, place): Field => ({
      name: day, label: `admin.hours.${day}`, kind: 'custom', input: (props) => <Spans {...props} />,
      ...(place === 0 ? { section: 'admin.hours.week' as const } : {}),
    })),
    { name: 'exceptions', section: 'admin.hours.exceptions', label: 'admin.hours.exceptions', kind: 'custom', input: (props) => <Exceptions {...props} /> },
  ];
  const fresh = { time_zone: own, ...Object.fromEntries(DAYS.map((day, place) => [day, place < 5 ? OFFICE : []])), exceptions: [] };
  return (
    <Crud noun="business-hours" title="admin.business_hours" fields={fields} name={name} fresh={fresh} breaks="admin.breaks.business_hours"
      columns={[
        { label: 'admin.name', show: name },
        { label: 'admin.time_zone', show: (row) => row['time_zone'] as string },
        { label: 'admin.hours.exceptions', show: (row) => (row['exceptions'] as Exception[]).length },
      ]}
    />
  );
}

function Spans({ value, set, label, error }: CustomProps) {
  const text = useText();
  const spans = (value as Span[] | undefined) ?? [];
  const change = (place: number, part: Partial<Span>) => set(spans.map((span, at) => (at === place ? { ...span, ...part } : span)));
  return (
    <Stack gap={4} component="fieldset" style={{ border: 0, padding: 0, margin: 0 }}>
      <Group gap="xs" align="flex-start">
        <Text component="legend" size="sm" w={110}>{label}</Text>
        <Stack gap={4} style={{ flex: '1 1 200px' }}>
          {spans.length === 0 && <Text size="sm" c="dimmed">{text('admin.flow.closed')}</Text>}
          {spans.map((span, place) => (
            <Group key={place} gap={4} wrap="nowrap">
              <TextInput size="xs" w={76} aria-label={`${label}: ${text('admin.hours.from')}`} value={span.from} onChange={(event) => change(place, { from: event.currentTarget.value })} />
              <Text size="sm" aria-hidden>–</Text>
              <TextInput size="xs" w={76} aria-label={`${label}: ${text('admin.hours.to')}`} value={span.to} onChange={(event) => change(place, { to: event.currentTarget.value })} />
              <ActionIcon variant="subtle" color="red" aria-label={text('admin.remove_one', { name: `${span.from}–${span.to}` })} onClick={() => set(spans.filter((_, at) => at !== place))}><IconTrash size={16} /></ActionIcon>
            </Group>
          ))}
          {error && <Text size="xs" c="red">{error}</Text>}
        </Stack>
        <Button size="compact-xs" variant="subtle" aria-label={`${label}: ${text('admin.hours.add')}`} onClick={() => set([...spans, ...OFFICE])}>{text('admin.hours.add')}</Button>
      </Group>
    </Stack>
  );
}

function Exceptions({ value, set, errors }: CustomProps) {
  const text = useText();
  const exceptions = (value as Exception[] | undefined) ?? [];
  const change = (place: number, part: Partial<Exception>) => set(exceptions.map((one, at) => (at === place ? { ...one, ...part } : one)));
  return (
    <Stack gap="xs">
      {exceptions.map((one, place) => (
        <Stack key={place} gap={4} className="edge" p="xs" component="section" aria-label={one.name || one.date}>
          <Group gap="xs" align="flex-end">
            <TextInput size="xs" type="date" label={text('admin.hours.date')} value={one.date} onChange={(event) => change(place, { date: event.currentTarget.value })} error={errors[`exceptions[${place}].date`]} />
            <TextInput size="xs" style={{ flex: '1 1 100px' }} label={text('admin.name')} value={one.name} onChange={(event) => change(place, { name: event.currentTarget.value })} />
            <ActionIcon variant="subtle" color="red" mb={4} aria-label={text('admin.remove_one', { name: one.name || one.date })} onClick={() => set(exceptions.filter((_, at) => at !== place))}><IconTrash size={16} /></ActionIcon>
          </Group>
          <Spans value={one.hours} set={(hours) => change(place, { hours: hours as Span[] })} label={text('admin.hours.open')} error={Object.entries(errors).find(([field]) => field.startsWith(`exceptions[${place}].hours`))?.[1]} errors={errors} />
        </Stack>
      ))}
      <Group><Button size="compact-sm" variant="light" onClick={() => set([...exceptions, { date: new Date().toISOString().slice(0, 10), name: '', hours: [] }])}>{text('admin.hours.add_exception')}</Button></Group>
    </Stack>
  );
}
