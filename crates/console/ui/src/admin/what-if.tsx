import { Alert, Button, Group, MultiSelect, NumberInput, Progress, Select, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, take } from '../api/client';
import type { components } from '../api/schema';
import { type TextId, useText } from '../texts';
import { AdminNav } from './nav';
import { useOptions } from './rows';
import { Compared } from './what-if-result';

type Simulation = components['schemas']['Simulation'];
type Wish = components['schemas']['NewSimulation'];
interface SkillRow { user: string; skill: string; level: number }

const LIST = ['simulations'];
const PERCENT = { min: 0, max: 1000, step: 10, w: 130 };

function useSimulations() {
  return useQuery({
    queryKey: LIST,
    queryFn: async () => (await take(client.GET('/v1/simulations'))).items,
    staleTime: 0,
    refetchInterval: (query) => ((query.state.data ?? []).some(goes) ? 700 : false),
  });
}

const goes = (one: Simulation) => one.state === 'waiting' || one.state === 'running';

/** Past days, played again with other people, skills or loads. */
export function WhatIf() {
  const text = useText();
  const simulations = useSimulations();
  const [shown, setShown] = useState<string | null>(null);
  const items = simulations.data ?? [];
  const one = items.find((item) => item.id === shown) ?? items.find((item) => item.result);
  return (
    <Stack>
      <AdminNav />
      <Title order={1} size="h3">{text('whatif.title')}</Title>
      <Text size="sm" c="dimmed">{text('whatif.title.text')}</Text>
      <Form started={(id) => { setShown(id); void simulations.refetch(); }} />
      {simulations.isError && <Alert color="red" role="alert">{simulations.error.message}</Alert>}
      {simulations.isPending && <Skeleton h={120} />}
      {simulations.isSuccess && items.length === 0 && <Text c="dimmed" data-testid="whatif-none">{text('whatif.none')}</Text>}
      {items.length > 0 && <Past items={items} shown={one?.id} show={setShown} />}
      {one?.result && <Compared key={one.id} simulation={one} result={one.result} />}
    </Stack>
  );
}

function Form({ started }: { started: (id: string) => void }) {
  const text = useText();
  const queues = useOptions('queues');
  const [name, setName] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [opens, setOpens] = useState('');
  const [closes, setCloses] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const [staffing, setStaffing] = useState<'presence' | 'everybody'>('presence');
  const [arrivals, setArrivals] = useState<number | string>(100);
  const [handle, setHandle] = useState<number | string>(100);
  const [replications, setReplications] = useState('50');
  const [agents, setAgents] = useState<Record<string, number>>({});
  const [skills, setSkills] = useState<SkillRow[]>([]);
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const listed = queues.filter((queue) => chosen.length === 0 || chosen.includes(queue.value));
  const factor = (percent: number | string) => (Number(percent) === 100 || percent === '' ? null : Number(percent) / 100);
  const start = async () => {
    setBusy(true);
    setRefused(null);
    const body: Wish = {
      name: name.trim() || null,
      from: from || null, to: to || null, opens: opens || null, closes: closes || null,
      queue_ids: chosen, staffing, replications: Number(replications),
      changes: {
        arrival_factor: factor(arrivals), handle_factor: factor(handle),
        queues: listed.filter((queue) => agents[queue.value]).map((queue) => ({ queue_id: queue.value, agents: agents[queue.value] ?? 0 })),
        skills: skills.map((row) => ({ user_id: row.user, skill_id: row.skill, level: row.level })),
      },
    };
    try {
      started((await take(client.POST('/v1/simulations', { body }))).id);
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); void start(); }} className="panel">
      <Stack gap="sm">
        <Group gap="sm" align="flex-end">
          <TextInput label={text('whatif.name')} value={name} maxLength={120} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput type="date" label={text('whatif.from')} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput type="date" label={text('whatif.to')} description={text('whatif.to.hint')} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
          <TextInput type="time" label={text('whatif.opens')} description={text('whatif.opens.hint')} value={opens} onChange={(event) => setOpens(event.currentTarget.value)} />
          <TextInput type="time" label={text('whatif.closes')} description={text('whatif.closes.hint')} value={closes} onChange={(event) => setCloses(event.currentTarget.value)} />
        </Group>
        <MultiSelect label={text('whatif.queues')} description={text('whatif.queues.hint')} data={queues} value={chosen} onChange={setChosen} searchable clearable />
        <Group gap="sm" align="flex-end">
          <Select label={text('whatif.staffing')} allowDeselect={false} value={staffing} onChange={(value) => setStaffing(value === 'everybody' ? 'everybody' : 'presence')}
            data={(['presence', 'everybody'] as const).map((value) => ({ value, label: text(`whatif.${value}`) }))} />
          <NumberInput {...PERCENT} label={text('whatif.arrivals')} description={text('whatif.arrivals.hint')} value={arrivals} onChange={setArrivals} />
          <NumberInput {...PERCENT} min={10} label={text('whatif.handle')} description={text('whatif.handle.hint')} value={handle} onChange={setHandle} />
          <Select label={text('whatif.replications')} description={text('whatif.replications.hint')} w={150} allowDeselect={false} value={replications} onChange={(value) => setReplications(value ?? '50')} data={['10', '50', '200', '500']} />
        </Group>
        <Group gap="sm" align="flex-end">
          {listed.map((queue) => (
            <NumberInput key={queue.value} w={190} min={-500} max={500} label={text('whatif.agents_more', { queue: queue.label })} value={agents[queue.value] ?? 0}
              onChange={(value) => setAgents((now) => ({ ...now, [queue.value]: Number(value) || 0 }))} />
          ))}
        </Group>
        <Skills rows={skills} change={setSkills} />
        {refused && <Alert color="red" role="alert">{refused}</Alert>}
        <Group><Button type="submit" loading={busy}>{text('whatif.start')}</Button></Group>
      </Stack>
    </form>
  );
}

function Skills({ rows, change }: { rows: SkillRow[]; change: (rows: SkillRow[]) => void }) {
  const text = useText();
  const users = useOptions('users', 'display_name');
  const skills = useOptions('skills');
  const [user, setUser] = useState<string | null>(null);
  const [skill, setSkill] = useState<string | null>(null);
  const [level, setLevel] = useState<number | string>(5);
  const name = (options: { value: string; label: string }[], id: string) => options.find((option) => option.value === id)?.label ?? id;
  if (skills.length === 0) return null;
  return (
    <Stack gap={4} component="fieldset" style={{ border: 0, padding: 0, margin: 0 }}>
      <Text component="legend" size="sm" fw={500} p={0}>{text('whatif.skills')}</Text>
      {rows.map((row) => (
        <Group key={`${row.user} ${row.skill}`} gap="xs">
          <Text size="sm">{name(users, row.user)}: {name(skills, row.skill)} {row.level}</Text>
          <Button size="compact-xs" variant="subtle" aria-label={text('whatif.remove_skill', { user: name(users, row.user), skill: name(skills, row.skill) })} onClick={() => change(rows.filter((one) => one !== row))}>×</Button>
        </Group>
      ))}
      <Group gap="sm" align="flex-end">
        <Select label={text('whatif.user')} searchable data={users} value={user} onChange={setUser} />
        <Select label={text('whatif.skill')} searchable data={skills} value={skill} onChange={setSkill} />
        <NumberInput w={110} min={0} max={10} label={text('whatif.level')} description={text('whatif.level.hint')} value={level} onChange={setLevel} />
        <Button variant="default" disabled={!user || !skill} onClick={() => user && skill && change([...rows.filter((one) => one.user !== user || one.skill !== skill), { user, skill, level: Number(level) || 0 }])}>{text('whatif.add_skill')}</Button>
      </Group>
    </Stack>
  );
}

function Past({ items, shown, show }: { items: Simulation[]; shown: string | undefined; show: (id: string) => void }) {
  const text = useText();
  const queries = useQueryClient();
  const remove = async (id: string) => {
    // What is gone already is gone.
    await take(client.DELETE('/v1/simulations/{id}', { params: { path: { id } } })).catch(() => undefined);
    await queries.invalidateQueries({ queryKey: LIST });
  };
  return (
    <Stack component="section" className="panel" gap="xs" aria-labelledby="past">
      <Title order={2} size="h5" id="past">{text('whatif.past')}</Title>
      <div className="scroll" tabIndex={0} role="region" aria-label={text('whatif.past')}>
        <table className="board" data-testid="simulations">
          <thead><tr><th scope="col">{text('whatif.name')}</th><th scope="col">{text('whatif.state')}</th><th><span className="unseen">{text('admin.edit')}</span></th></tr></thead>
          <tbody>
            {items.map((one) => (
              <tr key={one.id} data-state={one.state} aria-current={one.id === shown}>
                <td>{one.name}</td>
                <td style={{ minWidth: 140 }}>
                  <Text size="sm">{text(`whatif.state.${one.state}` as TextId)}</Text>
                  {goes(one) && <Progress value={one.progress * 100} aria-label={text('whatif.progress', { name: one.name })} />}
                </td>
                <td>
                  <Group gap={4} wrap="nowrap">
                    {one.result && <Button size="compact-sm" variant={one.id === shown ? 'light' : 'subtle'} aria-label={text('whatif.show', { name: one.name })} onClick={() => show(one.id)}>{text('whatif.show_short')}</Button>}
                    <Button size="compact-sm" variant="subtle" color="red" onClick={() => void remove(one.id)}>{text(goes(one) ? 'whatif.cancel' : 'whatif.forget')}</Button>
                  </Group>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Text size="xs" c="dimmed">{text('whatif.past.text')}</Text>
    </Stack>
  );
}
