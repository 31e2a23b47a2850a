import { Checkbox, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { create } from 'zustand';
import { useMe, useStart } from '../api/queries';
import { useLive } from '../live/store';
import { type TextId, useText } from '../texts';
import { ownLeg } from '../live/fold';

const STEPS = { agent: ['take', 'consult', 'merge', 'complete'], supervisor: ['monitor', 'whisper', 'barge'] } as const;
const KEY = 'tandem.practice';
type Done = Record<string, boolean>;
const read = (): Done => JSON.parse(localStorage.getItem(KEY) ?? '{}') as Done;
const useDone = create<{ done: Done }>(() => ({ done: read() }));
window.addEventListener('storage', (event) => event.key === KEY && useDone.setState({ done: read() }));
function tick(step: string): void {
  const { done } = useDone.getState();
  if (done[step]) return;
  const next = { ...done, [step]: true };
  localStorage.setItem(KEY, JSON.stringify(next));
  useDone.setState({ done: next });
}

/** On a practice organization: what to try, ticking itself off as one does it. */
export function Checklist({ part = 'agent' }: { part?: keyof typeof STEPS }) {
  const text = useText();
  const practice = useStart().data?.practice;
  const me = useMe().data?.user?.id;
  const done = useDone((one) => one.done);
  useEffect(() => useLive.subscribe((live) => {
    for (const call of Object.values(live.conversations)) {
      const own = ownLeg(call, me);
      const mine = call.voice_calls.filter((one) => one.from === me && one.purpose === 'consult');
      if (own?.role === 'agent' && own.state === 'connected' && call.legs.some((leg) => leg.role === 'customer')) tick('take');
      if (mine.some((one) => one.accepted_at)) tick('consult');
      if (mine.length > 0 && call.state === 'conference') tick('merge');
      if (mine.some((one) => one.disposition === 'merged')) tick('complete');
      for (const one of call.coaching) if (one.supervisor_id === me) tick(one.mode);
    }
  }), [me]);
  if (!practice) return null;
  return (
    <Stack className="panel" component="section" aria-labelledby="practice" gap="xs" data-testid="checklist">
      <Title order={2} size="h5" id="practice">{text('practice.title')}</Title>
      <Text size="sm" c="dimmed">{text(`practice.${part}` as TextId)}</Text>
      {STEPS[part].map((step) => (
        <Group key={step} gap="xs" wrap="nowrap" align="flex-start">
          <Checkbox checked={done[step] ?? false} readOnly tabIndex={-1} aria-label={text(`practice.step.${step}` as TextId)} />
          <Text size="sm" td={done[step] ? 'line-through' : undefined} aria-hidden>{text(`practice.step.${step}` as TextId)}</Text>
        </Group>
      ))}
    </Stack>
  );
}
