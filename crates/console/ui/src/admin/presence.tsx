import { useText } from '../texts';
import { Crud } from './crud';
import type { Field, Row } from './fields';
import { useOptions } from './rows';

/** What happens when somebody declines, or does not answer. */
export function PresenceConfigs() {
  const text = useText();
  const statuses = useOptions('presence-statuses');
  const label = (id: unknown) => statuses.find((status) => status.value === id)?.label ?? '–';
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'decline_enabled', label: 'admin.decline_enabled', kind: 'switch' },
    { name: 'decline_reasons', label: 'admin.decline_reasons', kind: 'tags', hint: 'admin.decline_reasons.hint' },
    { name: 'status_on_decline_id', label: 'admin.on_decline', kind: 'select', options: statuses, empty: null, hint: 'admin.on_decline.hint' },
    { name: 'status_on_push_timeout_id', label: 'admin.on_missed', kind: 'select', options: statuses, empty: null, hint: 'admin.on_decline.hint' },
    { name: 'missed_before_pause', label: 'admin.missed_before_pause', kind: 'number', empty: null, hint: 'admin.missed_before_pause.hint' },
    { name: 'offers.rest_after_decline_seconds', section: 'admin.section.rest', label: 'admin.rest_declined', kind: 'number', hint: 'admin.rest.hint' },
    { name: 'offers.rest_after_missed_seconds', label: 'admin.rest_missed', kind: 'number' },
    { name: 'offers.rest_after_failed_seconds', label: 'admin.rest_failed', kind: 'number' },
    { name: 'offers.direct_priority', section: 'admin.section.direct', label: 'admin.direct_priority', kind: 'number', hint: 'admin.direct_priority.hint' },
  ];
  const name = (row: Row) => String(row['name'] ?? '');
  return (
    <Crud noun="presence-configs" title="admin.presence_configs" fields={fields} name={name} fresh={{ decline_enabled: true, decline_reasons: [] }} breaks="admin.breaks.presence_config"
      columns={[
        { label: 'admin.name', show: name },
        { label: 'admin.decline_enabled', show: (row) => text(row['decline_enabled'] ? 'build.yes' : 'build.no') },
        { label: 'admin.on_decline', show: (row) => label(row['status_on_decline_id']) },
        { label: 'admin.on_missed', show: (row) => label(row['status_on_push_timeout_id']) },
      ]}
    />
  );
}
