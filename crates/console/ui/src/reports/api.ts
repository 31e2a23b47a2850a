import { useQuery } from '@tanstack/react-query';
import { all, client, take } from '../api/client';

/** What a report's cell holds; a division by zero is null. */
export type Value = string | number | boolean | null;
export type Kind = 'text' | 'boolean' | 'time' | 'interval' | 'count' | 'seconds' | 'minutes' | 'rate' | 'number';

export interface Filter {
  field: string;
  op: 'eq' | 'ne' | 'in' | 'not_in' | 'lt' | 'lte' | 'gt' | 'gte' | 'between' | 'contains' | 'is_null';
  value: unknown;
}

export interface Like {
  call_type?: string;
  purpose?: string;
  answered?: boolean;
  initiator_tier?: unknown;
  target_tier?: unknown;
}

/** Rows with such a call below theirs, or without. */
export interface Cross {
  with?: Like;
  without?: Like;
}

/** What `POST /v1/reports/run` is asked. */
export interface Ask {
  type: string;
  filters: Filter[];
  /** Dates that move with the day, beside the filters. */
  period?: string;
  cross_filter?: Cross;
  group_by: string[];
  interval?: string;
  measures: string[];
  time_zone?: string;
  sort?: string;
  limit?: number;
}

export interface Column {
  name: string;
  title: string;
  kind: Kind;
}

export interface Answer {
  columns: Column[];
  rows: Value[][];
  totals: Value[];
  definition_of: Record<string, string>;
  time_zone: string;
  row_count: number;
  counted: number;
}

/** `measure`, `interval` and the groups, each as the report showed it. */
export type Cell = Record<string, Value>;

export interface Item {
  voice_call_id: string | null;
  conversation_id: string | null;
  number: string | null;
  external_id: string | null;
  leg_id: string | null;
  call_type: 'inbound' | 'outbound' | 'internal' | null;
  purpose: string | null;
  disposition: string | null;
  customer: string | null;
  agent: string | null;
  initiator: string | null;
  target: string | null;
  queue: string | null;
  subject: string | null;
  case_category: string | null;
  status: string | null;
  started_at: string | null;
  ended_at: string | null;
  value: Value;
  counted: boolean;
}

export interface Behind {
  value: Value;
  count: number;
  items: Item[];
  truncated: boolean;
  measure: string;
  definition: string;
}

export interface Measure extends Column {
  definition: string;
}

export interface ReportType {
  name: string;
  title: string;
  description: string;
  fields: Column[];
  measures: Measure[];
  default_group_by: string[];
  default_measures: string[];
  intervals: string[];
}

interface Asking {
  body?: unknown;
  params?: unknown;
  parseAs?: 'blob';
}
type Answering<T> = Promise<{ data?: T; error?: unknown; response: Response }>;
const post = client.POST as unknown as <T>(path: string, asking: Asking) => Answering<T>;
const get = client.GET as unknown as <T>(path: string, asking: Asking) => Answering<T>;

export const run = (ask: Ask): Promise<Answer> => take(post<Answer>('/v1/reports/run', { body: ask }));
export const drill = (ask: Ask, cell: Cell): Promise<Behind> => take(post<Behind>('/v1/reports/drill', { body: { ...ask, cell } }));

export const FORMATS = ['csv', 'xlsx', 'parquet', 'json'] as const;
export type Format = (typeof FORMATS)[number];


export const timeline = <T>(id: string): Promise<T> => take(get<T>('/v1/conversations/{id}/timeline', { params: { path: { id } } }));

/** A file that takes a while: `progress` is 0 to 1. */
export interface ReportExport {
  id: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  progress: number;
  detail: string | null;
}
const EXPORTS = '/v1/reports/exports';
const EXPORT = '/v1/reports/exports/{id}';
export const startExport = (ask: Ask, format: Format): Promise<ReportExport> => take(post<ReportExport>(EXPORTS, { body: { ...ask, format } }));
export const exportNow = (id: string): Promise<ReportExport> => take(get<ReportExport>(EXPORT, { params: { path: { id } } }));
export const exportFile = (id: string): Promise<Blob> => take(get<Blob>(`${EXPORT}/file`, { params: { path: { id } }, parseAs: 'blob' }));
export const endExport = (id: string): Promise<unknown> => take(client.DELETE(EXPORT as never, { params: { path: { id } } } as never));

const A_WHILE = { staleTime: 60_000 };

export function useTypes() {
  return useQuery({ queryKey: ['report-types'], queryFn: async () => (await take(get<{ items: ReportType[] }>('/v1/reports/types', {}))).items, staleTime: Infinity });
}

/** With what was asked: while another answer of the type is on its way the last one stays in sight, and its numbers still lead to its own calls. */
export function useReport(ask: Ask | null) {
  return useQuery({
    queryKey: ['report', ask],
    queryFn: async () => ({ ...(await run(ask as Ask)), asked: ask as Ask }),
    enabled: ask !== null,
    placeholderData: (before) => (before?.asked.type === ask?.type ? before : undefined),
    ...A_WHILE,
  });
}

/** The organization's time zone, as any answer states it. */
export function useZone() {
  const none: Ask = { type: 'voice_calls', filters: [{ field: 'started_at', op: 'gte', value: '2999-01-01' }], group_by: [], measures: ['calls'], limit: 1 };
  return useQuery({ queryKey: ['report-zone'], queryFn: async () => (await run(none)).time_zone, staleTime: Infinity });
}

/** What a field holds in those rows: the choices of its filter. */
export function useChoices(ask: Ask | null) {
  return useQuery({
    queryKey: ['report-choices', ask],
    queryFn: async () => (await run(ask as Ask)).rows.map((row) => row[0] ?? null),
    enabled: ask !== null,
    ...A_WHILE,
  });
}

export interface SavedReport {
  id: string;
  version: number;
  owner_id: string;
  name: string;
  folder: string;
  request: Ask;
  shared_with: string[];
}
type Saving = Pick<SavedReport, 'name' | 'folder' | 'request' | 'shared_with'>;

const SAVED = '/v1/reports/saved';
const ONE = '/v1/reports/saved/{id}';
const patch = client.PATCH as unknown as <T>(path: string, asking: Asking) => Answering<T>;
const erase = client.DELETE as unknown as <T>(path: string, asking: Asking) => Answering<T>;
const listed = <T>(path: string) => all<T>((cursor) => take(get<{ items: T[]; next_cursor?: string | null }>(path, { params: { query: { limit: 200, cursor } } })));

export const saveReport = (body: Saving): Promise<SavedReport> => take(post<SavedReport>(SAVED, { body }));
export const changeSaved = (report: SavedReport, body: Saving): Promise<SavedReport> =>
  take(patch<SavedReport>(ONE, { params: { path: { id: report.id }, header: { 'If-Match': `"${report.version}"` } }, body }));
export const removeSaved = (report: SavedReport): Promise<unknown> => take(erase<unknown>(ONE, { params: { path: { id: report.id } } }));

/** One's own, and those that are shared with one. */
export function useSavedReports() {
  return useQuery({ queryKey: ['saved-reports'], queryFn: () => listed<SavedReport>(SAVED), select: (items) => [...items].sort((a, b) => a.name.localeCompare(b.name)), ...A_WHILE });
}

/** The permission sets that a report can be shared with. */
export function useAudiences() {
  return useQuery({ queryKey: ['report-audiences'], queryFn: async () => (await take(get<{ items: { id: string; name: string }[] }>('/v1/reports/audiences', {}))).items, ...A_WHILE });
}

export interface Timing {
  every: 'day' | 'week' | 'month';
  at: string;
  weekdays?: string[];
  day?: number;
  time_zone: string;
}
export type Destination = { kind: 'file' } | { kind: 'webhook'; url: string } | { kind: 'mail'; to: string[] };

/** A saved report that goes somewhere at its times. */
export interface Schedule {
  id: string;
  version: number;
  name: string;
  saved_report_id: string;
  enabled: boolean;
  timing: Timing;
  format: Format;
  delivery: Destination;
  next_run_at: string | null;
  paused_reason: string | null;
  /** Shown once. */
  secret?: string;
}

export interface ScheduleRun {
  id: string;
  started_at: string;
  by_hand: boolean;
  outcome: 'running' | 'delivered' | 'failed' | 'paused';
  rows: number | null;
  detail: string | null;
}

const SCHEDULES = '/v1/reports/schedules';
const SCHEDULE = '/v1/reports/schedules/{id}';
export type Scheduling = Pick<Schedule, 'name' | 'saved_report_id' | 'timing' | 'format' | 'delivery'>;
export const addSchedule = (body: Scheduling): Promise<Schedule> => take(post<Schedule>(SCHEDULES, { body }));
export const enableSchedule = (id: string, enabled: boolean): Promise<Schedule> => take(patch<Schedule>(SCHEDULE, { params: { path: { id } }, body: { enabled } }));
export const removeSchedule = (id: string): Promise<unknown> => take(erase<unknown>(SCHEDULE, { params: { path: { id } } }));
export const runSchedule = (id: string): Promise<ScheduleRun> => take(post<ScheduleRun>(`${SCHEDULE}/run`, { params: { path: { id } } }));

export function useSchedules(enabled: boolean) {
  return useQuery({ queryKey: ['report-schedules'], queryFn: () => listed<Schedule>(SCHEDULES), enabled, ...A_WHILE });
}

const LOOK_AGAIN_MS = 1_000;
/** The last runs; looked at again while one is under way. */
export function useRuns(id: string) {
  return useQuery({
    queryKey: ['report-runs', id],
    queryFn: async () => (await take(get<{ items: ScheduleRun[] }>(`${SCHEDULE}/runs`, { params: { path: { id }, query: { limit: 5 } } }))).items,
    refetchInterval: (query) => (query.state.data?.some((one) => one.outcome === 'running') ? LOOK_AGAIN_MS : false),
  });
}
