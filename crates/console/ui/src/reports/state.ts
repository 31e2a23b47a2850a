// What a report's page shows lives in its address alone, so that a copied address shows the same.
import type { Ask, Cross, Filter } from './api';
import { PERIODS, PRESETS, type Preset, days } from './range';
import type { Sheet } from './sheets';

export interface Search {
  range?: string;
  from?: string;
  to?: string;
  zone?: string;
  by?: string;
  interval?: string;
  /** Values by field. */
  only?: Record<string, string[]>;
  /** Narrowed by the calls below. */
  cross?: Cross;
  /** `-` before the column: descending. */
  sort?: string;
  more?: boolean;
  chart?: string;
}

export const DEFAULT_RANGE: Preset = '30d';
export const presetOf = (search: Search): Preset => PRESETS.find((one) => one === search.range) ?? DEFAULT_RANGE;

/** The address without what says nothing. */
export function tidied(search: Search): Search {
  const only = Object.fromEntries(Object.entries(search.only ?? {}).filter(([, values]) => values.length > 0));
  const kept = Object.entries({ ...search, only: Object.keys(only).length > 0 ? only : undefined });
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined && value !== '' && value !== null && value !== false)) as Search;
}

export function groupsOf(sheet: Sheet, search: Search): string[] {
  const by = sheet.groupings.find((grouping) => grouping.join(',') === search.by) ?? sheet.groupings[0] ?? [];
  return [...by];
}

/** Narrowing by dates, where the address says so. */
export function dateFilters(search: Search, today: string): Filter[] {
  const span = days(presetOf(search), today, search.from, search.to);
  if (span === null) return [];
  if (span.from && span.before) return [{ field: 'started_at', op: 'between', value: [span.from, span.before] }];
  if (span.from) return [{ field: 'started_at', op: 'gte', value: span.from }];
  if (span.before) return [{ field: 'started_at', op: 'lt', value: span.before }];
  return [];
}

/** Values travel as words; tiers are numbers. */
export const typed = (field: string, value: string): unknown => (field.endsWith('tier') && /^\d+$/.test(value) ? Number(value) : value);

export function chosenFilters(search: Search): Filter[] {
  return Object.entries(search.only ?? {}).map(([field, values]) => ({ field, op: 'in', value: values.map((value) => typed(field, value)) }));
}

export function askOf(sheet: Sheet, search: Search, zone: string, today: string): Ask {
  const measures = [...sheet.measures, ...(search.more ? sheet.more ?? [] : [])];
  const groups = groupsOf(sheet, search);
  const known = [...measures, ...groups, ...(search.interval ? ['interval'] : [])];
  const sort = [search.sort, search.interval ? 'interval' : sheet.sort].find((one) => one !== undefined && known.includes(one.replace(/^-/, '')));
  return {
    type: sheet.type,
    filters: [...(sheet.fixed ?? []), ...dateFilters(search, today), ...chosenFilters(search)],
    ...(search.cross ? { cross_filter: search.cross } : {}),
    group_by: groups,
    ...(search.interval ? { interval: search.interval } : {}),
    measures,
    time_zone: zone,
    ...(sort ? { sort } : {}),
  };
}

/** The same, to be kept: dates that move with the day go on moving. */
export function keptOf(ask: Ask, search: Search): Ask {
  const preset = presetOf(search);
  if (!PERIODS.includes(preset)) return ask;
  return { ...ask, period: preset, filters: ask.filters.filter((filter) => filter.field !== 'started_at') };
}

/** What may be taken away again, each with the address that is left. */
export function lighter(search: Search): { field: string; values: string[]; left: Search }[] {
  const chosen = Object.entries(search.only ?? {}).map(([field, values]) => {
    const { [field]: _, ...rest } = search.only ?? {};
    return { field, values, left: tidied({ ...search, only: rest }) };
  });
  if (search.cross) chosen.push({ field: 'cross', values: [], left: tidied({ ...search, cross: undefined }) });
  if (presetOf(search) === 'all') return chosen;
  return [...chosen, { field: 'started_at', values: [], left: tidied({ ...search, range: 'all', from: undefined, to: undefined }) }];
}
