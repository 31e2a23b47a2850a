import { Alert, Button, Code, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { client, take } from '../api/client';
import { useNames } from '../api/queries';
import { useText } from '../texts';
import { AdminNav } from './nav';

/** Who changed what, and when; the log only grows. */
export function Audit() {
  const text = useText();
  const intl = useIntl();
  const names = useNames();
  const [typed, setTyped] = useState('');
  const [subject] = useDebouncedValue(typed.trim(), 300);
  const events = useInfiniteQuery({
    queryKey: ['audit', subject],
    queryFn: ({ pageParam }) => take(client.GET('/v1/audit-events', { params: { query: { limit: 50, ...(subject ? { subject } : {}), ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const rows = events.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack>
      <AdminNav />
      <Title order={1} size="h3">{text('admin.audit')}</Title>
      <TextInput maw={420} label={text('audit.subject')} description={text('audit.hint')} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
      {events.isError && <Alert color="red" role="alert">{events.error.message}</Alert>}
      {events.isPending && <Skeleton h={300} />}
      {events.isSuccess && rows.length === 0 && <Text c="dimmed">{text('admin.none')}</Text>}
      {rows.length > 0 && (
        <div className="panel scroll" tabIndex={0} role="region" aria-label={text('admin.audit')}>
          <table className="board" data-testid="audit">
            <thead><tr>{(['at', 'who', 'what', 'subject', 'change'] as const).map((column) => <th key={column} scope="col">{text(`audit.${column}`)}</th>)}</tr></thead>
            <tbody>
              {rows.map((event) => (
                <tr key={event.id}>
                  <td><time dateTime={event.at}>{intl.formatDate(event.at, { dateStyle: 'medium', timeStyle: 'medium' })}</time></td>
                  <td>{event.actor_id ? names(event.actor_id) ?? event.actor_id : text('audit.system')}</td>
                  <td>{event.action}</td>
                  <td><Text size="xs" style={{ wordBreak: 'break-all' }}>{event.subject}</Text></td>
                  <td>{(event.before || event.after) && <details><summary>{text('audit.show')}</summary><Code block fz={11} tabIndex={0}>{JSON.stringify({ before: event.before, after: event.after }, null, 1)}</Code></details>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {events.hasNextPage && <Button variant="default" loading={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>{text('calls.more')}</Button>}
    </Stack>
  );
}
