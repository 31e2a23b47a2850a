import { ActionIcon, Group, NumberInput, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import { type TextId, useText } from '../texts';
import type { Body, Option } from './fields';
import { KEYS, KINDS, type Kind, type Step, complaintAt, freshStep, kindOf, moved, sortedKeys } from './flow';
import { Repeated } from './form';
import { StepsInput } from './steps';
import { PromptSelect } from './prompts';

/** What steps can name. */
export interface Choices {
  prompts: Option[];
  queues: Option[];
  hours: Option[];
  skills: Option[];
  users: Option[];
}

interface Props {
  steps: Step[];
  set: (steps: Step[]) => void;
  /** Where the server says these steps stand: `steps[0].menu.digits.2`. */
  path: string;
  errors: Record<string, string>;
  choices: Choices;
}

/** Steps one after another; what branches off stands indented below. */
export function StepList({ steps, set, path, errors, choices }: Props) {
  const text = useText();
  const first = { prompt: choices.prompts[0]?.value ?? '', queue: choices.queues[0]?.value ?? '', hours: choices.hours[0]?.value ?? '', user: choices.users[0]?.value ?? '' };
  const possible = KINDS.filter((kind) => kind !== 'hours' || choices.hours.length > 0);
  return (
    <Stack gap={6}>
      {steps.map((step, place) => {
        const kind = kindOf(step);
        const name = text(`admin.flow.${kind}` as TextId);
        const at = `${path}[${place}]`;
        const change = (next: unknown) => set(steps.map((one, index) => (index === place ? { [kind]: next } : one)));
        return (
          <Stack key={place} gap={6} className="edge" p="xs" component="section" aria-label={name} data-path={at}>
            <Group gap={4} wrap="nowrap">
              <Text size="sm" fw={600} style={{ flex: 1 }}>{place + 1}. {name}</Text>
              <ActionIcon variant="subtle" disabled={place === 0} aria-label={text('admin.flow.up', { name })} onClick={() => set(moved(steps, place, -1))}><IconArrowUp size={16} /></ActionIcon>
              <ActionIcon variant="subtle" disabled={place === steps.length - 1} aria-label={text('admin.flow.down', { name })} onClick={() => set(moved(steps, place, 1))}><IconArrowDown size={16} /></ActionIcon>
              <ActionIcon variant="subtle" color="red" aria-label={text('admin.remove_one', { name })} onClick={() => set(steps.filter((_, index) => index !== place))}><IconTrash size={16} /></ActionIcon>
            </Group>
            {complaintAt(errors, at) && <Text size="xs" c="red">{complaintAt(errors, at)}</Text>}
            <StepInput kind={kind} value={step[kind]} change={change} path={`${at}.${kind}`} errors={errors} choices={choices} />
          </Stack>
        );
      })}
      {complaintAt(errors, path) && <Text size="xs" c="red">{complaintAt(errors, path)}</Text>}
      <Select size="xs" placeholder={text('admin.flow.add')} aria-label={`${text('admin.flow.add')} (${path})`} value={null} data={possible.map((kind) => ({ value: kind, label: text(`admin.flow.${kind}` as TextId) }))}
        onChange={(kind) => kind && set([...steps, freshStep(kind as Kind, first)])} />
    </Stack>
  );
}

interface Part {
  value: unknown;
  change: (next: unknown) => void;
  path: string;
  errors: Record<string, string>;
  choices: Choices;
}

function StepInput({ kind, ...part }: Part & { kind: Kind }) {
  switch (kind) {
    case 'play':
      return <Play {...part} />;
    case 'menu':
      return <Menu {...part} />;
    case 'hours':
      return <Hours {...part} />;
    case 'set':
      return <SetStep {...part} />;
    case 'queue_check':
      return <QueueCheck {...part} />;
    case 'user':
      return <Person {...part} />;
    case 'queue':
      return <Queue {...part} />;
    case 'callback':
      return <Callback {...part} />;
    case 'voicemail':
      return <Message {...part} />;
    case 'hang_up':
      return null;
  }
}

const optional = (value: string | number): string | number | null => (value === '' ? null : value);

function Branch({ label, ...rest }: Props & { label: string }) {
  return (
    <Stack gap={4} pl="md" component="fieldset" className="branch" style={{ border: 0, borderInlineStart: '2px solid var(--mantine-color-default-border)', margin: 0, paddingBlock: 0, paddingInlineEnd: 0 }}>
      <Text component="legend" size="xs" c="dimmed" p={0}>{label}</Text>
      <StepList {...rest} />
    </Stack>
  );
}

function Play({ value, change, path, errors, choices }: Part) {
  return <PromptSelect size="xs" options={choices.prompts} value={value} set={change} error={errors[path]} />;
}

/** Takes a message for a queue. */
function Message({ value, change, path, errors, choices }: Part) {
  const text = useText();
  const step = value as Body;
  return (
    <Group gap="xs" grow align="flex-start">
      <Select size="xs" label={text('board.queue')} searchable allowDeselect={false} data={choices.queues} value={String(step['queue_id'] ?? '')} onChange={(queue_id) => change({ ...step, queue_id })} error={errors[`${path}.queue_id`]} />
      <PromptSelect size="xs" none={text('admin.overflow.speak_prompt')} options={choices.prompts} value={step['prompt']} set={(next) => change(next ? { ...step, prompt: next } : { queue_id: step['queue_id'] })} error={errors[`${path}.prompt`]} />
    </Group>
  );
}

function Menu({ value, change, path, errors, choices }: Part) {
  const text = useText();
  const menu = value as Body;
  const digits = menu['digits'] as Record<string, Step[]>;
  const put = (part: Body) => change({ ...menu, ...part });
  const free = KEYS.filter((key) => !(key in digits));
  return (
    <Stack gap={6}>
      <Group gap="xs" grow align="flex-start">
        <PromptSelect size="xs" none="" options={choices.prompts} value={menu['prompt']} set={(prompt) => put({ prompt })} error={errors[`${path}.prompt`]} />
        <NumberInput size="xs" label={text('admin.flow.timeout')} min={1} max={60} value={menu['timeout_seconds'] as number} onChange={(next) => put({ timeout_seconds: Number(next) })} error={errors[`${path}.timeout_seconds`]} />
        <NumberInput size="xs" label={text('admin.flow.attempts')} min={1} max={10} value={menu['attempts'] as number} onChange={(next) => put({ attempts: Number(next) })} error={errors[`${path}.attempts`]} />
      </Group>
      <TextInput size="xs" label={text('admin.flow.attribute')} description={text('admin.flow.attribute.hint')} value={(menu['attribute'] as string | null | undefined) ?? ''} onChange={(event) => put({ attribute: optional(event.currentTarget.value) })} error={errors[`${path}.attribute`]} />
      {sortedKeys(digits).map((key) => (
        <Stack key={key} gap={2}>
          <Group gap={4} justify="flex-end">
            <ActionIcon size="sm" variant="subtle" color="red" aria-label={text('admin.remove_one', { name: text('admin.flow.key', { key }) })} onClick={() => put({ digits: Object.fromEntries(Object.entries(digits).filter(([other]) => other !== key)) })}><IconTrash size={14} /></ActionIcon>
          </Group>
          <Branch label={text('admin.flow.key', { key })} steps={digits[key] ?? []} set={(steps) => put({ digits: { ...digits, [key]: steps } })} path={`${path}.digits.${key}`} errors={errors} choices={choices} />
        </Stack>
      ))}
      {errors[`${path}.digits`] && <Text size="xs" c="red">{errors[`${path}.digits`]}</Text>}
      {free.length > 0 && (
        <Select size="xs" w={160} placeholder={text('admin.flow.add_key')} aria-label={text('admin.flow.add_key')} value={null} data={[...free]} onChange={(key) => key && put({ digits: { ...digits, [key]: [] } })} />
      )}
      <Branch label={text('admin.flow.on_failure')} steps={menu['on_failure'] as Step[]} set={(on_failure) => put({ on_failure })} path={`${path}.on_failure`} errors={errors} choices={choices} />
    </Stack>
  );
}

function Hours({ value, change, path, errors, choices }: Part) {
  const text = useText();
  const hours = value as Body;
  const put = (part: Body) => change({ ...hours, ...part });
  return (
    <Stack gap={6}>
      <Select size="xs" label={text('admin.business_hours')} allowDeselect={false} data={choices.hours} value={hours['business_hours_id'] as string} onChange={(id) => put({ business_hours_id: id })} error={errors[`${path}.business_hours_id`]} />
      {(['open', 'closed'] as const).map((when) => (
        <Branch key={when} label={text(`admin.flow.${when}`)} steps={(hours[when] as Step[] | undefined) ?? []} set={(steps) => put({ [when]: steps })} path={`${path}.${when}`} errors={errors} choices={choices} />
      ))}
    </Stack>
  );
}

function SetStep({ value, change, path, errors, choices }: Part) {
  const text = useText();
  const set = value as Body;
  const put = (part: Body) => change({ ...set, ...part });
  return (
    <Stack gap={6}>
      <Group gap="xs" grow align="flex-start">
        <TextInput size="xs" label={text('admin.flow.subject')} value={(set['subject'] as string | null | undefined) ?? ''} onChange={(event) => put({ subject: optional(event.currentTarget.value) })} error={errors[`${path}.subject`]} />
        <TextInput size="xs" label={text('admin.flow.case_category')} value={(set['case_category'] as string | null | undefined) ?? ''} onChange={(event) => put({ case_category: optional(event.currentTarget.value) })} error={errors[`${path}.case_category`]} />
      </Group>
      <Wanted {...{ value: set, change, path, errors, choices }} />
    </Stack>
  );
}

/** The skills and the priority that a queue is asked for. */
function Wanted({ value, change, path, errors, choices }: Part) {
  const text = useText();
  const wanted = value as Body;
  const skills = Object.keys(errors).find((field) => field.startsWith(`${path}.skills`));
  return (
    <Group gap="xs" grow align="flex-start">
      <Repeated label={text('admin.skills')} options={choices.skills} error={skills ? errors[skills] : undefined} rows={(wanted['skills'] as Body[] | undefined) ?? []} set={(next) => change({ ...wanted, skills: next })} idName="skill_id" numbers={[{ name: 'level', label: text('admin.level_least'), first: 1, min: 1, max: 10 }, { name: 'drop_after_seconds', label: text('admin.flow.drop_after'), first: 60, min: 1, max: 86_400, optional: true }]} />
      <NumberInput size="xs" label={text('admin.priority')} min={1} max={9} value={(wanted['priority'] as number | null | undefined) ?? ''} onChange={(next) => change({ ...wanted, priority: next === '' ? null : Number(next) })} error={errors[`${path}.priority`]} />
    </Group>
  );
}

function Queue({ value, change, path, errors, choices }: Part) {
  const text = useText();
  const queue = value as Body;
  const preferred = (queue['preferred_user_id'] as string | null | undefined) ?? null;
  const skills = (queue['skills'] as Body[] | undefined) ?? [];
  const steps = (queue['steps'] as Body[] | undefined) ?? [];
  const wrong = Object.keys(errors).find((field) => field.startsWith(`${path}.steps`));
  return (
    <Stack gap={6}>
      <Select size="xs" label={text('board.queue')} allowDeselect={false} searchable data={choices.queues} value={queue['queue_id'] as string} onChange={(id) => change({ ...queue, queue_id: id })} error={errors[`${path}.queue_id`]} />
      <Wanted {...{ value, change, path, errors, choices }} />
      <Group gap="xs" grow align="flex-start">
        <Select size="xs" label={text('admin.flow.preferred')} description={text('admin.flow.preferred.hint')} clearable clearButtonProps={{ 'aria-label': text('admin.clear') }} searchable data={choices.users} value={preferred} onChange={(id) => change({ ...queue, preferred_user_id: id, ...(id ? {} : { preferred_seconds: null }) })} error={errors[`${path}.preferred_user_id`]} />
        {preferred && <NumberInput size="xs" label={text('admin.flow.preferred_seconds')} description={text('admin.flow.preferred_seconds.hint')} min={0} max={86_400} value={(queue['preferred_seconds'] as number | null | undefined) ?? ''} onChange={(next) => change({ ...queue, preferred_seconds: next === '' ? null : Number(next) })} error={errors[`${path}.preferred_seconds`]} />}
      </Group>
      {(skills.length === 0 || steps.length > 0) && <StepsInput label={text('admin.flow.own_steps')} value={steps} set={(next) => change({ ...queue, steps: next })} error={wrong ? errors[wrong] : undefined} errors={errors} />}
    </Stack>
  );
}

/** Calls back whose number is known. */
function Callback({ value, change, path, errors, choices }: Part) {
  const text = useText();
  const step = value as Body;
  return (
    <Stack gap={6}>
      <Select size="xs" label={text('board.queue')} description={text('admin.flow.callback.hint')} allowDeselect={false} searchable data={choices.queues} value={step['queue_id'] as string} onChange={(id) => change({ ...step, queue_id: id })} error={errors[`${path}.queue_id`]} />
      <Wanted {...{ value, change, path, errors, choices }} />
    </Stack>
  );
}

function Person({ value, change, path, errors, choices }: Part) {
  const text = useText();
  return <Select size="xs" label={text('board.agent')} description={text('admin.flow.user.hint')} allowDeselect={false} searchable data={choices.users} value={(value as Body)['user_id'] as string} onChange={(id) => change({ user_id: id })} error={errors[`${path}.user_id`]} />;
}

function QueueCheck({ value, change, path, errors, choices }: Part) {
  const text = useText();
  const check = value as Body;
  const put = (part: Body) => change({ ...check, ...part });
  return (
    <Stack gap={6}>
      <Select size="xs" label={text('board.queue')} allowDeselect={false} searchable data={choices.queues} value={check['queue_id'] as string} onChange={(id) => put({ queue_id: id })} error={errors[`${path}.queue_id`]} />
      <Switch size="xs" label={text('admin.flow.no_agents')} checked={check['no_agents'] === true} onChange={(event) => put({ no_agents: event.currentTarget.checked })} />
      <Group gap="xs" grow align="flex-start">
        <NumberInput size="xs" label={text('admin.flow.waiting')} min={1} value={(check['waiting'] as number | null | undefined) ?? ''} onChange={(next) => put({ waiting: optional(next) })} />
        <NumberInput size="xs" label={text('admin.flow.longest_wait')} min={1} value={(check['longest_wait_seconds'] as number | null | undefined) ?? ''} onChange={(next) => put({ longest_wait_seconds: optional(next) })} error={errors[`${path}.longest_wait_seconds`]} />
      </Group>
      {errors[path] && <Text size="xs" c="red">{errors[path]}</Text>}
      <Branch label={text('admin.flow.then')} steps={check['then'] as Step[]} set={(then) => put({ then })} path={`${path}.then`} errors={errors} choices={choices} />
    </Stack>
  );
}
