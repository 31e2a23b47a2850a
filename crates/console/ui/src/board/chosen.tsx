import { Alert, Anchor, Badge, Button, Group, List, SegmentedControl, Select, Stack, Text, Title } from '@mantine/core';
import { IconEar, IconMessage, IconUsers } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useMe, useNames } from '../api/queries';
import { type CoachingMode, type Conversation, refusal } from '../api/types';
import { act, coach, useSaid } from '../call/act';
import { ActionButton } from '../call/button';
import { customerHears } from '../call/hearing';
import { Hears } from '../call/hears';
import { useParty } from '../call/people';
import { Person, ROLES_OF_OTHERS } from '../desk/call';
import { ownLeg } from '../live/fold';
import { useLive } from '../live/store';
import { announce } from '../shell/announce';
import { Elapsed } from '../shell/elapsed';
import { type TextId, useText } from '../texts';
import { STATE_COLOR } from './calls';

const MODES = ['monitor', 'whisper', 'barge'] as const;
const ICONS = { monitor: IconEar, whisper: IconMessage, barge: IconUsers };

/** The call one looks at: who hears whom, what belongs to it, and one's own part in it. */
export function Chosen({ id }: { id: string | null }) {
  const text = useText();
  const call = useLive((live) => (id ? live.conversations[id] : undefined));
  const me = useMe().data?.user?.id;
  if (!call) return <Stack className="panel"><Text c="dimmed">{text('board.pick')}</Text></Stack>;
  return (
    <Stack className="panel" component="section" aria-labelledby="chosen" data-testid="chosen">
      <Group justify="space-between">
        <Title order={2} size="h4" id="chosen">{call.subject || text('board.call')}</Title>
        <Group gap="xs"><Badge variant="light" tt="none" color={STATE_COLOR[call.state]}>{text(`conversation.${call.state}` as TextId)}</Badge><Elapsed since={call.opened_at} /></Group>
      </Group>
      {call.hand_raised_by && (
        <Alert color="pink" title={text('board.hand')} p="xs">
          <Button size="compact-sm" variant="default" onClick={() => void act(call.id, 'raise-hand', { raised: false })}>{text('board.lower')}</Button>
        </Alert>
      )}
      {me && <Coach key={call.id} call={call} me={me} />}
      <People call={call} me={me} />
      <Hears conversation={call} me={me} />
      <LinkedCalls call={call} />
      <Anchor component={Link} to="/timeline/$id" params={{ id: call.id } as never} size="sm" underline="always">{text('board.timeline')}</Anchor>
    </Stack>
  );
}

/** Whoever barges may put others on hold, mute them, or remove them. */
function People({ call, me }: { call: Conversation; me: string | undefined }) {
  const text = useText();
  const party = useParty(call);
  if (!call.coaching.some((one) => one.supervisor_id === me && one.mode === 'barge')) return null;
  const others = call.legs.filter((leg) => leg.user_id !== me && leg.state !== 'ended' && ROLES_OF_OTHERS.includes(leg.role));
  return (
    <Stack component="ul" gap={4} m={0} p={0} style={{ listStyle: 'none' }} aria-label={text('call.people')} data-testid="people">
      {others.map((leg) => <Person key={leg.id} call={call} leg={leg} party={party} />)}
    </Stack>
  );
}

function LinkedCalls({ call }: { call: Conversation }) {
  const text = useText();
  const names = useNames();
  if (call.voice_calls.length === 0) return null;
  return (
    <Stack gap={4}>
      <Title order={3} size="h6">{text('board.legs')}</Title>
      <List size="sm" spacing={2} listStyleType="none" data-testid="linked">
        {call.voice_calls.map((one) => {
          const depth = one.path.split('/').length - 1;
          return (
            <List.Item key={one.id} ml={depth * 14}>
              {depth > 0 && '↳ '}{text(`call_type.${one.call_type}`)} · {text(`purpose.${one.purpose}` as TextId)} · {names(one.user_id) ?? one.to ?? '–'} · {text(`disposition.${one.disposition}` as TextId)}
            </List.Item>
          );
        })}
      </List>
    </Stack>
  );
}

/** Monitor, whisper, barge: one control. It always says whether the customer hears; a barge needs a second press. */
function Coach({ call, me }: { call: Conversation; me: string }) {
  const text = useText();
  const names = useNames();
  const party = useParty(call);
  const refused = useSaid((said) => (said.refused?.conversation === call.id ? said.refused.text : null));
  const mine = call.coaching.find((one) => one.supervisor_id === me);
  const leg = ownLeg(call, me);
  const [asking, setAsking] = useState<'barge' | 'take_over' | null>(null);
  const [busy, setBusy] = useState(false);
  const [attach, setAttach] = useState<'conversation' | 'agent'>('conversation');
  const reasons = Object.fromEntries(MODES.map((mode) => [mode, refusal(call, mode)])) as Record<CoachingMode, string | undefined>;
  const agent = mine ? party(mine.leg_id) : '';
  const heard = leg ? customerHears(call, leg.id) : false;
  const banner = mine ? text(`board.banner.${mine.mode}`, { agent }) : '';
  useEffect(() => {
    if (banner) announce(banner, 'now');
    setAsking(null);
  }, [banner]);
  const choose = async (mode: CoachingMode) => {
    if (reasons[mode] !== undefined || mode === mine?.mode) return;
    if (mode === 'barge' && asking !== 'barge') {
      setAsking('barge');
      return;
    }
    setBusy(true);
    await coach(call.id, mine ? 'change' : 'start', mode, attach);
    setBusy(false);
    setAsking(null);
  };
  const why = MODES.filter((mode) => reasons[mode]).map((mode) => `${text(`board.mode.${mode}`)}: ${reasons[mode]}`);
  const other = call.coaching.filter((one) => one.supervisor_id !== me);
  return (
    <Stack gap="xs" component="section" aria-label={text('board.coach_title')} data-testid="coach">
      <Title order={3} size="h6">{text('board.coach_title')}</Title>
      {mine && (
        <Alert color={heard ? 'red' : mine.mode === 'whisper' ? 'violet' : 'blue'} variant={heard ? 'filled' : 'light'} autoContrast p="sm" data-testid="banner" data-heard={heard}>
          <Text fw={700} size="sm" c="inherit">{banner}</Text>
        </Alert>
      )}
      <SegmentedControl
        fullWidth disabled={busy} value={asking === 'barge' ? 'barge' : mine?.mode ?? ''} onChange={(mode) => void choose(mode as CoachingMode)} aria-label={text('board.modes')}
        data={MODES.map((mode) => {
          const Icon = ICONS[mode];
          return { value: mode, disabled: reasons[mode] !== undefined, label: <Group gap={6} justify="center" wrap="nowrap"><Icon size={16} aria-hidden /><span>{text(`board.mode.${mode}`)}</span></Group> };
        })}
      />
      {why.length > 0 && <List size="xs" c="dimmed">{why.map((line) => <List.Item key={line}>{line}</List.Item>)}</List>}
      {asking === 'barge' && (
        <Alert color="orange" p="sm" role="alertdialog" aria-label={text('board.mode.barge')}>
          <Stack gap="xs">
            <Text size="sm">{text('board.barge_ask')}</Text>
            <Group gap="xs">
              <Button size="xs" color="red" onClick={() => void choose('barge')} loading={busy}>{text('board.barge_confirm')}</Button>
              <Button size="xs" variant="default" onClick={() => setAsking(null)}>{text('board.barge_not')}</Button>
            </Group>
          </Stack>
        </Alert>
      )}
      {!mine && (
        <Select size="xs" label={text('board.follow_label')} value={attach} onChange={(value) => setAttach((value ?? 'conversation') as typeof attach)} allowDeselect={false}
          data={[{ value: 'conversation', label: text('board.follow.conversation') }, { value: 'agent', label: text('board.follow.agent') }]} />
      )}
      {mine && (
        <Group gap="xs">
          <Button variant="default" size="sm" onClick={() => void coach(call.id, 'stop')}>{text('board.stop')}</Button>
          <ActionButton size="sm" reason={refusal(call, 'take_over')} onPress={() => setAsking('take_over')}>{text('board.take_over')}</ActionButton>
        </Group>
      )}
      {asking === 'take_over' && (
        <Alert color="orange" p="sm" role="alertdialog" aria-label={text('board.take_over')}>
          <Stack gap="xs">
            <Text size="sm">{text('board.take_over_ask')}</Text>
            <Group gap="xs">
              <Button size="xs" color="red" onClick={() => void act(call.id, 'coaching/take-over').then(() => setAsking(null))}>{text('board.take_over_confirm')}</Button>
              <Button size="xs" variant="default" onClick={() => setAsking(null)}>{text('board.barge_not')}</Button>
            </Group>
          </Stack>
        </Alert>
      )}
      {other.length > 0 && <Text size="xs" c="dimmed">{text('board.supervisors')}: {other.map((one) => `${names(one.supervisor_id) ?? ''} (${text(`board.mode.${one.mode}`)})`).join(', ')}</Text>}
      {refused && <Text size="sm" c="red" role="alert">{refused}</Text>}
    </Stack>
  );
}
