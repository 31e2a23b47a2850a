// Callback prompts: a busy colleague is asked with a card, never with a ring; whoever asked sees how it stands.
import { ActionIcon, Alert, Button, Group, Indicator, Menu, Stack, Text, TextInput, Title, Tooltip } from '@mantine/core';
import { IconPhoneCall } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { client, take } from '../api/client';
import { useMe, useNames } from '../api/queries';
import type { CallbackPrompt } from '../api/types';
import { act } from '../call/act';
import { currentCall, isOver } from '../live/fold';
import { learnPrompt, useLive } from '../live/store';
import { Elapsed } from '../shell/elapsed';
import { type TextId, useText } from '../texts';

const LATER_MINUTES = [1, 2, 5, 10] as const;
type Act = 'accept' | 'snooze' | 'decline' | 'cancel';

function usePrompts(role: CallbackPrompt['role']): CallbackPrompt[] {
  const prompts = useLive((live) => live.prompts);
  return Object.values(prompts).filter((one) => one.role === role).sort((a, b) => (a.requested_at < b.requested_at ? -1 : 1));
}
const useAsked = () => usePrompts('target').filter((one) => !isOver(one));

/** How many colleagues wait for an answer; soft, beside everything else. */
export function PromptBadge() {
  const text = useText();
  const open = useAsked().filter((one) => ['offered', 'snoozed'].includes(one.state)).length;
  if (open === 0) return null;
  const label = text('prompt.badge', { count: open });
  return (
    <Tooltip label={label}>
      <Indicator label={open} size={18} color="violet" offset={4}>
        <ActionIcon component={Link} to="/desk" variant="subtle" color="violet" size="lg" aria-label={label} data-testid="prompt-badge"><IconPhoneCall size={20} /></ActionIcon>
      </Indicator>
    </Tooltip>
  );
}

/** The cards of this person: what they are asked, and what they asked. */
export function Prompts() {
  const asked = useAsked();
  const [seen, see] = useState<ReadonlySet<string>>(new Set());
  const own = usePrompts('requester').filter((one) => !seen.has(one.id));
  if (asked.length + own.length === 0) return null;
  return (
    <Stack gap="sm">
      {asked.map((prompt) => <Asked key={prompt.id} prompt={prompt} />)}
      {own.map((prompt) => <Own key={prompt.id} prompt={prompt} close={() => see((before) => new Set(before).add(prompt.id))} />)}
    </Stack>
  );
}

function useAct(prompt: CallbackPrompt) {
  const [refused, refuse] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const press = async (what: Act, body: object = {}) => {
    setBusy(true);
    refuse(null);
    try {
      const path = `/v1/callback-prompts/{id}/${what}` as '/v1/callback-prompts/{id}/accept';
      learnPrompt(await take<CallbackPrompt>(client.POST(path, { params: { path: { id: prompt.id } }, body: body as never })));
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return { press, refused, busy };
}

function Asked({ prompt }: { prompt: CallbackPrompt }) {
  const text = useText();
  const names = useNames();
  const { press, refused, busy } = useAct(prompt);
  const [reason, setReason] = useState('');
  const name = names(prompt.requester_id) ?? text('party.colleague');
  const open = ['offered', 'snoozed'].includes(prompt.state);
  return (
    <Stack className="panel" component="section" aria-label={text('prompt.asks', { name })} gap="xs" data-testid="prompt">
      <Group justify="space-between" wrap="nowrap">
        <Title order={2} size="h5">{text('prompt.asks', { name })}</Title>
        <Text size="sm" c="dimmed"><Elapsed since={prompt.requested_at} /></Text>
      </Group>
      {prompt.note && <Text size="sm">{prompt.note}</Text>}
      <Text size="sm" c="dimmed">{text(`prompt.target.${prompt.state}` as TextId, { name })}</Text>
      {refused && <Text c="red" size="sm" role="alert">{refused}</Text>}
      {open && (
        <Group gap="xs">
          <Button size="compact-md" loading={busy} onClick={() => void press('accept')}>{text('prompt.accept')}</Button>
          <Menu>
            <Menu.Target><Button size="compact-md" variant="default">{text('prompt.later')}</Button></Menu.Target>
            <Menu.Dropdown>
              {LATER_MINUTES.map((minutes) => <Menu.Item key={minutes} onClick={() => void press('snooze', { seconds: minutes * 60 })}>{text('prompt.in', { minutes })}</Menu.Item>)}
            </Menu.Dropdown>
          </Menu>
          <TextInput size="xs" aria-label={text('prompt.reason')} placeholder={text('prompt.reason')} value={reason} maxLength={200} onChange={(event) => setReason(event.currentTarget.value)} />
          <Button size="compact-md" variant="subtle" color="red" onClick={() => void press('decline', reason ? { reason } : {})}>{text('prompt.dismiss')}</Button>
        </Group>
      )}
    </Stack>
  );
}

function Own({ prompt, close }: { prompt: CallbackPrompt; close: () => void }) {
  const text = useText();
  const names = useNames();
  const me = useMe().data?.user?.id;
  const { press, refused, busy } = useAct(prompt);
  const call = useLive((live) => currentCall(live, me));
  const name = names(prompt.target_id) ?? text('party.colleague');
  const over = isOver(prompt);
  return (
    <Alert color={over ? 'gray' : 'violet'} role="status" title={text('prompt.asked', { name })} withCloseButton={over} closeButtonLabel={text('close')} onClose={close} data-testid="own-prompt">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{text(`prompt.requester.${prompt.state}` as TextId, { name, position: prompt.position ?? 1 })}{prompt.reason && over ? ` ${text('prompt.because', { reason: prompt.reason })}` : ''}</Text>
        {!over && call && prompt.alternatives.length > 0 && (
          <Group gap="xs">
            <Text size="sm">{text('prompt.instead')}</Text>
            {prompt.alternatives.map((user) => (
              <Button key={user} size="compact-sm" variant="default" onClick={() => void act(call.id, 'consult', { target: { user_id: user } }).then((worked) => (worked ? press('cancel') : undefined))}>{names(user) ?? text('party.colleague')}</Button>
            ))}
          </Group>
        )}
        {refused && <Text c="red" size="sm" role="alert">{refused}</Text>}
        {!over && <Button size="compact-sm" variant="default" loading={busy} onClick={() => void press('cancel')}>{text('prompt.leave')}</Button>}
      </Stack>
    </Alert>
  );
}
