import { Grid, Skeleton, Stack } from '@mantine/core';
import { useState } from 'react';
import { useMe } from '../api/queries';
import { useLive } from '../live/store';
import { useText } from '../texts';
import { Checklist } from '../desk/checklist';
import { AllVoicemails } from '../desk/voicemails';
import { PhoneCard } from '../phone/card';
import { Agents } from './agents';
import { Callbacks } from './callbacks';
import { Calls } from './calls';
import { Chosen } from './chosen';
import { QueueNumbers } from './numbers';
import { QueueStrip } from './queues';

/** The floor as it is now: people, calls with everything that belongs to them, and who waits. */
export function Board() {
  const text = useText();
  const me = useMe().data?.user?.id;
  const known = useLive((live) => live.seq !== null);
  const link = useLive((live) => live.link);
  const [chosen, choose] = useState<string | null>(null);
  const coached = useLive((live) => Object.values(live.conversations).find((one) => one.coaching.some((coaching) => coaching.supervisor_id === me))?.id);
  const shown = chosen ?? coached ?? null;
  if (!known) return <Skeleton h={420} aria-busy />;
  return (
    <Stack style={link === 'lost' ? { opacity: 0.75 } : undefined}>
      <h1 className="unseen">{text('board.title')}</h1>
      <QueueStrip />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7, lg: 8 }} order={{ base: 2, md: 1 }}>
          <Stack>
            <Calls chosen={shown} choose={choose} />
            <Callbacks />
            <AllVoicemails />
            <QueueNumbers />
            <Agents choose={choose} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5, lg: 4 }} order={{ base: shown ? 1 : 3, md: 2 }}>
          <Stack style={{ position: 'sticky', top: 72 }}>
            <Chosen id={shown} />
            <Checklist part="supervisor" />
            <PhoneCard />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
