import { Button, Group, MultiSelect, NumberInput, Stack, Text } from '@mantine/core';
import { useText } from '../texts';
import type { Body, CustomProps } from './fields';
import { Repeated } from './form';
import { useOptions } from './rows';

const STEPS_MAX = 20;
const FRESH = { all: [], any: [], not: [], agents: [], expiry_seconds: 30 };

/** Who should get a call, step by step: each holds for its time, then the next; after the last any member will do. */
export function StepsInput({ value, set, label, error }: CustomProps) {
  const text = useText();
  const skills = useOptions('skills');
  const users = useOptions('users', 'display_name');
  const steps = (value as Body[] | undefined) ?? [];
  const change = (place: number, part: Body) => set(steps.map((step, at) => (at === place ? { ...step, ...part } : step)));
  const move = (place: number, by: number) => {
    const next = [...steps];
    const [one] = next.splice(place, 1);
    if (one) next.splice(place + by, 0, one);
    set(next);
  };
  const level = [{ name: 'level', label: text('admin.level_least'), first: 1, min: 1, max: 10 }];
  return (
    <Stack gap="xs" component="fieldset" style={{ border: 0, padding: 0, margin: 0 }} data-testid="steps">
      <Text component="legend" size="sm" fw={500}>{label}</Text>
      <Text size="xs" c="dimmed">{text('admin.steps.hint')}</Text>
      {steps.map((step, place) => (
        <Stack key={place} className="edge" p="xs" gap="xs" component="section" aria-label={text('admin.step', { place: place + 1 })}>
          <Group justify="space-between">
            <Text size="sm" fw={600}>{text('admin.step', { place: place + 1 })}</Text>
            <Group gap={4}>
              {place > 0 && <Button size="compact-xs" variant="subtle" onClick={() => move(place, -1)}>{text('admin.step.up')}</Button>}
              {place < steps.length - 1 && <Button size="compact-xs" variant="subtle" onClick={() => move(place, 1)}>{text('admin.step.down')}</Button>}
              <Button size="compact-xs" variant="subtle" color="red" aria-label={text('admin.remove_one', { name: text('admin.step', { place: place + 1 }) })} onClick={() => set(steps.filter((_, at) => at !== place))}>{text('admin.remove')}</Button>
            </Group>
          </Group>
          {(['all', 'any', 'not'] as const).map((how) => (
            <Repeated key={how} label={text(`admin.step.${how}`)} options={skills} error={undefined} rows={(step[how] as Body[] | undefined) ?? []} set={(rows) => change(place, { [how]: rows })} idName="skill_id" numbers={level} />
          ))}
          <MultiSelect size="xs" label={text('admin.step.agents')} searchable clearable data={users} value={(step['agents'] as string[] | undefined) ?? []} onChange={(agents) => change(place, { agents })} clearButtonProps={{ 'aria-label': text('admin.clear') }} />
          <NumberInput size="xs" label={text('admin.step.expiry')} description={text('admin.step.expiry.hint')} min={1} max={86_400} value={(step['expiry_seconds'] as number | null | undefined) ?? ''} onChange={(next) => change(place, { expiry_seconds: next === '' ? null : Number(next) })} />
        </Stack>
      ))}
      {error && <Text size="xs" c="red">{error}</Text>}
      {steps.length < STEPS_MAX && <Group><Button size="compact-sm" variant="light" onClick={() => set([...steps, FRESH])}>{text('admin.step.add')}</Button></Group>}
    </Stack>
  );
}
