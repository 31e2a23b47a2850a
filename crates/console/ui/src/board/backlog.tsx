import { Alert, Button, Group, Modal, Select, Stack, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, take } from '../api/client';
import { useMay, useNames } from '../api/queries';
import type { WaitingCall } from '../api/types';
import { useLive } from '../live/store';
import { announce } from '../shell/announce';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';
import { PRIORITIES, onWaiting } from './waiting';

const COLUMNS = ['wait_position', 'wait_caller', 'subject', 'since', 'wait_offered'] as const;

/** Who waits, in the order they will be served; and what is done about it. */
export function Backlog({ id, name, close }: { id: string; name: string; close: () => void }) {
  const text = useText();
  const may = useMay('manage_waiting');
  const queries = useQueryClient();
  const [refused, setRefused] = useState<string | null>(null);
  const count = useLive((live) => `${live.queues[id]?.waiting} ${live.queues[id]?.longest_since}`);
  const waiting = useQuery({ queryKey: ['waiting', id, count], queryFn: () => take(client.GET('/v1/queues/{id}/waiting', { params: { path: { id } } })), placeholderData: (before) => before });
  const act = async (call: WaitingCall, how: 'reprioritize' | 'assign' | 'withdraw', body: object, said: string) => {
    setRefused(null);
    try {
      await onWaiting(id, call.conversation_id, how, body);
      announce(said);
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
    await queries.invalidateQueries({ queryKey: ['waiting', id] });
  };
  return (
    <Modal opened onClose={close} title={<Title order={2} size="h5">{name}</Title>} size="xl" closeButtonProps={{ 'aria-label': text('close') }}>
      <Stack data-testid="backlog">
        {waiting.isError && <Text c="red" role="alert">{waiting.error.message}</Text>}
        {refused && <Alert color="red" role="alert" p="xs">{refused}</Alert>}
        {waiting.data?.items.length === 0 && <Text>{text('board.no_wait')}</Text>}
        {!!waiting.data?.items.length && (
          <div className="scroll" tabIndex={0} role="region" aria-label={name}>
            <table className="board">
              <thead><tr>{COLUMNS.map((column) => <th key={column} scope="col">{text(`board.${column}`)}</th>)}{may && <th scope="col">{text('backlog.do')}</th>}</tr></thead>
              <tbody>{waiting.data.items.map((call) => <Row key={call.conversation_id} call={call} may={may} act={act} />)}</tbody>
            </table>
          </div>
        )}
      </Stack>
    </Modal>
  );
}

interface RowProps {
  call: WaitingCall;
  may: boolean;
  act: (call: WaitingCall, how: 'reprioritize' | 'assign' | 'withdraw', body: object, said: string) => Promise<void>;
}

function Row({ call, may, act }: RowProps) {
  const text = useText();
  const names = useNames();
  const agents = useLive((live) => live.agents);
  const [leaving, setLeaving] = useState(false);
  const caller = call.phone_number ?? text('party.anonymous');
  // Those whom the supervisor sees, the available first.
  const people = Object.values(agents)
    .map((agent) => ({ value: agent.user_id, label: names(agent.user_id) ?? '…', free: agent.presence.system_state === 'available' }))
    .sort((a, b) => Number(b.free) - Number(a.free) || a.label.localeCompare(b.label))
    .map(({ value, label, free }) => ({ value, label: free ? text('backlog.free', { name: label }) : label }));
  return (
    <tr>
      <td>{call.position}</td><td>{caller}</td><td>{call.subject ?? '–'}</td><td><Elapsed since={call.since} /></td><td>{names(call.offered_to) ?? '–'}</td>
      {may && (
        <td>
          <Group gap={6} wrap="nowrap">
            <Select size="xs" w={76} allowDeselect={false} aria-label={text('backlog.priority_of', { caller })} value={String(call.priority)} data={PRIORITIES}
              onChange={(priority) => priority && void act(call, 'reprioritize', { priority: Number(priority) }, text('backlog.moved', { caller, priority: Number(priority) }))} />
            <Select size="xs" w={170} searchable placeholder={text('backlog.assign')} aria-label={text('backlog.assign_to', { caller })} value={null} data={people}
              onChange={(user_id) => user_id && void act(call, 'assign', { user_id }, text('backlog.assigned', { caller, name: names(user_id) ?? '' }))} />
            {leaving
              ? <Button size="compact-sm" color="red" onClick={() => void act(call, 'withdraw', {}, text('backlog.withdrawn', { caller }))}>{text('backlog.withdraw_sure')}</Button>
              : <Button size="compact-sm" variant="subtle" color="red" onClick={() => setLeaving(true)} aria-label={text('backlog.withdraw_one', { caller })}>{text('backlog.withdraw')}</Button>}
          </Group>
        </td>
      )}
    </tr>
  );
}
