import { Badge, Button, Group, Menu, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { memo, useMemo } from 'react';
import { client, take } from '../api/client';
import { useMay, useNames, useStatuses } from '../api/queries';
import type { LiveAgent } from '../live/fold';
import { useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { StateBadge } from '../shell/presence';
import { useText } from '../texts';

const ORDER = ['in_call', 'offering', 'acw', 'missed', 'available', 'busy', 'dnd', 'offline'];

export function Agents({ choose }: { choose: (id: string) => void }) {
  const text = useText();
  const agents = useLive((live) => live.agents);
  const names = useNames();
  const may = useMay('set_presence_of_others');
  const rows = useMemo(() => Object.values(agents).sort((a, b) => {
    const by = ORDER.indexOf(a.presence.system_state) - ORDER.indexOf(b.presence.system_state);
    return by || ((a.presence.since ?? '') < (b.presence.since ?? '') ? -1 : 1);
  }), [agents]);
  return (
    <Stack className="panel" component="section" aria-labelledby="board-agents" gap="xs">
      <Group justify="space-between"><Title order={2} size="h5" id="board-agents">{text('board.agents')}</Title><Badge variant="light" color="gray">{rows.length}</Badge></Group>
      {rows.length === 0 ? <Text size="sm" c="dimmed">{text('board.no_agents')}</Text> : (
        <div className="scroll" tabIndex={0} role="region" aria-label={text('board.agents')}>
          <table className="board" data-testid="live-agents">
            <thead><tr>{(['agent', 'status', 'since', 'call'] as const).map((name) => <th key={name} scope="col">{text(`board.${name}`)}</th>)}{may && <th scope="col">{text('board.move')}</th>}</tr></thead>
            <tbody>{rows.map((agent) => <Row key={agent.user_id} agent={agent} name={names(agent.user_id) ?? '…'} choose={choose} may={may} />)}</tbody>
          </table>
        </div>
      )}
    </Stack>
  );
}

const Row = memo(function Row({ agent, name, choose, may }: { agent: LiveAgent; name: string; choose: (id: string) => void; may: boolean }) {
  const text = useText();
  const subject = useLive((live) => (agent.conversation_id ? live.conversations[agent.conversation_id]?.subject : undefined));
  const known = useLive((live) => !!agent.conversation_id && agent.conversation_id in live.conversations);
  const { presence } = agent;
  return (
    <tr>
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
