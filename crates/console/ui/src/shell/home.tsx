import { Center, Skeleton } from '@mantine/core';
import { Navigate } from '@tanstack/react-router';
import { useMe } from '../api/queries';

/** Where somebody's work is: the agent's desk, the floor, or the organization. */
export function Home() {
  const me = useMe();
  if (!me.data) return <Center mih="60vh"><Skeleton h={320} maw={720} /></Center>;
  const may = me.data.permissions;
  if (may.includes('take_calls')) return <Navigate to="/desk" replace />;
  if (may.includes('manage_users') || may.includes('manage_settings')) return <Navigate to="/admin" replace />;
  if (may.includes('view_live')) return <Navigate to="/board" replace />;
  if (may.includes('view_reports')) return <Navigate to="/reports/training-gaps" replace />;
  return <Navigate to="/calls" replace />;
}
