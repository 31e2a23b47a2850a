import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { all, client, take } from '../api/client';
import type { Body, Option, Row } from './fields';

/** The API's nouns that have a list, POST, PATCH and DELETE alike. */
export type Noun = 'users' | 'teams' | 'skills' | 'queues' | 'presence-statuses' | 'presence-configs' | 'wrap-up-codes' | 'quick-connects' | 'numbers' | 'trunks' | 'permission-sets' | 'call-flows' | 'business-hours' | 'prompts' | 'clients' | 'alert-rules';

// One shape serves all of them here; each page's fields say what they hold.
const list = (noun: Noun) => `/v1/${noun}` as '/v1/teams';
const one = (noun: Noun) => `/v1/${noun}/{id}` as '/v1/teams/{id}';

export const rowsQuery = (noun: Noun) => queryOptions({
  queryKey: ['rows', noun],
  queryFn: async () => (await all((cursor) => take(client.GET(list(noun), { params: { query: { limit: 200, cursor } } })))) as unknown as Row[],
});

export function useRows(noun: Noun) {
  return useQuery(rowsQuery(noun));
}

export function useOptions(noun: Noun, label = 'name'): Option[] {
  const rows = useRows(noun);
  return (rows.data ?? []).map((row) => ({ value: row.id, label: String(row[label] ?? row.id) }));
}

export async function create(noun: Noun, body: Body): Promise<Row> {
  return (await take(client.POST(list(noun), { body: body as never }))) as unknown as Row;
}

/** Refused (412) where somebody else was faster. */
export async function update(noun: Noun, row: Row, body: Body): Promise<Row> {
  return (await take(client.PATCH(one(noun), { params: { path: { id: row.id }, header: { 'If-Match': `"${row.version}"` } as never }, body: body as never }))) as unknown as Row;
}

export async function remove(noun: Noun, id: string): Promise<void> {
  await take(client.DELETE(one(noun), { params: { path: { id } } }));
}

export function useRefresh(noun: Noun): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await queries.invalidateQueries({ queryKey: ['rows', noun] });
    // Names and queues are shown elsewhere, too.
    await queries.invalidateQueries({ predicate: (query) => ['names', 'queues', 'presence-statuses', 'wrap-up-codes', 'me'].includes(String(query.queryKey[0])) });
  };
}
