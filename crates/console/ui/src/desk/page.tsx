import { Button, Grid, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useMe, useStatuses } from '../api/queries';
import { Hears } from '../call/hears';
import { currentCall, ownConversations, ownLeg } from '../live/fold';
import { useLive } from '../live/store';
import { StateBadge, choosePresence, usePresence } from '../shell/presence';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';
import { CallCard } from './call';
import { Details } from './details';
import { Transfer } from './transfer';
import { Parked } from './parked';
import { Prompts } from './prompts';
import { OwnVoicemails } from './voicemails';
import { WrapUp } from './wrapup';
import { PhoneCard } from '../phone/card';
import { Checklist } from './checklist';

export function Desk() {
  const text = useText();
  const me = useMe().data?.user?.id;
  const live = useLive();
  const call = currentCall(live, me);
  const ended = ownConversations(live, me).find((one) => !ownLeg(one, me));
  if (live.seq === null) return <Skeleton h={320} data-testid="waiting" aria-busy />;
  return (
    <Stack>
      <h1 className="unseen">{text('nav.desk')}</h1>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack>
            {call && <CallCard call={call} />}
            {!call && !ended && <Waiting />}
            {ended && <WrapUp key={ended.id} call={ended} />}
            {call && <Details key={call.id} call={call} />}
            <Parked />
            <Checklist />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            {call && <div className="panel"><Hears conversation={call} me={me} /></div>}
            {call && <Transfer call={call} key={`transfer ${call.id}`} />}
            <Prompts />
            <OwnVoicemails />
            <PhoneCard />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

/** Nobody calls: what one is, in large, and how to change it. */
function Waiting() {
  const text = useText();
  const presence = usePresence();
  const statuses = useStatuses();
  if (!presence) return <Skeleton h={160} />;
  const state = presence.system_state;
  const words =
    state === 'offering' ? 'waiting.offering'
    : state === 'in_call' || state === 'acw' ? 'waiting.busy'
    : state === 'missed' ? 'waiting.missed'
    : presence.status.kind === 'dnd' ? 'waiting.dnd'
    : presence.status.kind !== 'online' ? 'waiting.away'
    : presence.reachable ? 'waiting.ready'
    : 'waiting.no_phone';
  return (
    <Stack className="panel" align="flex-start" gap="sm">
      <Group><StateBadge presence={presence} size="xl" /><Text size="xl"><Elapsed since={presence.since} /></Text></Group>
      <Title order={2} size="h4">
        {text(words)}
      </Title>
      <Group gap="xs">
        {statuses.data?.filter((status) => status.id !== presence.status.id || presence.system_state === 'missed').map((status) => (
          <Button key={status.id} variant="default" onClick={() => void choosePresence(status.id)}>{status.name}</Button>
        ))}
      </Group>
    </Stack>
  );
}
