import { Badge, Group, Loader, Stack, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, type RefObject, useId, useState } from 'react';
import { useDirectory } from '../api/queries';
import type { DirectoryEntry, Target } from '../api/types';
import { type TextId, useText } from '../texts';
import { type Dialed, dialed } from './number';
import { clock } from '../shell/elapsed';

export interface Choice {
  target: Target;
  name: string;
}

const AVAILABILITY = { available: 'green', busy: 'yellow', offline: 'gray' } as const;

export function targetOf(entry: DirectoryEntry): Target {
  if (entry.type === 'user') return { user_id: entry.id };
  if (entry.type === 'queue') return { queue_id: entry.id };
  return { quick_connect_id: entry.id };
}

function typed(what: Dialed): Choice | null {
  if (what.kind === 'extension') return { target: { extension: what.value }, name: what.value };
  if (what.kind === 'number') return { target: { phone_number: what.value }, name: what.value };
  return null;
}

interface Props {
  label: string;
  chosen: Choice | null;
  choose: (choice: Choice | null) => void;
  value: string;
  setValue: (value: string) => void;
  /** Only people can be shown as unreachable; a busy one may still be asked for a callback. */
  allowBusy?: boolean;
  field?: RefObject<HTMLInputElement | null>;
  onEnter?: (choice: Choice) => void;
  /** Somebody of the list was pressed; without it they are chosen. */
  onPick?: (choice: Choice) => void;
  right?: ReactNode;
}

/** One field for names, extensions and numbers; below it who is there, and why somebody cannot be called. */
export function TargetPicker({ label, chosen, choose, value, setValue, allowBusy = false, field, onEnter, onPick = choose, right }: Props) {
  const text = useText();
  const id = useId();
  const [wanted] = useDebouncedValue(value, 150);
  const [at, setAt] = useState(-1);
  const found = useDirectory(wanted.trim());
  const what = dialed(value);
  const direct = typed(what);
  const entries = found.data ?? [];
  const usable = (entry: DirectoryEntry) => entry.callable || (allowBusy && entry.availability === 'busy' && entry.reason === 'busy');
  const pick = (entry: DirectoryEntry) => {
    if (usable(entry)) onPick({ target: targetOf(entry), name: entry.name });
  };
  return (
    <Stack gap="xs">
      <TextInput
        ref={field} label={label} value={value} autoComplete="off" role="combobox" aria-expanded aria-controls={`${id}-list`} aria-autocomplete="list"
        aria-activedescendant={at >= 0 && entries[at] ? `${id}-${entries[at].id}` : undefined}
        rightSection={found.isFetching && value ? <Loader size="xs" /> : right}
        description={what.kind === 'number' ? text('target.will_dial', { number: what.value }) : what.kind === 'national' ? text('target.national') : text('target.hint')}
        onChange={(event) => { setValue(event.currentTarget.value); setAt(-1); choose(typed(dialed(event.currentTarget.value))); }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            setAt((now) => Math.max(-1, Math.min(entries.length - 1, now + (event.key === 'ArrowDown' ? 1 : -1))));
          }
          if (event.key === 'Enter') {
            event.preventDefault();
            const entry = entries[at];
            if (entry && usable(entry)) pick(entry);
            else if (chosen && onEnter) onEnter(chosen);
            else if (direct) choose(direct);
          }
        }}
      />
      <Stack gap={2} role="listbox" id={`${id}-list`} aria-label={text('target.list')} style={{ maxHeight: 220, overflowY: 'auto' }} tabIndex={-1}>
        {entries.map((entry, index) => {
          const off = !usable(entry);
          const same = chosen?.name === entry.name && JSON.stringify(chosen.target) === JSON.stringify(targetOf(entry));
          return (
            <UnstyledButton
              key={entry.type + entry.id} id={`${id}-${entry.id}`} role="option" aria-selected={same} aria-disabled={off || undefined} tabIndex={-1} p={6}
              className={same || index === at ? 'edge lit' : 'edge'} style={{ cursor: off ? 'not-allowed' : 'pointer', borderColor: same || index === at ? undefined : 'transparent' }}
              onClick={() => pick(entry)}
            >
              <Group justify="space-between" wrap="nowrap" gap="xs">
                <Stack gap={0}>
                  <Text size="sm" c={off ? 'dimmed' : undefined}>{entry.name}</Text>
                  <Text size="xs" c="dimmed">
                    {[entry.type === 'user' ? entry.team : text(`target.${entry.type}` as TextId), entry.extension,
                      entry.queue_wait_seconds ? text('target.wait', { time: clock(entry.queue_wait_seconds) }) : null, off ? entry.reason : null].filter(Boolean).join(' · ')}
                  </Text>
                </Stack>
                <Badge size="sm" variant="light" color={AVAILABILITY[entry.availability]} tt="none" style={{ flexShrink: 0 }}>{text(`availability.${entry.availability}` as TextId)}</Badge>
              </Group>
            </UnstyledButton>
          );
        })}
        {entries.length === 0 && found.isSuccess && !direct && <Text size="sm" c="dimmed">{text('target.nobody')}</Text>}
      </Stack>
    </Stack>
  );
}
