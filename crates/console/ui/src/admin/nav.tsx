import { Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMe } from '../api/queries';
import type { Permission } from '../api/types';
import { type TextId, useText } from '../texts';

/** Of a page that the overview says a sentence about. */
type Described = { [Name in TextId]: `${Name}.text` extends TextId ? Name : never }[TextId];

export const PAGES: { to: string; name: Described; may: Permission[] }[] = [
  { to: '/admin/users', name: 'admin.users', may: ['manage_users'] },
  { to: '/admin/teams', name: 'admin.teams', may: ['manage_users'] },
  { to: '/admin/permission-sets', name: 'admin.permission_sets', may: ['grant_permission_sets', 'manage_users'] },
  { to: '/admin/queues', name: 'admin.queues', may: ['manage_routing'] },
  { to: '/admin/skills', name: 'admin.skills', may: ['manage_routing'] },
  { to: '/admin/statuses', name: 'admin.statuses', may: ['manage_routing'] },
  { to: '/admin/presence-configs', name: 'admin.presence_configs', may: ['manage_routing'] },
  { to: '/admin/wrap-up-codes', name: 'admin.wrap_up_codes', may: ['manage_routing'] },
  { to: '/admin/quick-connects', name: 'admin.quick_connects', may: ['manage_routing'] },
  { to: '/admin/flows', name: 'admin.flows', may: ['manage_flows'] },
  { to: '/admin/prompts', name: 'admin.prompts', may: ['manage_flows'] },
  { to: '/admin/business-hours', name: 'admin.business_hours', may: ['manage_flows'] },
  { to: '/admin/numbers', name: 'admin.numbers', may: ['manage_trunks'] },
  { to: '/admin/trunks', name: 'admin.trunks', may: ['manage_trunks'] },
  { to: '/admin/trunk-test', name: 'trial.title', may: ['manage_trunks'] },
  { to: '/admin/clients', name: 'admin.clients', may: ['grant_permission_sets'] },
  { to: '/admin/alerts', name: 'alert.rules', may: ['manage_settings'] },
  { to: '/admin/routing-check', name: 'admin.routing_check', may: ['manage_routing'] },
  { to: '/admin/what-if', name: 'whatif.title', may: ['manage_routing'] },
  { to: '/admin/settings', name: 'admin.settings', may: ['manage_settings'] },
  { to: '/admin/audit', name: 'admin.audit', may: ['view_audit'] },
];

export function usePages() {
  const me = useMe().data;
  return PAGES.filter((page) => page.may.some((permission) => me?.permissions.includes(permission)));
}

export function AdminNav() {
  const text = useText();
  return (
    <Group component="nav" aria-label={text('nav.admin')} gap={4}>
      {usePages().map((page) => (
        <Link key={page.to} to={page.to} style={{ textDecoration: 'none' }}>
          {({ isActive }) => <Button component="span" size="compact-sm" variant={isActive ? 'light' : 'subtle'} color={isActive ? undefined : 'gray'}>{text(page.name)}</Button>}
        </Link>
      ))}
    </Group>
  );
}
