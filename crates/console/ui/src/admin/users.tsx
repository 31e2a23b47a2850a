import { Badge, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../texts';
import { Crud } from './crud';
import { type Field, type Row, isExtension } from './fields';
import { useOptions } from './rows';

export function Users() {
  const text = useText();
  const teams = useOptions('teams');
  const sets = useOptions('permission-sets');
  const skills = useOptions('skills');
  const queues = useOptions('queues');
  const configs = useOptions('presence-configs');
  const [secret, setSecret] = useState<{ username: string; password: string } | null>(null);
  const fields: Field[] = [
    { name: 'display_name', label: 'admin.display_name', kind: 'text', required: true },
    { name: 'username', label: 'signin.username', kind: 'text', required: true },
    { name: 'password', label: 'signin.password_label', kind: 'password', hint: 'admin.password.hint' },
    { name: 'email', label: 'admin.email', kind: 'text', empty: null },
    { name: 'extension', label: 'admin.extension', kind: 'text', empty: null, check: isExtension },
    { name: 'team_id', label: 'admin.team', kind: 'select', options: teams, empty: null },
    { name: 'tier', label: 'admin.tier', kind: 'number', empty: null },
    { name: 'permission_set_ids', label: 'admin.permission_sets', kind: 'multi', options: sets },
    { name: 'phone.kind', label: 'admin.phone', kind: 'select', required: true, options: [{ value: 'soft_phone', label: text('phone.soft') }, { value: 'desk_phone', label: text('phone.desk') }] },
    { name: 'phone.auto_answer_seconds', label: 'admin.auto_answer', kind: 'number', hint: 'admin.auto_answer.hint', empty: null },
    { name: 'sip.username', label: 'admin.sip_username', kind: 'text', hint: 'admin.sip.hint', clears: true },
    { name: 'sip.password', label: 'admin.sip_password', kind: 'password' },
    { name: 'presence_config_id', label: 'admin.presence_config', kind: 'select', options: configs, empty: null },
    { name: 'queues', label: 'admin.queues', kind: 'memberships', options: queues },
    { name: 'skills', label: 'admin.skills', kind: 'skills', options: skills },
  ];
  const label = (options: { value: string; label: string }[], id: unknown) => options.find((option) => option.value === id)?.label;
  const name = (row: Row) => String(row['display_name'] ?? row['username']);
  return (
    <>
      <Crud noun="users" title="admin.users" fields={fields} name={name} breaks="admin.breaks.user" fresh={{ phone: { kind: 'soft_phone', auto_answer_seconds: null }, skills: [], queues: [], permission_set_ids: [] }}
        saved={(row) => {
          const sip = row['sip'] as { username: string; password?: string | null } | null;
          if (sip?.password) setSecret({ username: sip.username, password: sip.password });
        }}
        columns={[
          { label: 'admin.display_name', show: name },
          { label: 'signin.username', show: (row) => row['username'] as string },
          { label: 'admin.extension', show: (row) => (row['extension'] as string | null) ?? '–' },
          { label: 'admin.team', show: (row) => label(teams, row['team_id']) ?? '–' },
          { label: 'admin.permission_sets', show: (row) => <Group gap={4}>{(row['permission_set_ids'] as string[]).map((id) => <Badge key={id} size="sm" variant="light" color="gray" tt="none">{label(sets, id) ?? '…'}</Badge>)}</Group> },
          { label: 'admin.phone', show: (row) => text((row['phone'] as { kind: string }).kind === 'soft_phone' ? 'phone.soft' : 'phone.desk') },
        ]}
      />
      <Modal opened={secret !== null} onClose={() => setSecret(null)} title={text('admin.sip_once')} closeButtonProps={{ 'aria-label': text('close') }}>
        <Stack><Text size="sm">{text('admin.sip_once_text')}</Text><Code block>{`${secret?.username}\n${secret?.password}`}</Code></Stack>
      </Modal>
    </>
  );
}
