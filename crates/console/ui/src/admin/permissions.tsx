import { Alert, Badge, Button, Checkbox, Drawer, Group, List, MultiSelect, Select, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Refused } from '../api/client';
import type { Permission } from '../api/types';
import { type TextId, useText } from '../texts';
import type { Body, Row } from './fields';
import { AdminNav } from './nav';
import { create, remove, update, useOptions, useRefresh, useRows } from './rows';
import { Uses } from './uses';
import { type PermissionSet, why } from './why';

const GROUPS: Record<string, Permission[]> = {
  calls: ['take_calls', 'place_calls', 'place_external_calls', 'consult', 'transfer', 'add_participants', 'park', 'record_control'],
  coaching: ['monitor', 'whisper', 'barge', 'take_over'],
  floor: ['view_live', 'view_full_numbers', 'set_presence_of_others', 'manage_waiting'],
  reports: ['view_reports', 'export_reports', 'play_recordings'],
  setup: ['manage_users', 'grant_permission_sets', 'manage_routing', 'manage_flows', 'manage_trunks', 'manage_settings', 'manage_recording', 'manage_webhooks', 'view_audit', 'import_history'],
};

/** Who may do what: permissions down, sets across; nothing is granted until somebody ticks it. */
export function PermissionSets() {
  const text = useText();
  const sets = useRows('permission-sets');
  const refresh = useRefresh('permission-sets');
  const queries = useQueryClient();
  const [open, setOpen] = useState<string | null>(null);
  const columns = (sets.data ?? []) as unknown as (PermissionSet & Row & { built_in?: boolean })[];
  const toggle = async (set: Row & PermissionSet, permission: Permission, on: boolean) => {
    const grants = on ? [...set.grants, permission] : set.grants.filter((one) => one !== permission);
    // Shown at once; what the server refuses goes back.
    queries.setQueryData<Row[]>(['rows', 'permission-sets'], (rows) => rows?.map((row) => (row.id === set.id ? { ...row, grants } : row)));
    try {
      await update('permission-sets', set, { grants });
    } catch (error) {
      notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) });
    }
    await refresh();
  };
  const chosen = columns.find((set) => set.id === open);
  return (
    <Stack>
      <AdminNav />
      <Group justify="space-between"><Title order={1} size="h3">{text('admin.permission_sets')}</Title><Button onClick={() => setOpen('new')}>{text('admin.add')}</Button></Group>
      <Why />
      {sets.isError && <Alert color="red" role="alert">{sets.error.message}</Alert>}
      {sets.isPending && <Skeleton h={300} />}
      {sets.isSuccess && (
        <div className="panel scroll" tabIndex={0} role="region" aria-label={text('admin.matrix')}>
          <table className="board" data-testid="matrix">
            <thead>
              <tr>
                <th scope="col">{text('admin.permission')}</th>
                {columns.map((set) => (
                  <th key={set.id} scope="col">
                    {set.name} {set.built_in ? <Badge size="xs" variant="light" color="gray" tt="none">{text('admin.built_in')}</Badge> : <Button size="compact-xs" variant="subtle" onClick={() => setOpen(set.id)} aria-label={text('admin.edit_one', { name: set.name })}>{text('admin.edit')}</Button>}
                  </th>
                ))}
              </tr>
            </thead>
            {Object.entries(GROUPS).map(([group, permissions]) => (
              <tbody key={group}>
                <tr><th scope="rowgroup" colSpan={columns.length + 1}>{text(`admin.group.${group}` as TextId)}</th></tr>
                {permissions.map((permission) => (
                  <tr key={permission}>
                    <th scope="row" style={{ fontWeight: 400, fontSize: 14, color: 'inherit' }}>{text(`permission.${permission}` as TextId)}</th>
                    {columns.map((set) => (
                      <td key={set.id}>
                        <Checkbox size="xs" checked={set.grants.includes(permission)} disabled={set.built_in ?? false} aria-label={`${set.name}: ${text(`permission.${permission}` as TextId)}`}
                          onChange={(event) => void toggle(set, permission, event.currentTarget.checked)} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
      <Drawer opened={open !== null} onClose={() => setOpen(null)} position="right" title={chosen?.name ?? text('admin.new')} closeButtonProps={{ 'aria-label': text('close') }}>
        {open !== null && <SetForm key={open} set={chosen} done={() => { setOpen(null); void refresh(); }} />}
      </Drawer>
    </Stack>
  );
}

/** The set's name, and where it holds. */
function SetForm({ set, done }: { set: (Row & PermissionSet) | undefined; done: () => void }) {
  const text = useText();
  const teams = useOptions('teams');
  const queues = useOptions('queues');
  const [name, setName] = useState(set?.name ?? '');
  const [scope, setScope] = useState(set?.scope ?? { teams: 'all' as const, queues: 'all' as const });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [refused, setRefused] = useState<string | null>(null);
  const run = async (what: () => Promise<unknown>) => {
    setErrors({});
    setRefused(null);
    try {
      await what();
      done();
    } catch (error) {
      if (error instanceof Refused) setErrors(error.fields);
      setRefused(error instanceof Error ? error.message : String(error));
    }
  };
  const body: Body = { name, scope, ...(set ? {} : { grants: [] }) };
  const reach = (what: 'teams' | 'queues', options: { value: string; label: string }[]) => (
    <Stack gap={4}>
      <Checkbox label={text(`admin.scope.${what}_all`)} checked={scope[what] === 'all'} onChange={(event) => setScope({ ...scope, [what]: event.currentTarget.checked ? 'all' : [] })} />
      {scope[what] !== 'all' && <MultiSelect label={text(`admin.scope.${what}`)} data={options} value={scope[what] as string[]} onChange={(value) => setScope({ ...scope, [what]: value })} />}
    </Stack>
  );
  return (
    <Stack>
      {refused && <Alert color="red" role="alert">{refused}</Alert>}
      <TextInput label={text('admin.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} error={errors['name']} required />
      <Text size="sm" c="dimmed">{text('admin.scope.hint')}</Text>
      {reach('teams', teams)}
      {reach('queues', queues)}
      <Group><Button disabled={name.trim() === ''} onClick={() => void run(() => (set ? update('permission-sets', set, body) : create('permission-sets', body)))}>{text('admin.save')}</Button></Group>
      {set && <Stack gap={4}><Text size="sm" c="dimmed">{text('admin.breaks.set')}</Text><Uses noun="permission-sets" id={set.id} /><Group><Button variant="subtle" color="red" onClick={() => void run(() => remove('permission-sets', set.id))}>{text('admin.remove')}</Button></Group></Stack>}
    </Stack>
  );
}

/** "Why can (not) Ana barge?" */
function Why() {
  const text = useText();
  const users = useRows('users');
  const sets = useRows('permission-sets');
  const queues = useOptions('queues');
  const [who, setWho] = useState<string | null>(null);
  const [permission, setPermission] = useState<Permission>('barge');
  const [agent, setAgent] = useState<string | null>(null);
  const [queue, setQueue] = useState<string | null>(null);
  const people = (users.data ?? []).map((row) => ({ value: row.id, label: String(row['display_name']) }));
  const person = users.data?.find((row) => row.id === who);
  const ids = (person?.['permission_set_ids'] as string[] | undefined) ?? [];
  const held = ((sets.data ?? []) as unknown as PermissionSet[]).filter((set) => ids.includes(set.id));
  const team = (users.data?.find((row) => row.id === agent)?.['team_id'] as string | null | undefined) ?? null;
  const verdict = person ? why(held, permission, { team, queue }) : null;
  return (
    <Stack className="panel" component="section" aria-labelledby="why" gap="sm" data-testid="why">
      <Title order={2} size="h5" id="why">{text('why.title')}</Title>
      <Group align="flex-end" gap="sm">
        <Select label={text('why.who')} data={people} value={who} onChange={setWho} searchable />
        <Select label={text('why.what')} data={Object.values(GROUPS).flat().map((one) => ({ value: one, label: text(`permission.${one}` as TextId) }))} value={permission} onChange={(value) => setPermission((value ?? 'barge') as Permission)} searchable allowDeselect={false} />
        <Select label={text('why.agent')} data={people} value={agent} onChange={setAgent} searchable clearable clearButtonProps={{ 'aria-label': text('admin.clear') }} />
        <Select label={text('board.queue')} data={queues} value={queue} onChange={setQueue} clearable clearButtonProps={{ 'aria-label': text('admin.clear') }} />
      </Group>
      {verdict && (
        <Alert color={verdict.allowed ? 'green' : 'orange'} title={text(verdict.allowed ? 'why.yes' : 'why.no', { name: String(person?.['display_name']) })} role="status">
          <List size="sm">
            {verdict.lines.length === 0 && <List.Item>{text('why.no_sets')}</List.Item>}
            {verdict.lines.map((line) => <List.Item key={line.set}>{text(`why.${line.reason}`, { set: line.set })}</List.Item>)}
          </List>
        </Alert>
      )}
    </Stack>
  );
}
