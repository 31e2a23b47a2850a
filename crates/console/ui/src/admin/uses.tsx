import { Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useList, useText } from '../texts';
import type { Row } from './fields';
import { naming } from './naming';
import { type Noun, rowsQuery } from './rows';

type Holder = keyof typeof NAMED;
/** How rows of each kind are called. */
const NAMED = {
  'users': (row: Row) => row['display_name'],
  'queues': (row: Row) => row['name'],
  'call-flows': (row: Row) => row['name'],
  'numbers': (row: Row) => row['e164'],
  'quick-connects': (row: Row) => row['name'],
  'permission-sets': (row: Row) => row['name'],
  'presence-configs': (row: Row) => row['name'],
  'clients': (row: Row) => row['name'],
  'alert-rules': (row: Row) => row['name'],
} as const;
/** What may name a row of each kind. */
const HOLDERS: Partial<Record<Noun, readonly Holder[]>> = {
  'teams': ['users', 'permission-sets', 'alert-rules'],
  'skills': ['users', 'queues', 'call-flows'],
  'queues': ['users', 'numbers', 'call-flows', 'queues', 'quick-connects', 'permission-sets', 'alert-rules'],
  'users': ['numbers', 'quick-connects', 'queues', 'call-flows'],
  'presence-statuses': ['presence-configs'],
  'presence-configs': ['users'],
  'call-flows': ['numbers'],
  'business-hours': ['call-flows'],
  'prompts': ['call-flows', 'queues'],
  'trunks': ['numbers'],
  'permission-sets': ['users', 'clients'],
};
const NAMES_MAX = 5;

/** Exactly what a removal takes something away from: "2 queues (Billing, Support) and 1 flow (Main line)". */
export function Uses({ noun, id }: { noun: Noun; id: string }) {
  const text = useText();
  const list = useList();
  const holders = HOLDERS[noun] ?? [];
  const asked = useQueries({ queries: holders.map((holder) => rowsQuery(holder)) });
  // What one may not look into is left to the sentence beside it.
  if (holders.length === 0 || asked.some((one) => one.isPending) || asked.every((one) => one.isError)) return null;
  const parts = holders.flatMap((holder, at) => {
    const found = naming(asked[at]?.data ?? [], id).map((row) => String(NAMED[holder](row) ?? '')).sort((a, b) => a.localeCompare(b));
    if (found.length === 0) return [];
    const more = found.length - NAMES_MAX;
    const names = list([...found.slice(0, NAMES_MAX), ...(more > 0 ? [text('admin.uses.more', { count: more })] : [])]);
    return [text(`admin.uses.${holder}`, { count: found.length, names })];
  });
  return <Text size="sm" data-testid="uses">{parts.length === 0 ? text('admin.uses.none') : text('admin.uses', { list: list(parts) })}</Text>;
}
