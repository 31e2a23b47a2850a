import { Badge, Button, Group, Menu, Modal, Stack, Text, Title } from '@mantine/core';
import { IconPhone, IconPhoneOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { client, take } from '../api/client';
import { useMe, useNames, useQueues } from '../api/queries';
import { type Conversation, refusal } from '../api/types';
import { act, useSaid } from '../call/act';
import { ActionButton } from '../call/button';
import { ownLeg } from '../live/fold';
import { useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';

/** The call that rings for this person now; not one they make, nor a coaching that their phone takes by itself. */
export function useRinging(): Conversation | undefined {
  const me = useMe().data?.user?.id;
  return useLive((live) =>
    Object.values(live.conversations).find((one) => {
      const leg = ownLeg(one, me);
      return leg?.state === 'ringing' && leg.role !== 'supervisor' && one.legs[0]?.user_id !== me;
    }),
  );
}

export function useDeclineReasons(): string[] | null {
  const config = useMe().data?.user?.presence_config_id;
  const found = useQuery({
    queryKey: ['presence-config', config],
    queryFn: () => take(client.GET('/v1/presence-configs/{id}', { params: { path: { id: config ?? '' } } })),
    enabled: !!config,
    staleTime: 60_000,
  });
  if (!config) return [];
  if (found.data?.decline_enabled === false) return null;
  return found.data?.decline_reasons ?? [];
}

/** One modal for every call that comes in: who, why, how long, and what is known already. */
export function Incoming() {
  const call = useRinging();
  if (!call) return null;
  return <Ringing key={call.id} call={call} />;
}

function Ringing({ call }: { call: Conversation }) {
  const text = useText();
  const names = useNames();
  const queues = useQueues();
  const me = useMe().data;
  const refused = useSaid((said) => (said.refused?.conversation === call.id ? said.refused.text : null));
  const reasons = useDeclineReasons();
  const leg = ownLeg(call, me?.user?.id);
  const customer = call.legs.find((one) => one.role === 'customer');
  const colleague = call.legs.find((one) => one.user_id && one.user_id !== me?.user?.id && one.state !== 'ended' && one.role !== 'supervisor');
  const first = call.voice_calls[0];
  const queue = queues.data?.find((one) => one.id === call.queue_id)?.name;
  const desk = me?.user?.phone.kind === 'desk_phone';
  const isHandOver = leg?.role === 'specialist' && !!customer;
  const who = isHandOver || !customer ? names(colleague?.user_id) ?? text('party.colleague') : customer.phone_number ?? text('party.anonymous');
  const why = isHandOver
    ? text('incoming.why.consult', { name: names(colleague?.user_id) ?? '' })
    : customer
      ? queue ? text('incoming.why.queue', { queue }) : text('incoming.why.number')
      : text('incoming.why.colleague');
  const accept = desk ? text('incoming.desk_phone') : refusal(call, 'accept');
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false} centered aria-labelledby="incoming">
      <Stack data-testid="incoming">
        <Stack gap={2}>
          <Text size="sm" c="dimmed">{text(isHandOver ? 'incoming.consult' : customer ? 'incoming.customer' : 'incoming.colleague')}</Text>
          <Title order={2} id="incoming" tabIndex={-1} data-autofocus>{who}</Title>
          <Text>{why}</Text>
        </Stack>
        <Group gap="xs">
          {queue && <Badge variant="light" tt="none">{queue}</Badge>}
          {first?.queued_at && <Badge variant="light" color="gray" tt="none">{text('incoming.waiting')}&nbsp;<Elapsed since={first.queued_at} /></Badge>}
        </Group>
        <HandOver call={call} />
        {refused && <Text c="red" role="alert">{refused}</Text>}
        {desk && <Text fw={600}>{text('incoming.desk_phone')}</Text>}
        <Group grow>
          <ActionButton size="lg" variant="filled" color="#1f7a36" className="pulse" reason={accept} icon={<IconPhone size={20} />} onPress={() => void act(call.id, 'accept')} busyKey={`${call.id} accept`}>{text('incoming.accept')}</ActionButton>
          {reasons !== null && (reasons.length === 0 ? (
            <ActionButton size="lg" color="red" variant="filled" reason={refusal(call, 'decline')} icon={<IconPhoneOff size={20} />} onPress={() => void act(call.id, 'decline')} busyKey={`${call.id} decline`}>{text('incoming.decline')}</ActionButton>
          ) : (
            <Menu>
              <Menu.Target><Button size="lg" color="red" leftSection={<IconPhoneOff size={20} />}>{text('incoming.decline')}</Button></Menu.Target>
              <Menu.Dropdown>
                {reasons.map((reason) => <Menu.Item key={reason} onClick={() => void act(call.id, 'decline', { reason })}>{reason}</Menu.Item>)}
              </Menu.Dropdown>
            </Menu>
          ))}
        </Group>
      </Stack>
    </Modal>
  );
}

/** What travels with the call, so that nobody has to repeat themselves. */
export function HandOver({ call }: { call: Conversation }) {
  const text = useText();
  const notes = [...new Set(call.voice_calls.map((one) => one.notes).filter(Boolean))];
  const attributes = Object.entries(call.attributes);
  const rows: [string, string][] = [
    ...(call.subject ? [[text('details.subject'), call.subject] as [string, string]] : []),
    ...(call.case_category ? [[text('details.category'), call.case_category] as [string, string]] : []),
    ...(call.related_record ? [[text('details.record'), call.related_record] as [string, string]] : []),
    ...notes.map((note) => [text('details.notes'), note as string] as [string, string]),
    ...attributes.map(([name, value]) => [name, String(value)] as [string, string]),
  ];
  if (rows.length === 0) return null;
  return (
    <Stack component="dl" gap={4} m={0} className="edge" p="sm" data-testid="hand-over">
      {rows.map(([name, value]) => (
        <Group key={name + value} gap="xs" wrap="nowrap" align="baseline">
          <Text component="dt" size="sm" c="dimmed" miw={90}>{name}</Text>
          <Text component="dd" size="sm" m={0}>{value}</Text>
        </Group>
      ))}
    </Stack>
  );
}
