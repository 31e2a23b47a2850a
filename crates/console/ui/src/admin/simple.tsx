import { Badge } from '@mantine/core';
import { KIND_COLOR } from '../shell/presence';
import { type TextId, useText } from '../texts';
import { Crud } from './crud';
import type { Field, Row } from './fields';

const name = (row: Row) => String(row['name'] ?? '');
const NAME: Field = { name: 'name', label: 'admin.name', kind: 'text', required: true };
const column = { label: 'admin.name' as const, show: name };

export function Teams() {
  return <Crud noun="teams" title="admin.teams" fields={[NAME]} columns={[column]} name={name} breaks="admin.breaks.team" />;
}

export function Skills() {
  return <Crud noun="skills" title="admin.skills" fields={[NAME]} columns={[column]} name={name} breaks="admin.breaks.skill" />;
}

/** What agents choose from when a call is over. */
export function WrapUpCodes() {
  const fields: Field[] = [NAME, { name: 'sort', label: 'admin.sort', kind: 'number' }];
  return (
    <Crud noun="wrap-up-codes" title="admin.wrap_up_codes" fields={fields} name={name} fresh={{ sort: 10 }} breaks="admin.breaks.wrap_up_code"
      columns={[column, { label: 'admin.sort', show: (row) => row['sort'] as number }]}
    />
  );
}

const KINDS = ['online', 'busy', 'dnd', 'offline'] as const;

export function Statuses() {
  const text = useText();
  const fields: Field[] = [
    NAME,
    { name: 'kind', label: 'admin.kind', kind: 'select', required: true, options: KINDS.map((kind) => ({ value: kind, label: text(`admin.kind.${kind}` as TextId) })) },
    { name: 'channels', label: 'admin.channels', kind: 'multi', hint: 'admin.channels.hint', options: [{ value: 'voice', label: text('admin.channel.voice') }] },
    { name: 'sort', label: 'admin.sort', kind: 'number' },
  ];
  return (
    <Crud noun="presence-statuses" title="admin.statuses" fields={fields} name={name} fresh={{ kind: 'busy', channels: [], sort: 10 }} breaks="admin.breaks.status"
      columns={[
        column,
        { label: 'admin.kind', show: (row) => <Badge variant="light" tt="none" color={KIND_COLOR[row['kind'] as 'online']}>{text(`admin.kind.${row['kind'] as string}` as TextId)}</Badge> },
        { label: 'admin.channels', show: (row) => ((row['channels'] as string[] | undefined)?.length ? text('admin.channel.voice') : '–') },
      ]}
    />
  );
}
