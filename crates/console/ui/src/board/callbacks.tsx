import { Badge, Button, Group, Select, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useIntl } from 'react-intl';
import { useMay, useNames, useQueues } from '../api/queries';
import { useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';
import { type Callback, PRIORITIES, onCallback, useCallbacks } from './waiting';

const COLUMNS = ['callback.customer', 'board.queue', 'board.state', 'board.since', 'callback.attempt', 'board.agent'] as const;

/** Customers who asked to be called back: they keep their place. Nothing is shown where nobody asked. */
export function Callbacks() {
  const text = useText();
  const may = useMay('manage_waiting');
  const queues = useLive((live) => Object.values(live.queues).map((queue) => `${queue.queue_id}${queue.waiting}`).join());
  const callbacks = useCallbacks(queues).data ?? [];
  if (callbacks.length === 0) return null;
  return (
    <Stack className="panel" component="section" aria-labelledby="board-callbacks" gap="xs">
      <Group justify="space-between"><Title order={2} size="h5" id="board-callbacks">{text('callback.title')}</Title><Badge variant="light" color="gray">{callbacks.length}</Badge></Group>
      <div className="scroll" tabIndex={0} role="region" aria-label={text('callback.title')}>
        <table className="board" data-testid="callbacks">
          <thead><tr>{COLUMNS.map((column) => <th key={column} scope="col">{text(column)}</th>)}{may && <th scope="col">{text('backlog.do')}</th>}</tr></thead>
          <tbody>{callbacks.map((callback) => <Row key={callback.id} callback={callback} may={may} />)}</tbody>
        </table>
      </div>
    </Stack>
  );
}

function Row({ callback, may }: { callback: Callback; may: boolean }) {
  const text = useText();
  const intl = useIntl();
  const names = useNames();
  const all = useQueues();
  const queries = useQueryClient();
  const customer = callback.phone_number ?? text('party.anonymous');
  const act = (how: 'cancel' | 'reprioritize', body: object) => {
    onCallback(callback.id, how, body)
      .catch((error: unknown) => notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) }))
      .finally(() => void queries.invalidateQueries({ queryKey: ['callbacks'] }));
  };
  return (
    <tr>
      <td>{customer}</td>
      <td>{all.data?.find((queue) => queue.id === callback.queue_id)?.name ?? '–'}</td>
      <td>
        <Text size="sm">{text(`callback.${callback.state}`)}</Text>
        {callback.state === 'resting' && callback.not_before && <Text size="xs" c="dimmed">{text('callback.not_before', { at: intl.formatTime(callback.not_before) })}</Text>}
      </td>
      <td><Elapsed since={callback.waiting_since} /></td>
      <td>{text('callback.attempts', { attempt: callback.attempt, of: callback.max_attempts })}</td>
      <td>{names(callback.agent_id) ?? '–'}</td>
      {may && (
        <td>
          {(callback.priority !== null || callback.state === 'resting') && (
            <Group gap={6} wrap="nowrap">
              {callback.priority !== null && <Select size="xs" w={76} allowDeselect={false} aria-label={text('backlog.priority_of', { caller: customer })} value={String(callback.priority)} data={PRIORITIES} onChange={(priority) => priority && act('reprioritize', { priority: Number(priority) })} />}
              <Button size="compact-sm" variant="subtle" color="red" aria-label={text('callback.cancel_one', { customer })} onClick={() => act('cancel', {})}>{text('callback.cancel')}</Button>
            </Group>
          )}
        </td>
      )}
    </tr>
  );
}
