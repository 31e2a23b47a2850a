import { Group, Select, TextInput } from '@mantine/core';
import { type TextId, useText } from '../texts';
import { type Body, type CustomProps, isE164 } from './fields';
import { PromptSelect, usePromptOptions } from './prompts';
import { useOptions } from './rows';

const KINDS = ['hang_up', 'queue', 'voicemail', 'callback', 'external'] as const;

/** Where a call goes that waited too long or found the queue full. */
export function OverflowInput({ value, set, label, error, own }: CustomProps & { own: string | undefined }) {
  const text = useText();
  const queues = useOptions('queues').filter((queue) => queue.value !== own);
  const now = (value as Body | null | undefined) ?? { kind: 'hang_up' };
  const kind = String(now['kind']);
  const prompts = usePromptOptions();
  const number = String(now['phone_number'] ?? '');
  const wrong = isE164(number);
  return (
    <Group align="flex-start" gap="xs" grow>
      <Select label={label} allowDeselect={false} value={kind} error={error} data={KINDS.map((one) => ({ value: one, label: text(`admin.overflow.${one}` as TextId) }))}
        onChange={(next) => set(next === 'queue' ? { kind: next, queue_id: queues[0]?.value ?? null } : next === 'external' ? { kind: next, phone_number: '' } : { kind: next })} />
      {kind === 'queue' && <Select label={text('board.queue')} allowDeselect={false} searchable value={String(now['queue_id'] ?? '')} data={queues} onChange={(id) => set({ kind, queue_id: id })} />}
      {(kind === 'hang_up' || kind === 'voicemail') && <PromptSelect label={text('admin.overflow.prompt')} none={text(kind === 'voicemail' ? 'admin.overflow.speak_prompt' : 'admin.overflow.no_prompt')} options={prompts} value={now['prompt']} set={(prompt) => set({ kind, prompt })} />}
      {kind === 'external' && <TextInput label={text('admin.number')} value={number} error={wrong ? text(wrong) : undefined} onChange={(event) => set({ kind, phone_number: event.currentTarget.value })} />}
    </Group>
  );
}
