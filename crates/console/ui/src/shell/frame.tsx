import { ActionIcon, Alert, AppShell, Burger, Button, Group, Menu, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLogout, IconUser } from '@tabler/icons-react';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useMe } from '../api/queries';
import { signOut } from '../api/session';
import { RefusedNote } from '../call/refused';
import { currentCall } from '../live/fold';
import { follow, useLive } from '../live/store';
import { useText } from '../texts';
import { AlertBell } from '../board/alerts';
import { CallAnnouncer } from '../desk/announcer';
import { Incoming } from '../desk/incoming';
import { PromptBadge } from '../desk/prompts';
import { Dialer } from '../phone/dialer';
import { Softphone } from '../phone/softphone';
import { LanguageMenu, SchemeButton } from './choices';
import { Elapsed } from './elapsed';
import { Idle, useActivity } from './idle';
import { KeyMap } from './keys';
import { PresenceMenu } from './presence';

const CALLS: readonly string[] = ['take_calls', 'place_calls', 'monitor', 'whisper', 'barge'];

/** Everything around a page: who one is, what one is doing, and the way to the other pages. */
export function Frame() {
  const me = useMe();
  const permissions = me.data?.permissions;
  const userId = me.data?.user?.id ?? null;
  const floor = permissions?.includes('view_live') ?? false;
  const parks = permissions?.includes('park') ?? false;
  // Whoever neither calls nor is called needs no phone, and no sound.
  const calls = permissions?.some((permission) => CALLS.includes(permission)) ?? false;
  useEffect(() => {
    if (!permissions || !userId) return;
    // Without the floor, "conversations" are the parked ones that anybody may take up.
    return follow(floor ? ['me', 'conversations', 'agents', 'queues'] : parks ? ['me', 'conversations'] : ['me'], userId);
  }, [permissions === undefined, userId, floor, parks]);
  useActivity();
  const path = useRouterState({ select: (state) => state.location.pathname });
  if (path.endsWith('/phone')) return <Outlet />;
  return (
    <AppShell header={{ height: 60 }} padding="md">
      <a className="skip" href="#main">{<SkipText />}</a>
      <AppShell.Header><TopBar /></AppShell.Header>
      <AppShell.Main id="main" tabIndex={-1}>
        <StaleMark />
        <RefusedNote />
        <Outlet />
      </AppShell.Main>
      {calls && <Softphone />}
      <Incoming />
      <CallAnnouncer />
      <KeyMap />
      <Idle />
    </AppShell>
  );
}

function SkipText() {
  return useText()('frame.skip');
}

function TopBar() {
  const text = useText();
  const me = useMe();
  const [open, menu] = useDisclosure(false);
  const may = (permission: string) => me.data?.permissions.some((one) => one === permission) ?? false;
  const pages = [
    { to: '/desk', name: text('nav.desk'), shown: may('take_calls') || may('place_calls') },
    { to: '/board', name: text('nav.board'), shown: may('view_live') },
    { to: '/calls', name: text('nav.calls'), shown: true },
    { to: '/reports/training-gaps', name: text('nav.reports'), shown: may('view_reports') },
    { to: '/admin', name: text('nav.admin'), shown: ['manage_users', 'manage_routing', 'manage_trunks', 'manage_settings', 'grant_permission_sets', 'view_audit'].some(may) },
  ].filter((page) => page.shown);
  return (
    <Group h="100%" px="sm" gap="xs" wrap="nowrap" justify="space-between">
      <Group gap="xs" wrap="nowrap">
        <Menu opened={open} onChange={menu.toggle}>
          <Menu.Target><Burger opened={open} size="sm" hiddenFrom="sm" aria-label={text('nav.menu')} /></Menu.Target>
          <Menu.Dropdown>
            {pages.map((page) => <Menu.Item key={page.to} component={Link} to={page.to}>{page.name}</Menu.Item>)}
          </Menu.Dropdown>
        </Menu>
        <Text fw={700} visibleFrom="xs" component="span">Tandem</Text>
        <Group component="nav" aria-label={text('nav.pages')} gap={4} visibleFrom="sm" ml="md">
          {pages.map((page) => (
            <Link key={page.to} to={page.to} style={{ textDecoration: 'none' }}>
              {({ isActive }) => (
                <Button component="span" size="compact-md" variant={isActive ? 'light' : 'subtle'} color={isActive ? undefined : 'gray'}>{page.name}</Button>
              )}
            </Link>
          ))}
        </Group>
      </Group>
      <Group gap={6} wrap="nowrap">
        <AlertBell />
        <PromptBadge />
        {me.data?.user && <Dialer />}
        {me.data?.user && <PresenceMenu />}
        <Group gap={0} wrap="nowrap" visibleFrom="xs"><LanguageMenu /><SchemeButton /></Group>
        <UserMenu name={me.data?.user?.display_name ?? ''} />
      </Group>
    </Group>
  );
}

function UserMenu({ name }: { name: string }) {
  const text = useText();
  const me = useMe().data?.user?.id;
  const busy = useLive((live) => currentCall(live, me) !== undefined);
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={text('user.menu', { name })} title={name}><IconUser size={20} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name}</Menu.Label>
        <Group hiddenFrom="xs" px="xs"><LanguageMenu /><SchemeButton /></Group>
        <Menu.Item component="a" href="/docs" target="_blank">{text('user.api')}</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} disabled={busy} onClick={() => void signOut()}>
          {text('user.sign_out')}
          {busy && <Text size="xs">{text('user.in_call')}</Text>}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** What one sees may be old, and how old. */
function StaleMark() {
  const text = useText();
  const link = useLive((live) => live.link);
  const lostAt = useLive((live) => live.lostAt);
  if (link !== 'lost' || lostAt === null) return null;
  return (
    <Alert color="orange" mb="md" role="status" title={text('stale.title')}>
      {text('stale.text')} <Elapsed since={new Date(lostAt).toISOString()} />
    </Alert>
  );
}

