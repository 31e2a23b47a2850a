import { Group, Select, Stack, Text, TextInput, Textarea, Title } from '@mantine/core';
import { useWrapUpCodes } from '../api/queries';
import { type Conversation, refusal } from '../api/types';
import { act } from '../call/act';
import { ActionButton } from '../call/button';
import { Elapsed } from '../shell/elapsed';
import { usePresence } from '../shell/presence';
import { useText } from '../texts';
import { useDraft } from './details';

/** The paperwork after a call, with the time that is left for it. */
export function WrapUp({ call }: { call: Conversation }) {
  const text = useText();
  const codes = useWrapUpCodes();
  const presence = usePresence();
  const [notes, setNotes, dropNotes] = useDraft(`notes ${call.id}`);
  const [code, setCode] = useDraft(`code ${call.id}`);
  const [resolution, setResolution] = useDraft(`resolution ${call.id}`);
  const reason = refusal(call, 'wrap_up');
  const body = { ...(code ? { code_id: code } : {}), ...(notes ? { notes } : {}), ...(resolution ? { resolution } : {}) };
  return (
    <Stack className="panel" component="section" aria-labelledby="wrapup" data-testid="wrap-up">
      <Group justify="space-between">
        <Title order={2} size="h3" id="wrapup">{text('wrapup.title')}</Title>
        {presence?.wrap_up_until && <Text fw={600}>{text('wrapup.left')} <Elapsed until={presence.wrap_up_until} /></Text>}
      </Group>
      <Text c="dimmed" size="sm">{call.subject}</Text>
      <Group grow align="flex-start">
        <Select label={text('wrapup.code')} data={(codes.data ?? []).map((one) => ({ value: one.id, label: one.name }))} value={code || null} onChange={(value) => setCode(value ?? '')} clearable={false} />
        <TextInput label={text('wrapup.resolution')} value={resolution} onChange={(event) => setResolution(event.currentTarget.value)} />
      </Group>
      <Textarea label={text('wrapup.notes')} autosize minRows={3} value={notes} onChange={(event) => setNotes(event.currentTarget.value)} />
      <Group>
        <ActionButton variant="filled" reason={reason} busyKey={`${call.id} wrap-up`} onPress={() => void act(call.id, 'wrap-up', { ...body, done: true }).then((worked) => worked && dropNotes())}>{text('wrapup.done')}</ActionButton>
        <ActionButton reason={refusal(call, 'wrap_up_extend')} busyKey={`${call.id} wrap-up/extend`} onPress={() => void act(call.id, 'wrap-up/extend')}>{text('wrapup.extend')}</ActionButton>
      </Group>
    </Stack>
  );
}
