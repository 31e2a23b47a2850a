import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { Home } from './shell/home';
import { Frame } from './shell/frame';
import { Desk } from './desk/page';
import { Missing } from './shell/missing';

const root = createRootRoute({ component: Frame, notFoundComponent: Missing });
const page = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name) });

const home = createRoute({ getParentRoute: () => root, path: '/', component: Home });
const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', beforeLoad: () => { throw redirect({ to: '/' }); } });
const desk = createRoute({ getParentRoute: () => root, path: '/desk', component: Desk });
const routes = [
  home,
  signIn,
  desk,
  page('/board', () => import('./board/page'), 'Board'),
  page('/calls', () => import('./desk/calls'), 'Calls'),
  page('/reports/training-gaps', () => import('./reports/pages'), 'TrainingGaps'),
  page('/reports/escalations', () => import('./reports/pages'), 'Escalations'),
  page('/reports/queues', () => import('./reports/pages'), 'Queues'),
  page('/reports/offers', () => import('./reports/pages'), 'Offers'),
  page('/reports/agents', () => import('./reports/pages'), 'Agents'),
  page('/reports/specialists', () => import('./reports/pages'), 'Specialists'),
  page('/reports/coaching', () => import('./reports/pages'), 'CoachingLedger'),
  page('/reports/internal-calls', () => import('./reports/pages'), 'InternalCalls'),
  page('/reports/build', () => import('./reports/build'), 'BuildReport'),
  page('/reports/saved', () => import('./reports/saved'), 'SavedReports'),
  page('/reports/calls', () => import('./reports/calls'), 'CallsBehind'),
  page('/timeline/$id', () => import('./timeline/page'), 'TimelinePage'),
  page('/phone', () => import('./phone/window'), 'PhoneWindow'),
  page('/admin', () => import('./admin/overview'), 'Overview'),
  page('/admin/users', () => import('./admin/users'), 'Users'),
  page('/admin/teams', () => import('./admin/simple'), 'Teams'),
  page('/admin/skills', () => import('./admin/simple'), 'Skills'),
  page('/admin/queues', () => import('./admin/queues'), 'Queues'),
  page('/admin/statuses', () => import('./admin/simple'), 'Statuses'),
  page('/admin/presence-configs', () => import('./admin/presence'), 'PresenceConfigs'),
  page('/admin/wrap-up-codes', () => import('./admin/simple'), 'WrapUpCodes'),
  page('/admin/quick-connects', () => import('./admin/telephony'), 'QuickConnects'),
  page('/admin/clients', () => import('./admin/clients'), 'Clients'),
  page('/admin/flows', () => import('./admin/flows'), 'CallFlows'),
  page('/admin/prompts', () => import('./admin/prompts'), 'Prompts'),
  page('/admin/business-hours', () => import('./admin/hours'), 'BusinessHours'),
  page('/admin/numbers', () => import('./admin/telephony'), 'Numbers'),
  page('/admin/trunks', () => import('./admin/telephony'), 'Trunks'),
  page('/admin/trunk-test', () => import('./admin/trunk-test'), 'TrunkTest'),
  page('/admin/permission-sets', () => import('./admin/permissions'), 'PermissionSets'),
  page('/admin/alerts', () => import('./admin/alerts'), 'AlertRules'),
  page('/admin/routing-check', () => import('./admin/routing-check'), 'RoutingCheck'),
  page('/admin/what-if', () => import('./admin/what-if'), 'WhatIf'),
  page('/admin/settings', () => import('./admin/settings'), 'SettingsPage'),
  page('/admin/audit', () => import('./admin/audit'), 'Audit'),
] as const;

export const router = createRouter({ routeTree: root.addChildren([...routes]), basepath: '/console', defaultPreload: 'intent' });
