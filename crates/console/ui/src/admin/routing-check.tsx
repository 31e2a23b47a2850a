import { Alert, Badge, Button, Group, Select, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { client, take } from '../api/client';
import { useQueues } from '../api/queries';
import { Weighing } from '../timeline/weighing';
import { type TextId, useText } from '../texts';
import { AdminNav } from './nav';

const COLOURS = { error: 'red', warning: 'orange', info: 'gray' } as const;
const PAGES = { organization: '/admin/statuses', queue: '/admin/queues', skill: '/admin/skills', user: '/admin/users', number: '/admin/numbers', call_flow: '/admin/flows', presence_status: '/admin/statuses' } as const;

/** What is wrong with how calls are routed, and who could take one right now. */
export function RoutingCheck() {
  const text = useText();
  return (
    <Stack>
      <AdminNav />
      <Title order={1} size="h3">{text('admin.routing_check')}</Title>
      <Findings />
      <WhoCould />
    </Stack>
  );
}

function Findings() {
  const text = useText();
  const check = useQuery({ queryKey: ['routing-check'], queryFn: () => take(client.GET('/v1/routing/check')), staleTime: 0 });
  const findings = check.data?.findings ?? [];
  return (
    <Stack component="section" className="panel" gap="xs" aria-labelledby="findings">
      <Group justify="space-between">
        <Title order={2} size="h5" id="findings">{text('check.findings')}</Title>
        <Button size="compact-sm" variant="default" loading={check.isFetching} onClick={() => void check.refetch()}>{text('check.again')}</Button>
      </Group>
      {check.isError && <Alert color="red" role="alert">{check.error.message}</Alert>}
      {check.isPending && <Skeleton h={120} />}
      {check.isSuccess && findings.length === 0 && <Text data-testid="sound">{text('check.sound')}</Text>}
      {findings.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label={text('check.findings')}>
          <table className="board" data-testid="findings">
            <thead><tr>{(['severity', 'where', 'what'] as const).map((column) => <th key={column} scope="col">{text(`check.${column}`)}</th>)}</tr></thead>
            <tbody>
              {findings.map((finding) => (
                <tr key={`${finding.code} ${finding.subject.id ?? ''} ${finding.text}`}>
                  <td><Badge variant="light" tt="none" color={COLOURS[finding.severity]}>{text(`check.${finding.severity}`)}</Badge></td>
                  <th scope="row" style={{ textAlign: 'left' }}><Link to={PAGES[finding.subject.type]}>{finding.subject.name}</Link> <Text span size="xs" c="dimmed">{text(`check.of.${finding.subject.type}` as TextId)}</Text></th>
                  <td style={{ whiteSpace: 'normal' }}>{finding.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Stack>
  );
}

function WhoCould() {
  const text = useText();
  const queues = useQueues().data ?? [];
  const [queue, setQueue] = useState<string | null>(null);
  const could = useQuery({
    queryKey: ['candidates', queue],
    queryFn: () => take(client.POST('/v1/routing/candidates', { body: { queue_id: queue ?? '' } })),
    enabled: queue !== null,
    refetchInterval: 5_000,
  });
  return (
    <Stack component="section" className="panel" gap="xs" aria-labelledby="who">
      <Title order={2} size="h5" id="who">{text('check.who')}</Title>
      <Text size="sm" c="dimmed">{text('check.who_text')}</Text>
      <Select maw={420} label={text('check.queue')} searchable data={queues.map((one) => ({ value: one.id, label: one.name }))} value={queue} onChange={setQueue} />
      {could.isError && <Alert color="red" role="alert">{could.error.message}</Alert>}
      {queue !== null && could.isPending && <Skeleton h={120} />}
      {could.data?.steps.map((weighed) => <Weighing key={weighed.step} weighed={weighed} last={could.data.steps.length - 1} />)}
    </Stack>
  );
}
