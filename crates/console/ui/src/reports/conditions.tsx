import { ActionIcon, Button, Group, MultiSelect, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { type TextId, useText } from '../texts';
import { type Ask, type Column, type Filter, type Kind, type ReportType, useChoices } from './api';
import { useTitle } from './title';
import { useWord } from './words';

type Op = Filter['op'];
const OPS: Partial<Record<Kind, Op[]>> = {
  text: ['in', 'not_in', 'contains', 'is_null'],
  boolean: ['eq'],
  time: ['gte', 'lt'],
  number: ['in', 'not_in', 'gte', 'lte'],
  seconds: ['gte', 'lte'],
};
const opsOf = (kind: Kind): Op[] => OPS[kind] ?? ['gte', 'lte'];

/** What a condition begins with: nothing is narrowed until it has a value. */
export function begun(kind: Kind): Pick<Filter, 'op' | 'value'> {
  const op = opsOf(kind)[0] ?? 'in';
  return { op, value: kind === 'boolean' ? true : op === 'in' ? [] : null };
}

/** Whether a condition says something. */
export function isWhole(filter: Filter): boolean {
  if (filter.op === 'is_null') return true;
  return Array.isArray(filter.value) ? filter.value.length > 0 : filter.value !== null && filter.value !== undefined && filter.value !== '';
}

interface Props {
  type: ReportType;
  ask: Ask;
  filters: Filter[];
  set: (filters: Filter[]) => void;
}

export function Conditions({ type, ask, filters, set }: Props) {
  const text = useText();
  const title = useTitle();
  const fields = type.fields.filter((field) => !field.name.endsWith('_id')).map((field) => ({ value: field.name, label: title(field) }));
  const change = (place: number, next: Filter) => set(filters.map((one, at) => (at === place ? next : one)));
  return (
    <Stack gap="xs" component="fieldset" style={{ border: 0, padding: 0, margin: 0 }} data-testid="conditions">
      <Text component="legend" size="sm" fw={500}>{text('build.conditions')}</Text>
      {filters.map((filter, place) => {
        const field = type.fields.find((one) => one.name === filter.field);
        const kind = field?.kind ?? 'text';
        const named = field ? title(field) : filter.field;
        return (
          <Group key={place} gap="xs" align="flex-end">
            <Select size="xs" w={190} searchable allowDeselect={false} label={text('build.field')} value={filter.field} data={fields}
              onChange={(name) => name && change(place, { field: name, ...begun(type.fields.find((one) => one.name === name)?.kind ?? 'text') })} />
            <Select size="xs" w={140} allowDeselect={false} label={text('build.op')} value={filter.op} data={[...new Set([...opsOf(kind), filter.op])].map((op) => ({ value: op, label: text(`reports.op.${op}` as TextId) }))}
              onChange={(op) => op && change(place, { ...filter, op: op as Op, value: op === 'is_null' ? null : ['in', 'not_in'].includes(op) ? (Array.isArray(filter.value) ? filter.value : []) : Array.isArray(filter.value) ? null : filter.value })} />
            <Held filter={filter} kind={kind} field={field} ask={ask} set={(value) => change(place, { ...filter, value })} />
            <ActionIcon variant="subtle" color="red" mb={3} aria-label={text('build.remove_condition', { field: named })} onClick={() => set(filters.filter((_, at) => at !== place))}><IconTrash size={16} /></ActionIcon>
          </Group>
        );
      })}
      <Group><Button size="compact-sm" variant="light" onClick={() => { const [first] = type.fields; if (first) set([...filters, { field: first.name, ...begun(first.kind) }]); }}>{text('build.add_filter')}</Button></Group>
    </Stack>
  );
}

interface HeldProps {
  filter: Filter;
  kind: Kind;
  field: Column | undefined;
  ask: Ask;
  set: (value: unknown) => void;
}

/** The value, as its field takes it. */
function Held({ filter, kind, ask, set }: HeldProps) {
  const text = useText();
  const label = text('build.value');
  if (filter.op === 'is_null') return null;
  if (kind === 'boolean') return <Select size="xs" w={110} label={label} allowDeselect={false} value={String(filter.value)} data={[{ value: 'true', label: text('build.yes') }, { value: 'false', label: text('build.no') }]} onChange={(value) => set(value === 'true')} />;
  if (filter.op === 'between') return <TextInput size="xs" w={220} label={label} readOnly value={Array.isArray(filter.value) ? filter.value.join(' … ') : ''} />;
  if (filter.op === 'in' || filter.op === 'not_in') return <Among filter={filter} kind={kind} ask={ask} set={set} />;
  if (kind === 'time') return <TextInput size="xs" w={150} type="date" label={label} value={String(filter.value ?? '').slice(0, 10)} onChange={(event) => set(event.currentTarget.value || null)} />;
  if (kind === 'text') return <TextInput size="xs" w={190} label={label} value={String(filter.value ?? '')} onChange={(event) => set(event.currentTarget.value || null)} />;
  return <NumberInput size="xs" w={120} label={label} value={typeof filter.value === 'number' ? filter.value : ''} onChange={(value) => set(value === '' ? null : Number(value))} />;
}

/** The choices are what the rows hold without this condition; asked for when the list is opened. */
function Among({ filter, kind, ask, set }: Omit<HeldProps, 'field'>) {
  const text = useText();
  const word = useWord();
  const [opened, setOpened] = useState(false);
  const measure = ask.measures[0];
  const asked: Ask | null = opened && measure
    ? { type: ask.type, filters: ask.filters.filter((one) => one.field !== filter.field), ...(ask.period ? { period: ask.period } : {}), group_by: [filter.field], measures: [measure], ...(ask.time_zone ? { time_zone: ask.time_zone } : {}), sort: filter.field }
    : null;
  const choices = useChoices(asked);
  const chosen = (Array.isArray(filter.value) ? filter.value : []).map(String);
  const there = [...new Set([...chosen, ...(choices.data ?? []).map(String)])];
  return (
    <MultiSelect
      size="xs" w={240} searchable label={text('build.value')} value={chosen} onDropdownOpen={() => setOpened(true)} nothingFoundMessage={choices.isFetching ? '…' : text('reports.no_choice')}
      data={there.map((value) => ({ value, label: word(filter.field, value) }))}
      onChange={(values) => set(values.map((value) => (kind === 'number' && /^\d+$/.test(value) ? Number(value) : value)))}
    />
  );
}
