import { Alert, Skeleton, Stack, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { Refused, client, take } from '../api/client';
import { useText } from '../texts';
import { type Body, type Field, changes } from './fields';
import { FormButtons, Inputs } from './form';
import { AdminNav } from './nav';

const DRAFT = 'draft settings';

export function SettingsPage() {
  const text = useText();
  const queries = useQueryClient();
  const settings = useQuery({ queryKey: ['settings'], queryFn: () => take(client.GET('/v1/settings')) });
  const [body, setBody] = useState<Body | null>(() => JSON.parse(sessionStorage.getItem(DRAFT) ?? 'null') as Body | null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const fields: Field[] = [
    { name: 'organization_name', label: 'settings.organization_name', kind: 'text', required: true },
    { name: 'time_zone', label: 'settings.time_zone', kind: 'select', required: true, options: Intl.supportedValuesOf('timeZone').concat('UTC').filter((zone, at, zones) => zones.indexOf(zone) === at).map((zone) => ({ value: zone, label: zone })) },
    { name: 'direct_internal_calls', label: 'settings.direct_internal_calls', kind: 'select', required: true, hint: 'settings.direct_internal_calls.hint', options: [{ value: 'ephemeral', label: text('settings.ephemeral') }, { value: 'logged', label: text('settings.logged') }] },
    { name: 'agent_hangs_up_while_ringing', label: 'settings.agent_hangs_up', kind: 'select', required: true, options: [{ value: 'complete', label: text('settings.hang_up.complete') }, { value: 'recall', label: text('settings.hang_up.recall') }] },
    { name: 'reattach_grace_seconds', label: 'settings.reattach_grace', kind: 'number' },
    { name: 'session_idle_minutes', label: 'settings.session_idle', kind: 'number' },
    { name: 'coaching_visible_to_agent.monitor', label: 'settings.visible_monitor', kind: 'switch' },
    { name: 'coaching_visible_to_agent.whisper', label: 'settings.visible_whisper', kind: 'switch' },
    { name: 'limits.concurrent_calls', label: 'settings.concurrent_calls', kind: 'number', empty: null },
    { name: 'limits.calls_per_second', label: 'settings.calls_per_second', kind: 'number', empty: null },
    { name: 'limits.per_user_external_per_hour', label: 'settings.per_user', kind: 'number', empty: null },
    { name: 'voicemail_retention_days', label: 'settings.voicemail_retention', kind: 'number', empty: null, hint: 'settings.voicemail_retention.hint' },
    { name: 'training_gap_threshold', label: 'settings.training_gap', kind: 'number' },
  ];
  const before = settings.data as unknown as Body | undefined;
  const now = body ?? before;
  const sent = before && now ? changes(before, now, fields) : {};
  const dirty = Object.keys(sent).length > 0;
  useEffect(() => {
    if (body && dirty) sessionStorage.setItem(DRAFT, JSON.stringify(body));
    else sessionStorage.removeItem(DRAFT);
  }, [body, dirty]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setErrors({});
    setRefused(null);
    try {
      await take(client.PATCH('/v1/settings', { body: sent as never }));
      await queries.invalidateQueries({ queryKey: ['settings'] });
      setBody(null);
      notifications.show({ message: text('admin.saved') });
    } catch (error) {
      if (error instanceof Refused) setErrors(error.fields);
      setRefused(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <Stack>
      <AdminNav />
      <Title order={1} size="h3">{text('admin.settings')}</Title>
      {settings.isError && <Alert color="red" role="alert">{settings.error.message}</Alert>}
      {!now && !settings.isError && <Skeleton h={400} />}
      {now && (
        <form onSubmit={(event) => void submit(event)} noValidate>
          <Stack className="panel" maw={640}>
            {refused && <Alert color="red" role="alert">{refused}</Alert>}
            <Inputs fields={fields} body={now} change={setBody} errors={errors} />
            <FormButtons always={false} busy={busy} dirty={dirty} cancel={() => { setBody(null); setErrors({}); setRefused(null); }} />
          </Stack>
        </form>
      )}
    </Stack>
  );
}
