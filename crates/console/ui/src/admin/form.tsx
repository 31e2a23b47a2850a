import { ActionIcon, Button, Group, MultiSelect, NumberInput, PasswordInput, Select, Stack, Switch, TagsInput, Text, TextInput, Title } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useText } from '../texts';
import { type Body, type Field, type Option, at, complaint, put } from './fields';

interface Props {
  fields: Field[];
  body: Body;
  change: (body: Body) => void;
  errors: Record<string, string>;
}

export function Inputs({ fields, body, change, errors }: Props) {
  const text = useText();
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <Fragment key={field.name}>
          {field.section && <Title order={3} size="h6" mt="xs">{text(field.section)}</Title>}
          <Input field={field} body={body} change={change} errors={errors} />
        </Fragment>
      ))}
    </Stack>
  );
}

function Input({ field, body, change, errors }: { field: Field } & Omit<Props, 'fields'>) {
  const text = useText();
  const value = at(body, field.name);
  const set = (next: unknown) => change(put(body, field.name, next));
  const checked = typeof value === 'string' && field.check ? field.check(value) : null;
  const error = complaint(errors, field.name) ?? (checked ? text(checked) : undefined);
  const common = { label: text(field.label), error, required: field.required ?? false, description: field.hint ? text(field.hint) : undefined, 'data-field': field.name };
  const options = field.options ?? [];
  switch (field.kind) {
    case 'text':
      return <TextInput {...common} autoComplete="off" value={(value as string | null) ?? ''} onChange={(event) => set(event.currentTarget.value)} />;
    case 'password':
      return <PasswordInput {...common} autoComplete="new-password" value={(value as string | null) ?? ''} onChange={(event) => set(event.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': text('signin.show_password') }} />;
    case 'number':
      return <NumberInput {...common} value={(value as number | null) ?? ''} onChange={(next) => set(next === '' ? '' : Number(next))} />;
    case 'switch':
      return <Switch label={text(field.label)} checked={value === true} onChange={(event) => set(event.currentTarget.checked)} error={error} />;
    case 'select':
      return <Select {...common} data={options} value={(value as string | null) ?? null} onChange={(next) => set(next ?? '')} clearable={!field.required} searchable={options.length > 8} clearButtonProps={{ 'aria-label': text('admin.clear') }} />;
    case 'multi':
      return <MultiSelect {...common} data={options} value={(value as string[] | undefined) ?? []} onChange={set} clearable searchable clearButtonProps={{ 'aria-label': text('admin.clear') }} />;
    case 'tags':
      return <TagsInput {...common} value={(value as string[] | undefined) ?? []} onChange={set} />;
    case 'custom':
      return field.input?.({ value, set, label: text(field.label), error, errors });
    case 'skills':
      return <Repeated {...{ options, error }} label={text(field.label)} rows={(value as Body[] | undefined) ?? []} set={set} idName="skill_id" numbers={[{ name: 'level', label: text('admin.level'), first: 5, min: 1, max: 10 }]} />;
    case 'memberships':
      return <Repeated {...{ options, error }} label={text(field.label)} rows={(value as Body[] | undefined) ?? []} set={set} idName="queue_id" numbers={[{ name: 'priority', label: text('admin.priority'), first: 1, min: 1, max: 9 }, { name: 'delay_seconds', label: text('admin.delay'), first: 0, min: 0, max: 3600 }]} />;
  }
}

interface Repeat {
  label: string;
  options: Option[];
  rows: Body[];
  set: (rows: Body[]) => void;
  idName: string;
  error: string | undefined;
  /** An optional number may be empty, and begins so. */
  numbers: { name: string; label: string; first: number; min: number; max: number; optional?: boolean }[];
}

/** A list of things with numbers: skills with levels, queues with priorities. */
export function Repeated({ label, options, rows, set, idName, numbers, error }: Repeat) {
  const text = useText();
  const free = options.filter((option) => !rows.some((row) => row[idName] === option.value));
  const name = (id: unknown) => options.find((option) => option.value === id)?.label ?? '…';
  return (
    <Stack gap={6} component="fieldset" style={{ border: 0, padding: 0, margin: 0 }}>
      <Text component="legend" size="sm" fw={500}>{label}</Text>
      {rows.map((row, index) => (
        <Group key={String(row[idName])} gap="xs" align="flex-end">
          <Text size="sm" style={{ flex: '1 1 80px' }} pb={8}>{name(row[idName])}</Text>
          {numbers.map((number) => (
            <NumberInput key={number.name} size="xs" w={104} label={number.label} min={number.min} max={number.max} value={(row[number.name] as number | null | undefined) ?? (number.optional ? '' : number.first)}
              onChange={(next) => set(rows.map((one, at) => (at === index ? { ...one, [number.name]: number.optional && next === '' ? null : Number(next) } : one)))} />
          ))}
          <ActionIcon variant="subtle" color="red" mb={4} aria-label={text('admin.remove_one', { name: name(row[idName]) })} onClick={() => set(rows.filter((_, at) => at !== index))}><IconTrash size={16} /></ActionIcon>
        </Group>
      ))}
      {error && <Text size="xs" c="red">{error}</Text>}
      {free.length > 0 && (
        <Select size="xs" placeholder={text('admin.add_one')} aria-label={`${label}: ${text('admin.add_one')}`} data={free} value={null} searchable
          onChange={(id) => id && set([...rows, { [idName]: id, ...Object.fromEntries(numbers.filter((number) => !number.optional).map((number) => [number.name, number.first])) }])} />
      )}
    </Stack>
  );
}

export function FormButtons({ busy, dirty, cancel, always = true }: { busy: boolean; dirty: boolean; cancel: () => void; always?: boolean }) {
  const text = useText();
  return (
    <Group>
      <Button type="submit" loading={busy} disabled={!dirty}>{text('admin.save')}</Button>
      {(always || dirty) && <Button variant="default" onClick={cancel}>{text(dirty ? 'admin.discard' : 'close')}</Button>}
    </Group>
  );
}
