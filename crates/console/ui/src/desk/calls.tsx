import { Alert, Anchor, Badge, Button, Group, SegmentedControl, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconPhone } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { client, take } from '../api/client';
import { useMay, useMe, useNames } from '../api/queries';
import type { VoiceCall } from '../api/types';
import { learn } from '../live/store';
import { clock } from '../shell/elapsed';
import { type TextId, useText } from '../texts';

const TYPES = ['all', 'inbound', 'outbound', 'internal'] as const;
type Type = (typeof TYPES)[number];

/** Whom one would call again: who called, or was called. */
const otherOf = (call: VoiceCall, me: string | undefined) => (call.call_type === 'inbound' || call.to === me ? call.from : call.to);
/** Whole or masked. */
const isNumber = (who: string) => /^\+[\d*]+$/.test(who);

/** Every call leg that one may see, newest first; what belongs together stands together by its number's path. */
export function Calls() {
  const text = useText();
  const intl = useIntl();
  const names = useNames();
  const me = useMe().data?.user?.id;
  const may = useMay('place_calls');
  const mayNumbers = useMay('place_external_calls');
  const [type, setType] = useState<Type>('all');
  const [refused, setRefused] = useState<string | null>(null);
  const calls = useInfiniteQuery({
    queryKey: ['voice-calls', type],
    queryFn: ({ pageParam }) => take(client.GET('/v1/voice-calls', { params: { query: { limit: 50, ...(type === 'all' ? {} : { call_type: type }), ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const rows = calls.data?.pages.flatMap((page) => page.items) ?? [];
  const name = (who: string | null | undefined) => (who && who === me ? text('party.you') : names(who) ?? who ?? '–');
  const again = async (call: VoiceCall) => {
    setRefused(null);
    try {
      // The server knows the number, also where one sees its last digits only.
      learn(await take(client.POST('/v1/calls', { body: { target: { voice_call_id: call.id } } })));
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
  };
  const canAgain = (call: VoiceCall) => {
    const other = otherOf(call, me);
    return may && !!other && other !== me && (isNumber(other) ? mayNumbers : names(other) !== undefined) && call.purpose !== 'coaching';
  };
  return (
    <Stack>
      <Group justify="space-between">
        <Group><Title order={1} size="h3">{text('calls.title')}</Title>{may && <Button size="compact-md" leftSection={<IconPhone size={16} />} onClick={() => window.dispatchEvent(new Event('tandem:dialer'))}>{text('calls.make')}</Button>}</Group>
        <SegmentedControl styles={{ label: { paddingInline: 6 } }} aria-label={text('calls.filter')} value={type} onChange={(value) => setType(value as Type)} data={TYPES.map((one) => ({ value: one, label: one === 'all' ? text('calls.filter.all') : text(`call_type.${one}`) }))} />
      </Group>
      {refused && <Alert color="red" role="alert">{refused}</Alert>}
      {calls.isError && <Alert color="red" role="alert">{calls.error.message}</Alert>}
      {calls.isPending && <Skeleton h={300} />}
      {calls.isSuccess && rows.length === 0 && <Text c="dimmed">{text('calls.empty')}</Text>}
      {rows.length > 0 && (
        <div className="panel scroll" tabIndex={0} role="region" aria-label={text('calls.title')}>
          <table className="board" data-testid="voice-calls">
            <thead><tr>{(['call', 'kind', 'parties', 'subject', 'started', 'talk', 'disposition'] as const).map((column) => <th key={column} scope="col">{text(`calls.column.${column}`)}</th>)}<th><span className="unseen">{text('calls.again')}</span></th></tr></thead>
            <tbody>
              {rows.map((call) => (
                <tr key={call.id}>
                  <td className="numbers"><Anchor component={Link} to="/timeline/$id" params={{ id: call.conversation_id } as never} size="sm" underline="always">{call.number ?? text('timeline.title')}</Anchor></td>
                  <td><Badge variant="light" color={call.call_type === 'internal' ? 'violet' : 'blue'} tt="none">{text(`call_type.${call.call_type}`)}</Badge> <Text span size="sm">{text(`purpose.${call.purpose}` as TextId)}</Text></td>
                  <td>{name(call.from)} → {name(call.purpose === 'customer' && call.user_id ? call.user_id : call.to)}</td>
                  <td>{call.subject ?? '–'}</td>
                  <td className="numbers"><time dateTime={call.started_at}>{intl.formatDate(call.started_at, { dateStyle: 'medium', timeStyle: 'short' })}</time></td>
                  <td className="numbers">{clock(call.talk_seconds)}</td>
                  <td>{text(`disposition.${call.disposition}` as TextId)}</td>
                  <td style={{ paddingBlock: 2 }}>{canAgain(call) && <Button size="compact-sm" variant="subtle" onClick={() => void again(call)}>{text('calls.again')}</Button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {calls.hasNextPage && <Button variant="default" loading={calls.isFetchingNextPage} onClick={() => void calls.fetchNextPage()}>{text('calls.more')}</Button>}
    </Stack>
  );
}
