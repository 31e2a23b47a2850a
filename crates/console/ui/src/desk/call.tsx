import { Badge, Button, Group, Popover, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconDoorExit, IconGridDots, IconHandStop, IconMicrophone, IconMicrophoneOff, IconParking, IconPhoneOff, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { useMe, useQueues } from '../api/queries';
import { type Conversation, type Leg, refusal } from '../api/types';
import { act, pressDigits } from '../call/act';
import { ActionButton } from '../call/button';
import { useParty } from '../call/people';
import { ownLeg } from '../live/fold';
import { Elapsed } from '../shell/elapsed';
import { type TextId, useText } from '../texts';

export const ROLES_OF_OTHERS = ['customer', 'third_party', 'specialist', 'agent'];

/** The call one is in: who, since when, and every button with its reason. */
export function CallCard({ call }: { call: Conversation }) {
  const text = useText();
  const me = useMe().data?.user?.id;
  const party = useParty(call);
  const queues = useQueues();
  const own = ownLeg(call, me);
  const main = call.legs.find((leg) => leg.role === 'customer') ?? call.legs.find((leg) => leg.user_id !== me);
  const others = call.legs.filter((leg) => leg.id !== own?.id && leg.state !== 'ended' && ROLES_OF_OTHERS.includes(leg.role));
  const held = others.some((leg) => leg.state === 'held' && leg.role === 'customer') || (own?.state === 'held');
  const since = call.voice_calls.find((one) => one.user_id === me)?.accepted_at ?? call.opened_at;
  const queue = queues.data?.find((one) => one.id === call.queue_id)?.name;
  const whispers = call.coaching.filter((one) => one.supervisor_id !== me);
  return (
    <Stack className="panel" component="section" aria-labelledby="call" data-testid="call">
      <Group justify="space-between" align="flex-start">
        <Stack gap={2}>
          <Title order={2} size="h3" id="call">{main ? party(main) : text('party.nobody')}</Title>
          <Text c="dimmed" size="sm">{[call.subject, queue, call.ephemeral ? text('call.ephemeral') : null].filter(Boolean).join(' · ')}</Text>
        </Stack>
        <Group gap="xs">
          <Badge size="lg" variant="light" tt="none" color={call.state === 'reattaching' ? 'orange' : held ? 'yellow' : 'blue'}>{text((held && call.state === 'connected' ? 'call.held' : `conversation.${call.state}`) as TextId)}</Badge>
          <Text fw={600}><Elapsed since={since} /></Text>
        </Group>
      </Group>
      {own?.muted && <Badge size="lg" color="orange" variant="filled" tt="none" leftSection={<IconMicrophoneOff size={16} />}>{text('call.muted')}</Badge>}
      {whispers.map((one) => <Badge key={one.supervisor_id} size="lg" color="violet" variant="light" tt="none">{text(`coaching.seen.${one.mode}` as TextId)}</Badge>)}
      {call.hand_raised_by && <Badge size="lg" color="pink" variant="light" tt="none" leftSection={<IconHandStop size={16} />}>{text('call.hand_raised')}</Badge>}
      <Group gap="xs" role="group" aria-label={text('call.controls')}>
        {own?.muted ? (
          <ActionButton reason={refusal(call, 'unmute')} icon={<IconMicrophone size={18} />} onPress={() => void act(call.id, 'unmute')} pressed again>{text('call.unmute')}</ActionButton>
        ) : (
          <ActionButton reason={refusal(call, 'mute')} icon={<IconMicrophoneOff size={18} />} onPress={() => void act(call.id, 'mute')} pressed={false} again>{text('call.mute')}</ActionButton>
        )}
        {held && refusal(call, 'resume') === undefined ? (
          <ActionButton reason={refusal(call, 'resume')} icon={<IconPlayerPlay size={18} />} onPress={() => void act(call.id, 'resume')} busyKey={`${call.id} resume`}>{text('call.resume')}</ActionButton>
        ) : (
          <ActionButton reason={refusal(call, 'hold')} icon={<IconPlayerPause size={18} />} onPress={() => void act(call.id, 'hold')} busyKey={`${call.id} hold`}>{text('call.hold')}</ActionButton>
        )}
        <Keypad call={call} />
        <ActionButton reason={refusal(call, 'park')} icon={<IconParking size={18} />} onPress={() => void act(call.id, 'park')}>{text('call.park')}</ActionButton>
        <ActionButton reason={refusal(call, 'raise_hand')} icon={<IconHandStop size={18} />} onPress={() => void act(call.id, 'raise-hand', { raised: call.hand_raised_by !== me })} pressed={call.hand_raised_by === me}>{text(call.hand_raised_by === me ? 'call.lower_hand' : 'call.raise_hand')}</ActionButton>
        <ActionButton reason={refusal(call, 'leave')} icon={<IconDoorExit size={18} />} onPress={() => void act(call.id, 'leave')}>{text('call.leave')}</ActionButton>
        <ActionButton reason={refusal(call, 'hang_up')} variant="filled" color="red" icon={<IconPhoneOff size={18} />} onPress={() => void act(call.id, 'hang-up')} busyKey={`${call.id} hang-up`}>{text('call.hang_up')}</ActionButton>
      </Group>
      {others.length > 0 && (
        <Stack component="ul" gap={4} m={0} p={0} style={{ listStyle: 'none' }} aria-label={text('call.people')}>
          {others.map((leg) => <Person key={leg.id} call={call} leg={leg} party={party} />)}
        </Stack>
      )}
    </Stack>
  );
}

/** One of those in the call, and what one may do about them. */
export function Person({ call, leg, party }: { call: Conversation; leg: Leg; party: (leg: Leg) => string }) {
  const text = useText();
  const removal = leg.role === 'customer' ? text('call.no_removal_customer') : refusal(call, 'remove_participant');
  const more = call.legs.filter((one) => one.state !== 'ended').length > 2;
  return (
    <Group component="li" justify="space-between" gap="xs" className="edge" px="sm" py={6}>
      <Group gap="xs">
        <Text size="sm" fw={500}>{party(leg)}</Text>
        <Badge size="sm" variant="light" color={leg.state === 'connected' ? 'green' : leg.state === 'held' ? 'yellow' : 'orange'} tt="none">{text(`leg.${leg.state}` as TextId)}</Badge>
        {leg.muted && <Badge size="sm" variant="light" color="orange" tt="none">{text('leg.muted')}</Badge>}
        {leg.quality && leg.quality.mos < 3.5 && <Badge size="sm" variant="light" color="red" tt="none">{text('leg.quality', { mos: leg.quality.mos })}</Badge>}
      </Group>
      {more && (
        <Group gap={4}>
          {leg.state === 'held'
            ? <Button size="compact-sm" variant="subtle" onClick={() => void act(call.id, 'resume', { leg_id: leg.id })}>{text('call.resume')}<span className="unseen"> {party(leg)}</span></Button>
            : leg.state === 'connected' && <Button size="compact-sm" variant="subtle" onClick={() => void act(call.id, 'hold', { leg_id: leg.id })}>{text('call.hold')}<span className="unseen"> {party(leg)}</span></Button>}
          {leg.state === 'connected' && (
            <Button size="compact-sm" variant="subtle" onClick={() => void act(call.id, leg.muted ? 'unmute' : 'mute', { leg_id: leg.id })}>{text(leg.muted ? 'call.unmute' : 'call.mute')}<span className="unseen"> {party(leg)}</span></Button>
          )}
          <ActionButton size="compact-sm" variant="subtle" color="red" reason={removal} onPress={() => void act(call.id, `participants/${leg.id}/remove`)}>{text('call.remove')}</ActionButton>
        </Group>
      )}
    </Group>
  );
}

export const PAD = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;

function Keypad({ call }: { call: Conversation }) {
  const text = useText();
  const [digits, setDigits] = useState('');
  const reason = refusal(call, 'digits');
  const [open, setOpen] = useState(false);
  const send = (what: string) => {
    setDigits((sent) => (sent + what).slice(-24));
    void pressDigits(call.id, what);
  };
  return (
    <Popover opened={open && reason === undefined} onChange={setOpen} trapFocus returnFocus>
      <Popover.Target>
        <div><ActionButton reason={reason} icon={<IconGridDots size={18} />} onPress={() => setOpen((now) => !now)}>{text('call.keypad')}</ActionButton></div>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w={210}>
          <TextInput label={text('call.digits')} value={digits} autoComplete="off" onChange={(event) => {
            const next = event.currentTarget.value.toUpperCase().replace(/[^0-9*#A-D]/g, '');
            if (next.startsWith(digits) && next.length > digits.length) send(next.slice(digits.length));
            else setDigits(next);
          }} />
          <Group gap={6} grow preventGrowOverflow={false}>
            {PAD.map((digit) => <Button key={digit} variant="default" onClick={() => send(digit)} style={{ flexBasis: '28%' }} aria-label={digit === '*' ? text('pad.star') : digit === '#' ? text('pad.hash') : digit}>{digit}</Button>)}
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
