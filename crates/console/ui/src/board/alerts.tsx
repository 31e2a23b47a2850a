// Alerts: what is out of the ordinary now, for whoever may see it.
import { ActionIcon, Badge, Button, Group, Indicator, Popover, Stack, Text, Title } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { client, take } from '../api/client';
import { useNames } from '../api/queries';
import type { LiveAlert } from '../live/fold';
import { useLive } from '../live/store';
import { Elapsed, clock } from '../shell/elapsed';
import { type TextId, useText } from '../texts';

const COLOR = { notice: 'blue', warning: 'orange', critical: 'red' } as const;
const KNOWN: readonly string[] = ['long_wait', 'waiting', 'long_hold', 'service_level', 'quality', 'agents_available', 'training_gap'];

export function AlertBell() {
  const text = useText();
  const alerts = useLive((live) => live.alerts);
  const [open, setOpen] = useState(false);
  const all = Object.values(alerts).sort((a, b) => (a.raised_at < b.raised_at ? 1 : -1));
  if (all.length === 0) return null;
  const fresh = all.filter((one) => !one.acknowledged_at).length;
  const worst = all.some((one) => one.severity === 'critical') ? 'red' : 'orange';
  const label = text('alert.bell', { count: all.length, fresh });
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={380} withArrow trapFocus returnFocus>
      <Popover.Target>
        <Indicator label={fresh} disabled={fresh === 0} size={18} color={worst} offset={4}>
          <ActionIcon variant="subtle" color={worst} size="lg" aria-label={label} aria-expanded={open} onClick={() => setOpen(!open)} data-testid="alert-bell"><IconBell size={20} /></ActionIcon>
        </Indicator>
      </Popover.Target>
      <Popover.Dropdown maw="96vw">
        <Title order={2} size="h5" mb="xs">{text('alert.title')}</Title>
        <Stack component="ul" gap="sm" mah={420} style={{ overflow: 'auto', listStyle: 'none', margin: 0, padding: 0 }} tabIndex={0} aria-label={text('alert.title')}>
          {all.map((alert) => <One key={alert.id} alert={alert} />)}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function One({ alert }: { alert: LiveAlert }) {
  const text = useText();
  const intl = useIntl();
  const names = useNames();
  const [refused, setRefused] = useState<string | null>(null);
  const value = (number: number): string => {
    if (alert.kind === 'long_wait' || alert.kind === 'long_hold') return clock(Math.round(number));
    if (alert.kind === 'service_level' || alert.kind === 'training_gap') return intl.formatNumber(number, { style: 'percent', maximumFractionDigits: 1 });
    return intl.formatNumber(number, { maximumFractionDigits: 2 });
  };
  const see = () => {
    setRefused(null);
    take(client.POST('/v1/alerts/{id}/acknowledge' as never, { params: { path: { id: alert.id } } } as never) as never).catch((error: unknown) => setRefused(error instanceof Error ? error.message : String(error)));
  };
  return (
    <li>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <div>
          <Group gap={6}><Badge size="sm" tt="none" color={COLOR[alert.severity]} variant="light">{text(`alert.severity.${alert.severity}`)}</Badge><Text size="sm" fw={600}>{alert.rule_name}</Text></Group>
          {KNOWN.includes(alert.kind) && <Text size="sm">{alert.about && <>{alert.about}: </>}{text(`alert.kind.${alert.kind}` as TextId)} {text('alert.value', { value: value(alert.worst), threshold: value(alert.threshold) })}</Text>}
          <Text size="xs" c="dimmed">
            <Elapsed since={alert.raised_at} />
            {alert.conversation_id && <> · <Link to="/timeline/$id" params={{ id: alert.conversation_id }}>{text('alert.call')}</Link></>}
            {alert.acknowledged_at && <> · {text('alert.seen_by', { name: names(alert.acknowledged_by) ?? '…' })}</>}
          </Text>
          {refused && <Text size="xs" c="red" role="alert">{refused}</Text>}
        </div>
        {!alert.acknowledged_at && <Button size="compact-xs" variant="default" style={{ flexShrink: 0 }} onClick={see} aria-label={text('alert.acknowledge_one', { name: alert.rule_name })}>{text('alert.acknowledge')}</Button>}
      </Group>
    </li>
  );
}
