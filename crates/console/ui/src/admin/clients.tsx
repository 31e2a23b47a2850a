import { Badge, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../texts';
import { Crud } from './crud';
import type { Field, Row } from './fields';
import { useOptions } from './rows';

/** Programs that use the API under their own name; the secret is shown once. */
export function Clients() {
  const text = useText();
  const sets = useOptions('permission-sets');
  const [secret, setSecret] = useState<{ id: string; secret: string } | null>(null);
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'permission_set_ids', label: 'admin.permission_sets', kind: 'multi', options: sets },
  ];
  const name = (row: Row) => String(row['name'] ?? '');
  return (
    <>
      <Crud noun="clients" title="admin.clients" fields={fields} name={name} fresh={{ permission_set_ids: [] }} breaks="admin.breaks.client"
        saved={(row) => { if (typeof row['secret'] === 'string') setSecret({ id: row.id, secret: row['secret'] }); }}
        columns={[
          { label: 'admin.name', show: name },
          { label: 'admin.client_id', show: (row) => <Code>{row.id}</Code> },
          { label: 'admin.permission_sets', show: (row) => <Group gap={4}>{(row['permission_set_ids'] as string[]).map((id) => <Badge key={id} size="sm" variant="light" color="gray" tt="none">{sets.find((set) => set.value === id)?.label ?? '…'}</Badge>)}</Group> },
        ]}
      />
      <Modal opened={secret !== null} onClose={() => setSecret(null)} title={text('admin.client_once')} closeButtonProps={{ 'aria-label': text('close') }}>
        <Stack>
          <Text size="sm">{text('admin.client_once_text')}</Text>
          <Code block data-testid="secret">{`client_id=${secret?.id}\nclient_secret=${secret?.secret}`}</Code>
        </Stack>
      </Modal>
    </>
  );
}
