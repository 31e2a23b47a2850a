import { Group, Modal, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client, take } from '../api/client';
import { useNames, useQueues } from '../api/queries';
import { useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';

export function QueueStrip() {
  const text = useText();
  const live = useLive((one) => one.queues);
  const queues = useQueues();
  const [open, setOpen] = useState<string | null>(null);
  const shown = (queues.data ?? []).filter((queue) => queue.id in live);
  return (
    <Group component="section" aria-label={text('board.queues')} gap="sm">
      {shown.map((queue) => {
        const now = live[queue.id];
        return (
          <UnstyledButton key={queue.id} className="panel" py="xs" onClick={() => setOpen(queue.id)}>
            <Text size="sm" fw={600}>{queue.name}</Text>
            <Text size="sm">{text('board.waiting', { count: now?.waiting ?? 0 })}{now?.longest_since && <> · <Elapsed since={now.longest_since} /></>}</Text>
          </UnstyledButton>
        );
      })}
      {open && <Backlog id={open} name={queues.data?.find((one) => one.id === open)?.name ?? ''} close={() => setOpen(null)} />}
    </Group>
  );
}

/** Who waits, in the order they will be served. */
function Backlog({ id, name, close }: { id: string; name: string; close: () => void }) {
  const text = useText();
  const names = useNames();
  const count = useLive((live) => `${live.queues[id]?.waiting} ${live.queues[id]?.longest_since}`);
  const waiting = useQuery({ queryKey: ['waiting', id, count], queryFn: () => take(client.GET('/v1/queues/{id}/waiting', { params: { path: { id } } })), placeholderData: (before) => before });
  return (
    <Modal opened onClose={close} title={<Title order={2} size="h5">{name}</Title>} size="lg" closeButtonProps={{ 'aria-label': text('close') }}>
      <Stack>
        {waiting.isError && <Text c="red" role="alert">{waiting.error.message}</Text>}
        {waiting.data?.items.length === 0 && <Text>{text('board.no_wait')}</Text>}
        {!!waiting.data?.items.length && (
          <div className="scroll" tabIndex={0} role="region" aria-label={name}>
            <table className="board">
              <thead><tr>{(['wait_position', 'wait_caller', 'subject', 'since', 'wait_offered'] as const).map((column) => <th key={column} scope="col">{text(`board.${column}`)}</th>)}</tr></thead>
              <tbody>
                {waiting.data.items.map((one) => (
                  <tr key={one.conversation_id}><td>{one.position}</td><td>{one.phone_number ?? text('party.anonymous')}</td><td>{one.subject ?? '–'}</td><td><Elapsed since={one.since} /></td><td>{names(one.offered_to) ?? '–'}</td></tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Stack>
    </Modal>
  );
}
