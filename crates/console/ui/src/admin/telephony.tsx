import { Link } from '@tanstack/react-router';
import { useText } from '../texts';
import { Crud } from './crud';
import { type Field, type Row, isE164 } from './fields';
import { useOptions } from './rows';

export function Numbers() {
  const text = useText();
  const flows = useOptions('call-flows');
  const queues = useOptions('queues');
  const users = useOptions('users', 'display_name');
  const trunks = useOptions('trunks');
  const label = (options: { value: string; label: string }[], id: unknown) => options.find((option) => option.value === id)?.label;
  const fields: Field[] = [
    { name: 'e164', label: 'admin.number', kind: 'text', required: true, check: isE164 },
    { name: 'call_flow_id', label: 'admin.flow', kind: 'select', options: flows, empty: null, hint: 'admin.number.hint' },
    { name: 'queue_id', label: 'board.queue', kind: 'select', options: queues, empty: null },
    { name: 'user_id', label: 'board.agent', kind: 'select', options: users, empty: null },
    { name: 'answer', label: 'admin.answer', kind: 'select', required: true, options: [{ value: 'on_flow', label: text('admin.answer.on_flow') }, { value: 'on_agent', label: text('admin.answer.on_agent') }] },
    { name: 'trunk_id', label: 'admin.trunk', kind: 'select', options: trunks, empty: null },
  ];
  const name = (row: Row) => String(row['e164']);
  return (
    <Crud noun="numbers" title="admin.numbers" fields={fields} name={name} fresh={{ answer: 'on_flow' }} breaks="admin.breaks.number"
      columns={[
        { label: 'admin.number', show: name },
        { label: 'admin.leads_to', show: (row) => label(flows, row['call_flow_id']) ?? label(queues, row['queue_id']) ?? label(users, row['user_id']) ?? '–' },
        { label: 'admin.trunk', show: (row) => label(trunks, row['trunk_id']) ?? '–' },
      ]}
    />
  );
}

/** Saved targets of consults and transfers. */
export function QuickConnects() {
  const queues = useOptions('queues');
  const users = useOptions('users', 'display_name');
  const label = (options: { value: string; label: string }[], id: unknown) => options.find((option) => option.value === id)?.label;
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'phone_number', label: 'admin.number', kind: 'text', empty: null, check: isE164, hint: 'admin.quick_connect.hint' },
    { name: 'queue_id', label: 'board.queue', kind: 'select', options: queues, empty: null },
    { name: 'user_id', label: 'board.agent', kind: 'select', options: users, empty: null },
  ];
  const name = (row: Row) => String(row['name']);
  return (
    <Crud noun="quick-connects" title="admin.quick_connects" fields={fields} name={name} breaks="admin.breaks.quick_connect"
      columns={[
        { label: 'admin.name', show: name },
        { label: 'admin.leads_to', show: (row) => (row['phone_number'] as string | null) ?? label(queues, row['queue_id']) ?? label(users, row['user_id']) ?? '–' },
      ]}
    />
  );
}

export function Trunks() {
  const text = useText();
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'host', label: 'admin.host', kind: 'text', required: true, hint: 'admin.host.hint' },
    { name: 'transport', label: 'admin.transport', kind: 'select', required: true, options: ['udp', 'tcp', 'tls'].map((value) => ({ value, label: value.toUpperCase() })) },
    { name: 'credentials.username', label: 'admin.trunk_username', kind: 'text', clears: true, section: 'admin.section.credentials', hint: 'admin.trunk_username.hint' },
    { name: 'credentials.password', label: 'signin.password_label', kind: 'password', hint: 'admin.password.hint' },
    { name: 'credentials.register', label: 'admin.trunk_register', kind: 'switch' },
    { name: 'allow_from', section: 'admin.section.limits', label: 'admin.allow_from', kind: 'tags', hint: 'admin.allow_from.hint' },
    { name: 'max_calls', label: 'admin.max_calls', kind: 'number', empty: null },
    { name: 'codecs', label: 'admin.codecs', kind: 'multi', options: [{ value: 'opus', label: 'Opus' }, { value: 'pcma', label: 'G.711 A' }, { value: 'pcmu', label: 'G.711 µ' }] },
  ];
  const name = (row: Row) => String(row['name']);
  return (
    <Crud noun="trunks" title="admin.trunks" fields={fields} name={name} fresh={{ transport: 'udp', allow_from: [], codecs: [] }} breaks="admin.breaks.trunk"
      columns={[
        { label: 'admin.name', show: name },
        { label: 'admin.host', show: (row) => row['host'] as string },
        { label: 'admin.transport', show: (row) => String(row['transport']).toUpperCase() },
        { label: 'admin.max_calls', show: (row) => (row['max_calls'] as number | null) ?? '–' },
        { label: 'trial.title', show: (row) => <Link to="/admin/trunk-test" search={{ trunk: row.id } as never} aria-label={text('trial.one', { name: name(row) })}>{text('trial.short')}</Link> },
      ]}
    />
  );
}
