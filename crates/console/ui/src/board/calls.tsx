import { Badge, Group, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { memo, useMemo } from 'react';
import { useNames, useQueues } from '../api/queries';
import type { Conversation, VoiceCall } from '../api/types';
import { useParty } from '../call/people';
import { useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { type TextId, useText } from '../texts';
import { type RowPlace, Rows } from './rows';

export const STATE_COLOR: Record<string, string> = {
  ivr: 'gray', queued: 'orange', offering: 'cyan', connected: 'blue', consulting: 'violet', conference: 'violet', parked: 'yellow', reattaching: 'red', wrap_up: 'gray', ended: 'gray',
};

export function Calls({ chosen, choose }: { chosen: string | null; choose: (id: string) => void }) {
  const text = useText();
  const conversations = useLive((live) => live.conversations);
  const rows = useMemo(() => {
    const live = Object.values(conversations).filter((one) => !one.ended_at);
    // Who calls for help comes first, then the longest.
    return live.sort((a, b) => Number(!!b.hand_raised_by) - Number(!!a.hand_raised_by) || (a.opened_at < b.opened_at ? -1 : 1));
  }, [conversations]);
  return (
    <Stack className="panel" component="section" aria-labelledby="board-calls" gap="xs">
      <Group justify="space-between"><Title order={2} size="h5" id="board-calls">{text('board.calls')}</Title><Badge variant="light" color="gray">{rows.length}</Badge></Group>
      {rows.length === 0 ? <Text size="sm" c="dimmed">{text('board.no_calls')}</Text> : (
        <Rows
          items={rows} keyOf={(call) => call.id} height={62} columns={COLUMNS.length} label={text('board.calls')} testId="live-calls"
          head={<tr>{COLUMNS.map((name) => <th key={name} scope="col">{text(`board.${name}`)}</th>)}</tr>}
          row={(call, place) => <Row key={call.id} call={call} isChosen={call.id === chosen} choose={choose} place={place.ref} index={place['data-index']} rowIndex={place['aria-rowindex']} />}
        />
      )}
    </Stack>
  );
}

const COLUMNS = ['state', 'subject', 'people', 'queue', 'since', 'coach'] as const;

interface RowProps {
  call: Conversation;
  isChosen: boolean;
  choose: (id: string) => void;
  place: RowPlace['ref'];
  index: number | undefined;
  rowIndex: number | undefined;
}

const Row = memo(function Row({ call, isChosen, choose, place, index, rowIndex }: RowProps) {
  const text = useText();
  const party = useParty(call);
  const names = useNames();
  const queues = useQueues();
  const linked = call.voice_calls.filter((one) => one.parent_id && one.disposition === 'in_progress');
  const people = call.legs.filter((leg) => leg.state !== 'ended' && leg.role !== 'supervisor');
  return (
    <tr ref={place} data-index={index} aria-rowindex={rowIndex} style={isChosen ? { background: 'color-mix(in srgb, var(--mantine-primary-color-filled) 12%, transparent)' } : undefined}>
      <td>
        <Group gap={4}>
          <Badge size="sm" variant="light" color={STATE_COLOR[call.state]} tt="none">{text(`conversation.${call.state}` as TextId)}</Badge>
          {call.hand_raised_by && <Badge size="sm" variant="filled" color="pink" tt="none">{text('board.hand')}</Badge>}
        </Group>
      </td>
      <td>
        <UnstyledButton onClick={() => choose(call.id)} aria-pressed={isChosen} style={{ textDecoration: 'underline', fontSize: 14 }}>{call.subject || text('board.call')}</UnstyledButton>
        {linked.map((one) => <Linked key={one.id} call={one} name={names(one.user_id) ?? one.to ?? ''} />)}
      </td>
      <td>{people.map((leg) => <Text key={leg.id} size="sm">{party(leg)}{leg.state !== 'connected' ? ` (${text(`leg.${leg.state}` as TextId)})` : ''}</Text>)}</td>
      <td>{queues.data?.find((one) => one.id === call.queue_id)?.name ?? '–'}</td>
      <td><Elapsed since={call.opened_at} /></td>
      <td>{call.coaching.map((one) => <Text key={one.supervisor_id} size="sm">{names(one.supervisor_id)}: {text(`board.mode.${one.mode}`)}</Text>)}</td>
    </tr>
  );
});

/** A consult or a coaching, under the customer's call that it belongs to. */
function Linked({ call, name }: { call: VoiceCall; name: string }) {
  const text = useText();
  return <Text size="xs" c="dimmed">↳ {text(`call_type.${call.call_type}`)} · {text(`purpose.${call.purpose}` as TextId)} · {name}</Text>;
}
