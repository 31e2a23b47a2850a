import './reports.css';
import { Alert, Button, Group, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay, useMe } from '../api/queries';
import { type TextId, useText } from '../texts';
import { SHEETS } from './sheets';

const PAGES: { path: string; name: TextId }[] = [...SHEETS, { path: '/reports/build', name: 'build.title' }, { path: '/reports/saved', name: 'saved.title' }];

export function ReportsNav() {
  const text = useText();
  const may = useMay('view_reports');
  if (!may) return null;
  return (
    <Group component="nav" aria-label={text('nav.reports')} gap={4}>
      {PAGES.map((page) => (
        <Link key={page.path} to={page.path} style={{ textDecoration: 'none' }} activeOptions={{ includeSearch: false }}>
          {({ isActive }) => <Button component="span" size="compact-sm" variant={isActive ? 'light' : 'subtle'} color={isActive ? undefined : 'gray'}>{text(page.name)}</Button>}
        </Link>
      ))}
    </Group>
  );
}

/** Reports are for those who may see them; anybody else is told which permission it takes. */
export function Allowed({ children }: { children: ReactNode }) {
  const text = useText();
  const me = useMe();
  const may = useMay('view_reports');
  if (!me.data) return <Skeleton h={300} />;
  if (!may) return <Alert color="orange" role="alert" title={text('reports.not_allowed')}>{text('reports.not_allowed.text')}</Alert>;
  return children;
}
