import { Group, Text, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useQueues } from '../api/queries';
import { useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';
import { Backlog } from './backlog';

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
