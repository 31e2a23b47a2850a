// What callers left: offered to agents when nobody waits on a line, heard in the page, and somebody's until it is done.
import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import { client, take } from '../api/client';
import { useMay, useMe, useNames, useQueues } from '../api/queries';
import type { Voicemail } from '../api/types';
import { useLive } from '../live/store';
import { type TextId, useText } from '../texts';

type Act = 'accept' | 'decline' | 'requeue' | 'done' | 'call-back';

/** Looked at again whenever one moves. */
function useVoicemails(): Voicemail[] {
  const moved = useLive((live) => live.voicemails);
  const asked = useQuery({
    queryKey: ['voicemails', moved],
    queryFn: async () => (await take(client.GET('/v1/voicemails'))).items,
    placeholderData: (before) => before,
  });
  return asked.data ?? [];
}

/** On the desk: what one is asked to take, and what one has taken. */
export function OwnVoicemails() {
  const text = useText();
  const me = useMe().data?.user?.id;
  const own = useVoicemails().filter((one) => one.agent_id === me && one.state !== 'waiting');
  if (own.length === 0) return null;
  return <List title={text('voicemail.mine')} of={own} />;
}

/** On the board: everything that nobody has finished. */
export function AllVoicemails() {
  const text = useText();
  const all = useVoicemails();
  if (all.length === 0) return null;
  return <List title={text('voicemail.title')} of={all} />;
}

function List({ title, of }: { title: string; of: Voicemail[] }) {
  return (
    <Stack className="panel" component="section" aria-label={title} gap="sm" data-testid="voicemails">
      <Group justify="space-between"><Title order={2} size="h5">{title}</Title><Badge variant="light" color="gray">{of.length}</Badge></Group>
      {of.map((one) => <Card key={one.id} one={one} />)}
    </Stack>
  );
}

function Card({ one }: { one: Voicemail }) {
  const text = useText();
  const intl = useIntl();
  const names = useNames();
  const queues = useQueues();
  const queries = useQueryClient();
  const me = useMe().data?.user?.id;
  const manages = useMay('manage_waiting');
  const plays = useMay('play_recordings');
  const dials = useMay('place_external_calls');
  const [refused, refuse] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const mine = one.agent_id === me;
  const taken = mine && one.state === 'assigned';
  const caller = one.phone_number ?? text('party.anonymous');
  const press = async (what: Act) => {
    setBusy(true);
    refuse(null);
    try {
      const path = `/v1/voicemails/{id}/${what}` as '/v1/voicemails/{id}/accept';
      await take(client.POST(path, { params: { path: { id: one.id } }, body: {} }));
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
    void queries.invalidateQueries({ queryKey: ['voicemails'] });
  };
  const button = (what: Act, label: TextId, variant = 'default') => (
    <Button size="compact-md" variant={variant} loading={busy} onClick={() => void press(what)}>{text(label)}</Button>
  );
  return (
    <Stack gap={6} component="article" aria-label={text('voicemail.from', { caller })} className="edge" p="xs">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600}>{text('voicemail.from', { caller })}</Text>
        <Badge variant="light" color={one.state === 'offered' ? 'violet' : 'gray'}>{text(`voicemail.${one.state}`)}</Badge>
      </Group>
      <Text size="sm" c="dimmed">
        {text('voicemail.about', { queue: queues.data?.find((queue) => queue.id === one.queue_id)?.name ?? '–', at: intl.formatDate(one.started_at, { dateStyle: 'short', timeStyle: 'short' }), seconds: Math.round(one.duration_seconds) })}
        {one.agent_id && !mine && ` · ${names(one.agent_id) ?? text('party.colleague')}`}
        {one.listened_at && ` · ${text('voicemail.heard')}`}
      </Text>
      {(taken || (!mine && plays)) && <Player id={one.id} refuse={refuse} />}
      {refused && <Text c="red" size="sm" role="alert">{refused}</Text>}
      <Group gap="xs">
        {mine && one.state === 'offered' && <>{button('accept', 'voicemail.accept', 'filled')}{button('decline', 'voicemail.decline')}</>}
        {taken && dials && one.phone_number && button('call-back', 'voicemail.call_back', 'filled')}
        {(taken || manages) && button('done', 'voicemail.finish')}
        {(taken || (manages && one.state === 'assigned')) && button('requeue', 'voicemail.requeue')}
      </Group>
    </Stack>
  );
}

/** The sound is fetched when somebody wants to hear it. */
function Player({ id, refuse }: { id: string; refuse: (why: string | null) => void }) {
  const text = useText();
  const [sound, setSound] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => () => { if (sound) URL.revokeObjectURL(sound); }, [sound]);
  const fetchSound = async () => {
    setBusy(true);
    refuse(null);
    try {
      const blob = (await take(client.GET('/v1/voicemails/{id}/audio', { params: { path: { id } }, parseAs: 'blob' }) as never)) as Blob;
      setSound(URL.createObjectURL(blob));
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  if (!sound) return <Group><Button size="compact-md" variant="default" loading={busy} onClick={() => void fetchSound()}>{text('voicemail.play')}</Button></Group>;
  return <audio controls autoPlay src={sound} aria-label={text('voicemail.play')} data-testid="voicemail-sound" style={{ width: '100%' }} />;
}
