import { Badge, Button, Menu, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconChevronDown } from '@tabler/icons-react';
import { client, take } from '../api/client';
import { useMe, useStatuses } from '../api/queries';
import type { Presence } from '../api/types';
import { useLive } from '../live/store';
import { type TextId, useText } from '../texts';
import { Elapsed } from './elapsed';

export const KIND_COLOR = { online: 'green', busy: 'yellow', dnd: 'red', offline: 'gray' } as const;
const STATE_COLOR: Record<string, string> = { available: 'green', in_call: 'blue', offering: 'cyan', acw: 'violet', missed: 'orange', busy: 'yellow', dnd: 'red', offline: 'gray' };

/** Colour and words, never colour alone. */
export function StateBadge({ presence, size = 'md' }: { presence: Presence; size?: string }) {
  const text = useText();
  const state = presence.system_state;
  const chosen = ['busy', 'dnd', 'offline', 'available'].includes(state);
  const unreachable = state === 'available' && !presence.reachable;
  const words = unreachable ? text('presence.unreachable') : chosen ? presence.status.name : text(`state.${state}` as TextId);
  return <Badge size={size} variant="light" color={unreachable ? 'orange' : STATE_COLOR[state] ?? 'gray'} tt="none">{words}</Badge>;
}

export function usePresence(): Presence | null {
  const me = useMe();
  const live = useLive((one) => one.me?.presence);
  return live ?? me.data?.presence ?? null;
}

export async function choosePresence(statusId: string): Promise<void> {
  try {
    await take(client.PUT('/v1/me/presence', { body: { status_id: statusId } }));
  } catch (error) {
    notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) });
  }
}

export function PresenceMenu() {
  const text = useText();
  const presence = usePresence();
  const statuses = useStatuses();
  if (!presence) return null;
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <Button variant="default" size="sm" px="xs" rightSection={<IconChevronDown size={14} />} aria-label={text('presence.menu', { status: presence.status.name, state: text(`state.${presence.system_state}` as TextId) })}>
          <StateBadge presence={presence} />
          <Text span size="sm" ml={6} visibleFrom="sm"><Elapsed since={presence.since} /></Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {presence.pending_status && <Menu.Label>{text('presence.pending', { status: presence.pending_status.name })}</Menu.Label>}
        {presence.system_state === 'missed' && <Menu.Label>{text('presence.missed')}</Menu.Label>}
        {statuses.data?.map((status) => (
          <Menu.Item key={status.id} onClick={() => void choosePresence(status.id)} leftSection={<Badge size="xs" circle color={KIND_COLOR[status.kind]} aria-hidden />}>
            <Stack gap={0}>
              <Text size="sm" fw={presence.status.id === status.id ? 700 : 400}>{status.name}</Text>
              <Text size="xs" c="dimmed">{text(status.kind === 'dnd' ? 'presence.kind.dnd' : status.channels?.length && status.kind === 'online' ? 'presence.kind.online' : 'presence.kind.away')}</Text>
            </Stack>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
