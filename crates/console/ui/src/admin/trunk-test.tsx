import { Alert, Button, Group, Select, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Refused, client, take } from '../api/client';
import type { components } from '../api/schema';
import { type TextId, useText } from '../texts';
import { isE164 } from './fields';
import { AdminNav } from './nav';
import { useOptions, useRows } from './rows';

type TestCall = components['schemas']['TestCall'];
type Step = TestCall['ladder'][number];

/** A call over one trunk, and every message of it. */
export function TrunkTest() {
  const text = useText();
  const trunks = useOptions('trunks');
  const rows = useRows('trunks');
  const [chosen, setChosen] = useState<string | null>(() => new URLSearchParams(location.search).get('trunk'));
  const trunk = chosen ?? trunks[0]?.value ?? null;
  return (
    <Stack>
      <AdminNav />
      <Title order={1} size="h3">{text('trial.title')}</Title>
      <Text size="sm" c="dimmed">{text('trial.title.text')}</Text>
      {rows.isError && <Alert color="red" role="alert">{rows.error.message}</Alert>}
      {rows.isPending && <Skeleton h={160} />}
      {rows.isSuccess && trunks.length === 0 && <Text data-testid="trunks-none">{text('trial.trunks_none')}</Text>}
      {trunk !== null && trunks.length > 0 && <Trial key={trunk} trunk={trunk} trunks={trunks} choose={setChosen} />}
    </Stack>
  );
}

function Trial({ trunk, trunks, choose }: { trunk: string; trunks: { value: string; label: string }[]; choose: (trunk: string | null) => void }) {
  const text = useText();
  const queries = useQueryClient();
  const [to, setTo] = useState('');
  const [refused, setRefused] = useState<string | null>(null);
  const key = ['test-call', trunk];
  const path = { params: { path: { id: trunk } } };
  const last = useQuery({
    queryKey: key,
    queryFn: async (): Promise<TestCall | null> => {
      try {
        return await take(client.GET('/v1/trunks/{id}/test-call', path));
      } catch (error) {
        if (error instanceof Refused && error.problem.status === 404) return null;
        throw error;
      }
    },
    staleTime: 0,
    refetchInterval: (query) => (query.state.data && query.state.data.state !== 'over' ? 500 : false),
  });
  const call = last.data ?? null;
  const goes = call !== null && call.state !== 'over';
  const wrong = isE164(to);
  const start = async () => {
    setRefused(null);
    try {
      queries.setQueryData(key, await take(client.POST('/v1/trunks/{id}/test-call', { ...path, body: { to: to === '' ? null : to } })));
      await last.refetch();
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
  };
  const stop = () => void take(client.DELETE('/v1/trunks/{id}/test-call', path)).then(() => last.refetch(), (error: unknown) => setRefused(String(error)));
  return (
    <>
      <Stack className="panel" gap="sm" component="section" aria-label={text('trial.title')}>
        <Select maw={420} label={text('trial.trunk')} data={trunks} value={trunk} allowDeselect={false} onChange={choose} />
        <TextInput maw={420} type="tel" label={text('trial.number')} description={text('trial.number.hint')} value={to} error={wrong && text(wrong)} onChange={(event) => setTo(event.currentTarget.value.trim())} />
        <Group gap="xs">
          <Button disabled={goes || wrong !== null} onClick={() => void start()}>{to === '' ? text('trial.ping') : call ? text('trial.again') : text('trial.call')}</Button>
          {goes && <Button variant="default" onClick={stop}>{text('trial.hang_up')}</Button>}
        </Group>
        {refused && <Alert color="red" role="alert">{refused}</Alert>}
      </Stack>
      {last.isError && <Alert color="red" role="alert">{last.error.message}</Alert>}
      {last.isSuccess && call === null && <Text c="dimmed" data-testid="trial-none">{text('trial.none')}</Text>}
      {call && <Outcome call={call} />}
    </>
  );
}

function Outcome({ call }: { call: TestCall }) {
  const text = useText();
  const verdict = call.verdict;
  return (
    <Stack component="section" className="panel" gap="sm" aria-labelledby="ladder" data-testid="trial" data-state={call.state}>
      <div aria-live="polite">
        {verdict ? (
          <Alert color={verdict.works ? 'green' : 'red'} variant="light" title={`${verdict.status ? `${verdict.status}: ` : ''}${text(`trial.verdict.${verdict.code}` as TextId)}`} data-testid="verdict" data-code={verdict.code}>
            <Text size="sm"><Text span fw={600}>{text('trial.advice')}:</Text> {text(`trial.advice.${verdict.code}` as TextId)}</Text>
          </Alert>
        ) : <Text fw={600}>{text(`trial.state.${call.state}` as TextId)}</Text>}
      </div>
      <Title order={2} size="h5" id="ladder">{text('trial.ladder')}</Title>
      <Group align="flex-start" gap="lg" wrap="wrap">
        <Ladder steps={call.ladder} />
        <div className="scroll" tabIndex={0} role="region" aria-label={text('trial.ladder')} style={{ flex: '1 1 280px', minWidth: 0 }}>
          <table className="board" data-testid="ladder">
            <thead><tr><th scope="col">{text('trial.at')}</th><th scope="col">{text('trial.message')}</th></tr></thead>
            <tbody>
              {call.ladder.map((step, index) => (
                <tr key={index}>
                  <td className="numbers">{(step.at_ms / 1000).toFixed(3)} s</td>
                  <td>
                    <Text size="sm" fw={600}>{step.label} <Text span size="xs" fw={400} c="dimmed">{text(step.direction === 'sent' ? 'trial.sent' : 'trial.received')}, {step.transport.toUpperCase()} {step.remote}</Text></Text>
                    <details>
                      <summary style={{ fontSize: 12, cursor: 'pointer' }}>{text('trial.raw')}</summary>
                      <pre className="scroll" tabIndex={0} style={{ fontSize: 12, margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{step.raw}</pre>
                    </details>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Group>
      <Text size="xs" c="dimmed">{text('trial.struck')}</Text>
    </Stack>
  );
}

const WIDTH = 300;
const ROW = 30;
const [LEFT, RIGHT] = [44, 256];

/** Two lifelines and an arrow for each message; time runs downward. */
function Ladder({ steps }: { steps: Step[] }) {
  const text = useText();
  const height = 40 + steps.length * ROW;
  return (
    <svg role="img" aria-label={text('trial.ladder.label', { count: steps.length })} viewBox={`0 0 ${WIDTH} ${height}`} style={{ flex: '0 1 360px', width: '100%', maxWidth: 360, minWidth: 0 }}>
      <g fontSize={12} textAnchor="middle" fill="currentColor">
        <text x={LEFT} y={14} fontWeight={600}>{text('trial.us')}</text>
        <text x={RIGHT} y={14} fontWeight={600}>{text('trial.provider')}</text>
        {[LEFT, RIGHT].map((x) => <line key={x} x1={x} x2={x} y1={22} y2={height - 4} stroke="currentColor" strokeOpacity={0.4} />)}
        {steps.map((step, index) => {
          const y = 40 + index * ROW;
          const sent = step.direction === 'sent';
          const [from, to] = sent ? [LEFT, RIGHT] : [RIGHT, LEFT];
          const tip = sent ? -7 : 7;
          return (
            <g key={index}>
              <text x={WIDTH / 2} y={y - 4}>{step.label.length > 30 ? `${step.label.slice(0, 29)}…` : step.label}</text>
              <line x1={from} x2={to} y1={y} y2={y} stroke="currentColor" strokeWidth={1.5} strokeDasharray={step.status !== null && step.status !== undefined && step.status < 200 ? '4 3' : undefined} />
              <path d={`M${to} ${y} l${tip} -4 v8 z`} fill="currentColor" />
            </g>
          );
        })}
      </g>
    </svg>
  );
}
