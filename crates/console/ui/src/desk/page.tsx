import { Alert, Button, Grid, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useMe, useStatuses } from '../api/queries';
import { useSaid } from '../call/act';
import { Hears } from '../call/hears';
import { ownConversations, ownLeg } from '../live/fold';
import { useLive } from '../live/store';
import { StateBadge, choosePresence, usePresence } from '../shell/presence';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';
import { CallCard } from './call';
import { Details } from './details';
import { Transfer } from './transfer';
import { WrapUp } from './wrapup';
import { PhoneCard } from '../phone/card';
import { Checklist } from './checklist';

export function Desk() {
  const text = useText();
  const me = useMe().data?.user?.id;
  const live = useLive();
  const refused = useSaid((said) => said.refused);
  const own = ownConversations(live, me).filter((one) => {
    const leg = ownLeg(one, me);
    return !leg || leg.state !== 'ringing' || one.legs[0]?.user_id === me;
  });
  const call = own.find((one) => !one.ended_at);
  const ended = own.find((one) => one.ended_at);
  if (live.seq === null) return <Skeleton h={320} data-testid="waiting" aria-busy />;
  return (
    <Stack>
      <h1 className="unseen">{text('nav.desk')}</h1>
      {refused && <Alert color="red" role="alert" withCloseButton closeButtonLabel={text('close')} onClose={() => useSaid.setState({ refused: null })}>{refused.text}</Alert>}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack>
            {call && <CallCard call={call} />}
            {!call && !ended && <Waiting />}
            {ended && <WrapUp call={ended} />}
            {call && <Details key={call.id} call={call} />}
            <Checklist />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            {call && <div className="panel"><Hears conversation={call} me={me} /></div>}
            {call && <Transfer call={call} key={`transfer ${call.id}`} />}
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
  const takes = presence.system_state === 'available' && presence.reachable;
  return (
    <Stack className="panel" align="flex-start" gap="sm">
      <Group><StateBadge presence={presence} size="xl" /><Text size="xl"><Elapsed since={presence.since} /></Text></Group>
      <Title order={2} size="h4">
        {text(takes ? 'waiting.ready' : presence.system_state === 'missed' ? 'waiting.missed' : !presence.reachable && presence.status.kind === 'online' ? 'waiting.no_phone' : presence.status.kind === 'dnd' ? 'waiting.dnd' : 'waiting.away')}
      </Title>
      <Group gap="xs">
        {statuses.data?.filter((status) => status.id !== presence.status.id || presence.system_state === 'missed').map((status) => (
          <Button key={status.id} variant="default" onClick={() => void choosePresence(status.id)}>{status.name}</Button>
        ))}
      </Group>
    </Stack>
  );
}
