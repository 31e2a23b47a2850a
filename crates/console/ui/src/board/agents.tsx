import { Badge, Button, Group, Menu, Stack, Text, TextInput, Title, UnstyledButton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { memo, useMemo, useState } from 'react';
import { client, take } from '../api/client';
import { useMay, useNames, useStatuses } from '../api/queries';
import type { LiveAgent } from '../live/fold';
import { useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { StateBadge } from '../shell/presence';
import { useText } from '../texts';
import { type RowPlace, Rows } from './rows';

/** A short list needs no search. */
const SEARCHED_FROM = 20;
const ORDER = ['in_call', 'offering', 'acw', 'missed', 'available', 'busy', 'dnd', 'offline'];

export function Agents({ choose }: { choose: (id: string) => void }) {
  const text = useText();
  const agents = useLive((live) => live.agents);
  const names = useNames();
  const may = useMay('set_presence_of_others');
  const [wanted, setWanted] = useState('');
  const sorted = useMemo(() => Object.values(agents).sort((a, b) => {
    const by = ORDER.indexOf(a.presence.system_state) - ORDER.indexOf(b.presence.system_state);
    return by || ((a.presence.since ?? '') < (b.presence.since ?? '') ? -1 : 1);
  }), [agents]);
  const rows = wanted === '' ? sorted : sorted.filter((agent) => (names(agent.user_id) ?? '').toLowerCase().includes(wanted.toLowerCase()));
  return (
    <Stack className="panel" component="section" aria-labelledby="board-agents" gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h5" id="board-agents">{text('board.agents')}</Title>
        <Group gap="xs">
          {sorted.length > SEARCHED_FROM && <TextInput size="xs" placeholder={text('board.find')} aria-label={text('board.find')} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />}
          <Badge variant="light" color="gray">{rows.length}</Badge>
        </Group>
      </Group>
      {rows.length === 0 ? <Text size="sm" c="dimmed">{text('board.no_agents')}</Text> : (
        <Rows
          items={rows} keyOf={(agent) => agent.user_id} height={41} columns={may ? 5 : 4} label={text('board.agents')} testId="live-agents"
          head={<tr>{(['agent', 'status', 'since', 'call'] as const).map((name) => <th key={name} scope="col">{text(`board.${name}`)}</th>)}{may && <th scope="col">{text('board.move')}</th>}</tr>}
          row={(agent, place) => <Row key={agent.user_id} agent={agent} name={names(agent.user_id) ?? '…'} choose={choose} may={may} place={place.ref} index={place['data-index']} rowIndex={place['aria-rowindex']} />}
        />
      )}
    </Stack>
  );
}

interface RowProps {
  agent: LiveAgent;
  name: string;
  choose: (id: string) => void;
  may: boolean;
  place: RowPlace['ref'];
  index: number | undefined;
  rowIndex: number | undefined;
}

const Row = memo(function Row({ agent, name, choose, may, place, index, rowIndex }: RowProps) {
  const text = useText();
  const subject = useLive((live) => (agent.conversation_id ? live.conversations[agent.conversation_id]?.subject : undefined));
  const known = useLive((live) => !!agent.conversation_id && agent.conversation_id in live.conversations);
  const { presence } = agent;
  return (
    <tr ref={place} data-index={index} aria-rowindex={rowIndex}>
      <td><Text size="sm" fw={500}>{name}</Text></td>
      <td>
        <Group gap={6}><StateBadge presence={presence} size="sm" />{presence.pending_status && <Text size="xs" c="dimmed">{text('presence.pending', { status: presence.pending_status.name })}</Text>}</Group>
      </td>
      <td><Elapsed since={presence.since} /></td>
      <td>{known && agent.conversation_id ? <UnstyledButton style={{ textDecoration: 'underline', fontSize: 14 }} onClick={() => choose(agent.conversation_id ?? '')}>{subject || text('board.call')}</UnstyledButton> : '–'}</td>
      {may && <td><Move userId={agent.user_id} name={name} /></td>}
    </tr>
  );
});

/** For somebody who is stuck. */
function Move({ userId, name }: { userId: string; name: string }) {
  const text = useText();
  const statuses = useStatuses();
  const set = async (status_id: string) => {
    try {
      await take(client.PUT('/v1/users/{id}/presence', { params: { path: { id: userId } }, body: { status_id } }));
    } catch (error) {
      notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <Menu>
      <Menu.Target><Button size="compact-sm" variant="subtle" aria-label={text('board.move_for', { name })}>{text('board.move')}</Button></Menu.Target>
      <Menu.Dropdown>{statuses.data?.map((status) => <Menu.Item key={status.id} onClick={() => void set(status.id)}>{status.name}</Menu.Item>)}</Menu.Dropdown>
    </Menu>
  );
}
