import { Badge } from '@mantine/core';
import { type TextId, useText } from '../texts';
import { Crud } from './crud';
import type { Field, Row } from './fields';
import { useOptions } from './rows';

const KINDS = ['long_wait', 'waiting', 'long_hold', 'service_level', 'quality', 'agents_available', 'training_gap'] as const;
const SEVERITIES = ['notice', 'warning', 'critical'] as const;
const OVER = ['today', 'half_hour'] as const;
const name = (row: Row) => String(row['name'] ?? '');

/** When the floor is told that something is out of the ordinary. */
export function AlertRules() {
  const text = useText();
  const queues = useOptions('queues');
  const choices = (values: readonly string[], prefix: string) => values.map((value) => ({ value, label: text(`${prefix}.${value}` as TextId) }));
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'kind', label: 'alert.watches', kind: 'select', required: true, options: choices(KINDS, 'alert.kind') },
    { name: 'condition.threshold', label: 'alert.threshold', kind: 'number', required: true, hint: 'alert.threshold.hint' },
    { name: 'condition.clear_at', label: 'alert.clear_at', kind: 'number', hint: 'alert.clear_at.hint', empty: null },
    { name: 'condition.for_seconds', label: 'alert.for_seconds', kind: 'number' },
    { name: 'condition.clear_seconds', label: 'alert.clear_seconds', kind: 'number' },
    { name: 'condition.minimum_calls', label: 'alert.minimum_calls', kind: 'number', hint: 'alert.minimum_calls.hint' },
    { name: 'condition.over', label: 'numbers.over', kind: 'select', required: true, options: choices(OVER, 'numbers'), hint: 'alert.over.hint' },
    { name: 'queue_ids', label: 'admin.queues', kind: 'multi', options: queues, hint: 'alert.queues.hint' },
    { name: 'severity', label: 'alert.severity', kind: 'select', required: true, options: choices(SEVERITIES, 'alert.severity') },
    { name: 'enabled', label: 'alert.enabled', kind: 'switch' },
  ];
  return (
    <Crud noun="alert-rules" title="alert.rules" fields={fields} name={name} breaks="alert.breaks"
      fresh={{ kind: 'long_wait', severity: 'warning', enabled: true, queue_ids: [], condition: { threshold: 120, clear_at: 60, for_seconds: 0, clear_seconds: 10, minimum_calls: 5, over: 'today' } }}
      columns={[
        { label: 'admin.name', show: name },
        { label: 'alert.watches', show: (row) => text(`alert.kind.${row['kind'] as string}` as TextId) },
        { label: 'alert.threshold', show: (row) => (row['condition'] as { threshold: number }).threshold },
        { label: 'alert.severity', show: (row) => <Badge variant="light" tt="none" color={row['enabled'] ? 'orange' : 'gray'}>{text(`alert.severity.${row['severity'] as string}` as TextId)}</Badge> },
      ]}
    />
  );
}
