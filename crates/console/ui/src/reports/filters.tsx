import { Autocomplete, Group, MultiSelect, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type TextId, useText } from '../texts';
import { type Ask, useChoices } from './api';
import { CrossFilter } from './cross';
import { PRESETS, type Preset, isDay } from './range';
import { type Search, dateFilters, presetOf } from './state';
import type { Sheet } from './sheets';
import { useWord } from './words';

const ZONES = typeof Intl.supportedValuesOf === 'function' ? ['UTC', ...Intl.supportedValuesOf('timeZone')] : ['UTC'];
export const INTERVALS = ['quarter_hour', 'half_hour', 'hour', 'day', 'week', 'month'] as const;

interface Props {
  sheet: Sheet;
  search: Search;
  zone: string;
  today: string;
  set: (next: Search) => void;
}

/** When, grouped by what, and narrowed to what: each says itself into the address. */
export function Filters({ sheet, search, zone, today, set }: Props) {
  const text = useText();
  const field = (name: string) => text(`reports.field.${name}` as TextId);
  const preset = presetOf(search);
  return (
    <Group component="section" aria-label={text('reports.filters')} align="flex-end" gap="sm" className="panel">
      <Select
        label={text('reports.range')} w={170} allowDeselect={false} value={preset}
        data={PRESETS.map((one) => ({ value: one, label: text(`reports.range.${one}`) }))}
        onChange={(value) => set({ ...search, range: value as Preset, ...(value === 'custom' ? { to: search.to ?? today } : { from: undefined, to: undefined }) })}
      />
      {preset === 'custom' && (['from', 'to'] as const).map((side) => (
        <TextInput
          key={side} type="date" label={text(`reports.${side}`)} w={150} value={search[side] ?? ''}
          onChange={(event) => { const day = event.currentTarget.value; if (day === '' || isDay(day)) set({ ...search, [side]: day }); }}
        />
      ))}
      <Zone zone={zone} set={(chosen) => set({ ...search, zone: chosen })} />
      {sheet.groupings.length > 1 && (
        <Select
          label={text('reports.by')} w={280} allowDeselect={false}
          value={sheet.groupings.some((one) => one.join(',') === search.by) ? search.by : sheet.groupings[0]?.join(',')}
          data={sheet.groupings.map((one) => ({ value: one.join(','), label: one.map(field).join(' × ') }))}
          onChange={(value) => set({ ...search, by: value ?? undefined, sort: undefined, chart: undefined })}
        />
      )}
      {sheet.intervals && (
        <Select
          label={text('reports.interval')} w={150} value={search.interval ?? ''} allowDeselect={false}
          data={[{ value: '', label: text('reports.interval.none') }, ...INTERVALS.map((one) => ({ value: one, label: text(`reports.interval.${one}`) }))]}
          onChange={(value) => set({ ...search, interval: value ?? undefined })}
        />
      )}
      {sheet.filters.map((name) => (
        <Only key={name} name={name} label={field(name)} sheet={sheet} search={search} zone={zone} today={today} set={set} />
      ))}
      {sheet.crossed && <CrossFilter cross={search.cross} set={(cross) => set({ ...search, cross })} />}
    </Group>
  );
}

/** What is typed counts once it names a time zone. */
export function Zone({ zone, set }: { zone: string; set: (zone: string) => void }) {
  const text = useText();
  const [typed, setTyped] = useState<string | null>(null);
  const say = (value: string) => { if (ZONES.includes(value)) set(value); };
  return (
    <Autocomplete
      label={text('reports.zone')} w={190} limit={30} data={ZONES} value={typed ?? zone}
      onChange={setTyped} onOptionSubmit={(value) => { say(value); setTyped(null); }} onBlur={() => { say(typed ?? ''); setTyped(null); }}
    />
  );
}

/** The choices are what the rows of those dates hold; asked for when the list is opened. */
function Only({ name, label, sheet, search, zone, today, set }: Props & { name: string; label: string }) {
  const text = useText();
  const word = useWord();
  const [opened, setOpened] = useState(false);
  const measure = sheet.measures[0];
  const ask: Ask | null = opened && measure
    ? { type: sheet.type, filters: [...(sheet.fixed ?? []), ...dateFilters(search, today)], group_by: [name], measures: [measure], time_zone: zone, sort: name }
    : null;
  const choices = useChoices(ask);
  const chosen = search.only?.[name] ?? [];
  const there = [...new Set([...chosen, ...(choices.data ?? []).map(String)])];
  return (
    <MultiSelect
      label={label} w={200} searchable
      placeholder={chosen.length === 0 ? text('reports.any') : ''} value={chosen} onDropdownOpen={() => setOpened(true)}
      nothingFoundMessage={choices.isFetching ? '…' : text('reports.no_choice')}
      data={there.map((value) => ({ value, label: word(name, value) }))}
      onChange={(values) => set({ ...search, only: { ...search.only, [name]: values } })}
    />
  );
}
