import { Group, Stack, Text, Title } from '@mantine/core';
import { IconPhoneIncoming } from '@tabler/icons-react';
import { type Conversation, refusal } from '../api/types';
import { act } from '../call/act';
import { ActionButton } from '../call/button';
import { useParty } from '../call/people';
import { useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';

/** Customers who were parked, the longest first: whoever may park may take them up again. Nothing where nobody is. */
export function Parked() {
  const text = useText();
  const conversations = useLive((live) => live.conversations);
  const parked = Object.values(conversations).filter((one) => one.state === 'parked').sort((a, b) => (since(a) < since(b) ? -1 : 1));
  if (parked.length === 0) return null;
  return (
    <Stack className="panel" component="section" aria-labelledby="parked" gap="xs" data-testid="parked">
      <Title order={2} size="h5" id="parked">{text('parked.title')}</Title>
      {parked.map((call) => <One key={call.id} call={call} />)}
    </Stack>
  );
}

function One({ call }: { call: Conversation }) {
  const text = useText();
  const party = useParty(call);
  const customer = call.legs.find((leg) => leg.role === 'customer' && leg.state !== 'ended');
  const name = customer ? party(customer) : text('board.call');
  return (
    <Group justify="space-between" gap="xs" className="edge" px="sm" py={6}>
      <Stack gap={0}>
        <Text size="sm" fw={500}>{name}</Text>
        <Text size="xs" c="dimmed">{call.subject ? `${call.subject} · ` : ''}<Elapsed since={since(call)} /></Text>
      </Stack>
      <ActionButton size="compact-md" reason={refusal(call, 'retrieve')} icon={<IconPhoneIncoming size={16} />} onPress={() => void act(call.id, 'retrieve')} busyKey={`${call.id} retrieve`}>
        {text('parked.retrieve')}<span className="unseen"> {name}</span>
      </ActionButton>
    </Group>
  );
}

const since = (call: Conversation): string => call.legs.find((leg) => leg.role === 'customer')?.segments.filter((one) => one.kind === 'park').at(-1)?.start ?? call.opened_at;
