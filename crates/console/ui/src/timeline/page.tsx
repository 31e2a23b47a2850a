import { Alert, Badge, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { Refused, client, take } from '../api/client';
import { useMay } from '../api/queries';
import { timeline, useZone } from '../reports/api';
import { moment } from '../reports/format';
import { clock } from '../shell/elapsed';
import { type TextId, useText } from '../texts';
import { At } from './at';
import { Lanes } from './lanes';
import { type Timeline, ordered, span } from './lay';
import { WhyThere } from './routing';
import { Calls, Segments } from './tables';

/** One conversation from its first ring to the end of its wrap-up: a lane for each participant. */
export function TimelinePage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const text = useText();
  const told = useQuery({ queryKey: ['timeline', id], queryFn: async () => ordered(await timeline<Timeline>(id)), refetchInterval: (query) => (query.state.data && query.state.data.ended_at === null ? 5_000 : false) });
  const numbers = useQuery({
    queryKey: ['timeline-numbers', id],
    queryFn: async () => new Map((await take(client.GET('/v1/voice-calls', { params: { query: { conversation_id: id, limit: 200 } } }))).items.map((call) => [call.id, call.number])),
    enabled: told.data?.imported === false,
  });
  const { zone: asked } = useRouterState({ select: (state) => state.location.search }) as { zone?: string };
  const analyst = useMay('view_reports');
  const zone = asked ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (told.isError) {
    const gone = told.error instanceof Refused && told.error.problem.status === 404;
    return (
      <Stack>
        <Title order={1} size="h3">{text('timeline.title')}</Title>
        <Alert color="red" role="alert">{gone ? text('timeline.missing') : told.error.message}</Alert>
      </Stack>
    );
  }
  if (!told.data) return <Skeleton h={320} />;
  const named = withNumbers(told.data, numbers.data);
  return analyst && !asked ? <InOwnZone told={named} at={told.dataUpdatedAt} /> : <Told told={named} at={told.dataUpdatedAt} zone={zone} />;
}

/** A conversation still in memory has no numbers of its own; its records have them. */
function withNumbers(told: Timeline, numbers: Map<string, string | null | undefined> | undefined): Timeline {
  return { ...told, voice_calls: told.voice_calls.map((call) => ({ ...call, number: call.number ?? numbers?.get(call.id) })) };
}

/** An address without a time zone means the organization's. */
function InOwnZone({ told, at }: { told: Timeline; at: number }) {
  const own = useZone();
  return own.isPending ? <Skeleton h={320} /> : <Told told={told} at={at} zone={own.data ?? 'UTC'} />;
}

function Told({ told, at, zone }: { told: Timeline; at: number; zone: string }) {
  const text = useText();
  const intl = useIntl();
  const whole = span(told, at);
  const [cursor, setCursor] = useState(whole.from);
  const root = told.voice_calls[0];
  return (
    <Stack>
      <div>
        <Group gap="xs">
          <Title order={1} size="h3">{root?.number ?? root?.external_id ? text('timeline.of', { number: root.number ?? root.external_id }) : text('timeline.title')}</Title>
          {told.imported && <Badge variant="light" color="gray" tt="none">{text('timeline.imported')}</Badge>}
          {told.ended_at === null && <Badge variant="light" color="green" tt="none">{text('timeline.live')}</Badge>}
        </Group>
        <Text size="sm" c="dimmed">
          {[told.subject, told.case_category, moment(intl, told.opened_at, zone), text('timeline.long', { time: clock((whole.to - whole.from) / 1000) }), `${text('reports.zone')}: ${zone}`].filter(Boolean).join(' · ')}
        </Text>
      </div>
      {told.lanes.length === 0 && <Text>{text('timeline.nobody')}</Text>}
      {told.lanes.length > 0 && (
        <>
          <Lanes told={told} whole={whole} cursor={cursor} setCursor={setCursor} zone={zone} />
          <At told={told} whole={whole} cursor={cursor} zone={zone} />
          <Segments told={told} whole={whole} zone={zone} />
        </>
      )}
      <Calls told={told} zone={zone} />
      {told.ended_at === null && <WhyThere id={told.conversation_id} zone={zone} />}
    </Stack>
  );
}

/** Whom a lane is about. */
export function useLaneName() {
  const text = useText();
  return (lane: Timeline['lanes'][number]): string =>
    lane.name ?? (lane.role === 'customer' ? (lane.phone_number ? text('party.customer', { number: lane.phone_number }) : text('party.anonymous')) : lane.phone_number ?? text(`role.${lane.role}` as TextId));
}
