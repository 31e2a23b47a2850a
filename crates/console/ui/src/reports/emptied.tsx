import { Button, List, Stack, Text, Title } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { type TextId, useList, useText } from '../texts';
import { run } from './api';
import { type Search, askOf, lighter } from './state';
import type { Sheet } from './sheets';

interface Props {
  sheet: Sheet;
  search: Search;
  zone: string;
  today: string;
  set: (next: Search) => void;
}

/** No rows: which filter took them away is found by asking again without each. */
export function Emptied({ sheet, search, zone, today, set }: Props) {
  const text = useText();
  const list = useList();
  const tries = lighter(search);
  const counts = useQueries({
    queries: tries.map(({ left }) => {
      const ask = { ...askOf(sheet, { ...left, interval: undefined }, zone, today), limit: 1 };
      return { queryKey: ['report-count', ask], queryFn: () => run(ask), staleTime: 60_000 };
    }),
  });
  const helps = tries.flatMap((one, place) => {
    const rows = counts[place]?.data?.row_count ?? 0;
    return rows > 0 ? [{ ...one, rows }] : [];
  });
  const name = (field: string) => (field === 'cross' ? text('cross.label') : field === 'started_at' ? text('reports.range') : text(`reports.field.${field}` as TextId));
  const asked = counts.every((one) => !one.isPending);
  return (
    <Stack className="panel" align="flex-start" data-testid="emptied" role="status">
      <Title order={2} size="h4">{text('reports.empty')}</Title>
      {asked && helps.length === 0 && <Text>{text(tries.length > 1 ? 'reports.empty.together' : 'reports.empty.none')}</Text>}
      {helps.length > 0 && (
        <List spacing="xs">
          {helps.map((one) => (
            <List.Item key={one.field}>
              {text(one.values.length > 0 ? 'reports.empty.filter' : one.field === 'cross' ? 'reports.empty.cross' : 'reports.empty.dates', { filter: name(one.field), values: list(one.values), rows: one.rows })}{' '}
              <Button size="compact-sm" variant="light" onClick={() => set(one.left)}>{text('reports.empty.without', { filter: name(one.field) })}</Button>
            </List.Item>
          ))}
        </List>
      )}
      {asked && helps.length === 0 && tries.length > 1 && <Button variant="light" onClick={() => set({ range: 'all', zone: search.zone, by: search.by })}>{text('reports.empty.all')}</Button>}
    </Stack>
  );
}
