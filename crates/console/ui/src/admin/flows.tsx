import { Stack, Text } from '@mantine/core';
import { useText } from '../texts';
import { Crud } from './crud';
import { DryRun } from './dry-run';
import type { CustomProps, Field, Row } from './fields';
import type { Step } from './flow';
import { type Choices, StepList } from './flow-steps';
import { usePromptOptions } from './prompts';
import { useOptions } from './rows';

const name = (row: Row) => String(row['name']);

/** What callers meet before anybody is asked to answer. */
export function CallFlows() {
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'steps', label: 'admin.flow.steps', kind: 'custom', input: (props) => <FlowInput {...props} /> },
  ];
  return (
    <Crud noun="call-flows" title="admin.flows" fields={fields} name={name} fresh={{ steps: [] }} wide
      columns={[{ label: 'admin.name', show: name }, { label: 'admin.flow.steps', show: (row) => (row['steps'] as Step[]).length }]}
    />
  );
}

function FlowInput({ value, set, label, errors }: CustomProps) {
  const text = useText();
  const choices: Choices = {
    prompts: usePromptOptions(),
    queues: useOptions('queues'),
    hours: useOptions('business-hours'),
    skills: useOptions('skills'),
    users: useOptions('users', 'display_name'),
  };
  const steps = (value as Step[] | undefined) ?? [];
  return (
    <Stack gap="sm">
      <Stack gap={6} component="fieldset" style={{ border: 0, padding: 0, margin: 0 }} data-testid="flow">
        <Text component="legend" size="sm" fw={500}>{label}</Text>
        <Text size="xs" c="dimmed">{text('admin.flow.steps.hint')}</Text>
        <StepList steps={steps} set={set} path="steps" errors={errors} choices={choices} />
      </Stack>
      <DryRun steps={steps} queues={choices.queues} users={choices.users} />
    </Stack>
  );
}
