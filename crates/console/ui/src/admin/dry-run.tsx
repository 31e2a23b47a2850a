import { Alert, Button, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { Refused, client, take } from '../api/client';
import { type TextId, useText } from '../texts';
import type { Option } from './fields';
import { type Step, instantOf, pressed } from './flow';

interface Came {
  steps: { path: string; step: string; outcome: string; detail: string | null }[];
  subject: string | null;
  case_category: string | null;
  attributes: Record<string, string>;
  queue_id: string | null;
  user_id: string | null;
  voicemail_queue_id: string | null;
  callback_queue_id: string | null;
}

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What happens at 03:12 on Sunday if she presses 2? The steps as they stand here, saved or not. */
export function DryRun({ steps, queues, users }: { steps: Step[]; queues: Option[]; users: Option[] }) {
  const text = useText();
  const [at, setAt] = useState('');
  const [keys, setKeys] = useState('');
  const [staffed, setStaffed] = useState<string>('now');
  const [came, setCame] = useState<Came | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setRefused(null);
    const body = {
      steps, digits: pressed(keys),
      at: at === '' ? null : instantOf(at, own),
      queues: staffed === 'now' ? null : { agents: staffed === 'agents' ? 1 : 0 },
    };
    try {
      setCame((await take(client.POST('/v1/call-flows/dry-run' as '/v1/teams', { body: body as never }))) as unknown as Came);
    } catch (error) {
      setCame(null);
      setRefused(error instanceof Refused ? ([...Object.entries(error.fields)].map(([field, message]) => `${field}: ${message}`).join('\n') || error.message) : String(error));
    }
    setBusy(false);
  };
  const queue = queues.find((option) => option.value === came?.queue_id)?.label;
  const message = queues.find((option) => option.value === came?.voicemail_queue_id)?.label;
  const callback = queues.find((option) => option.value === came?.callback_queue_id)?.label;
  const user = users.find((option) => option.value === came?.user_id)?.label;
  return (
    <Stack gap="xs" className="panel" component="section" aria-labelledby="dry-run">
      <Title order={3} size="h6" id="dry-run">{text('admin.flow.dry_run')}</Title>
      <Group gap="xs" grow align="flex-end">
        <TextInput size="xs" type="datetime-local" label={text('admin.flow.at')} description={own} value={at} onChange={(event) => setAt(event.currentTarget.value)} />
        <TextInput size="xs" label={text('admin.flow.keys')} description={text('admin.flow.keys.hint')} value={keys} onChange={(event) => setKeys(event.currentTarget.value)} />
        <Select size="xs" label={text('admin.flow.queues')} allowDeselect={false} value={staffed} onChange={(next) => setStaffed(next ?? 'now')} data={(['now', 'agents', 'nobody'] as const).map((value) => ({ value, label: text(`admin.flow.queues.${value}`) }))} />
      </Group>
      <Group><Button size="compact-sm" variant="light" loading={busy} onClick={() => void go()}>{text('admin.flow.try')}</Button></Group>
      {refused && <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>{refused}</Alert>}
      {came && (
        <Stack gap={2} aria-live="polite" data-testid="dry-run">
          <ol style={{ margin: 0, paddingInlineStart: '1.5em' }}>
            {came.steps.map((passed, index) => (
              <li key={index} data-path={passed.path}>
                <Text span size="sm">{text(`admin.flow.${passed.step}` as TextId)}: {text(`admin.flow.outcome.${passed.outcome}` as TextId)}</Text>
                {passed.detail && <Text span size="sm" c="dimmed"> ({passed.detail})</Text>}
              </li>
            ))}
          </ol>
          <Text size="sm" fw={600}>{queue ? text('admin.flow.ends.queue', { queue }) : user ? text('admin.flow.ends.user', { user }) : message ? text('admin.flow.ends.voicemail', { queue: message }) : callback ? text('admin.flow.ends.callback', { queue: callback }) : text('admin.flow.ends.hung_up')}</Text>
          {came.subject && <Text size="xs" c="dimmed">{text('admin.flow.subject')}: {came.subject}</Text>}
          {came.case_category && <Text size="xs" c="dimmed">{text('admin.flow.case_category')}: {came.case_category}</Text>}
          {Object.entries(came.attributes).map(([name, value]) => <Text key={name} size="xs" c="dimmed">{name}: {value}</Text>)}
        </Stack>
      )}
    </Stack>
  );
}
