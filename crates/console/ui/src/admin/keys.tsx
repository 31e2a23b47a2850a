import { ActionIcon, Group, Select, Stack, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useText } from '../texts';
import type { Body, CustomProps } from './fields';
import { OverflowInput } from './overflow';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '*', '#'];

/** What a caller gets for a key while waiting. */
export function KeysInput({ value, set, label, error }: CustomProps) {
  const text = useText();
  const options = (value as Body | null | undefined) ?? {};
  const free = KEYS.filter((key) => !(key in options));
  const without = (key: string) => Object.fromEntries(Object.entries(options).filter(([one]) => one !== key));
  return (
    <Stack gap="xs" component="fieldset" style={{ border: 0, padding: 0, margin: 0 }}>
      <Text component="legend" size="sm" fw={500}>{label}</Text>
      {Object.entries(options).map(([key, what]) => (
        <Group key={key} gap="xs" align="flex-end" wrap="nowrap">
          <div style={{ flex: 1, minWidth: 0 }}><OverflowInput value={what} set={(next) => set({ ...options, [key]: next })} label={text('admin.key', { key })} error={undefined} errors={{}} own={undefined} /></div>
          <ActionIcon variant="subtle" color="red" mb={6} aria-label={text('admin.remove_one', { name: text('admin.key', { key }) })} onClick={() => set(without(key))}><IconTrash size={16} /></ActionIcon>
        </Group>
      ))}
      {error && <Text size="xs" c="red">{error}</Text>}
      {free.length > 0 && <Select size="xs" w={180} placeholder={text('admin.key.add')} aria-label={text('admin.key.add')} data={free} value={null} onChange={(key) => key && set({ ...options, [key]: { kind: 'callback' } })} />}
    </Stack>
  );
}
