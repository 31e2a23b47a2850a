import { Alert, Badge, Button, Group, Modal, MultiSelect, NumberInput, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useIntl } from 'react-intl';
import { Refused } from '../api/client';
import { useMay } from '../api/queries';
import { type TextId, useText } from '../texts';
import { type Destination, FORMATS, type Format, type SavedReport, type Schedule, type Timing, addSchedule, enableSchedule, removeSchedule, runSchedule, useRuns, useSchedules, useZone } from './api';
import { moment } from './format';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const EVERY = ['day', 'week', 'month'] as const;
const KINDS = ['file', 'webhook', 'mail'] as const;
const COLOR = { delivered: 'green', failed: 'red', paused: 'orange', running: 'blue' } as const;

/** Sends a saved report at certain times, as whoever schedules it may see it then. */
export function ScheduleButton({ report }: { report: SavedReport }) {
  const text = useText();
  const may = useMay('export_reports');
  const [open, setOpen] = useState(false);
  const schedules = useSchedules(may);
  if (!may) return null;
  const own = (schedules.data ?? []).filter((one) => one.saved_report_id === report.id);
  return (
    <>
      <Button size="compact-sm" variant="subtle" leftSection={<IconClock size={14} />} onClick={() => setOpen(true)} aria-label={text('schedule.open', { name: report.name })}>
        {own.length > 0 ? text('schedule.count', { count: own.length }) : text('schedule.button')}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} size="lg" title={text('schedule.title', { name: report.name })} closeButtonProps={{ 'aria-label': text('close') }}>
        <Stack data-testid="schedules">
          {schedules.isError && <Alert color="red" role="alert">{schedules.error.message}</Alert>}
          {own.map((schedule) => <One key={schedule.id} schedule={schedule} />)}
          <Form report={report} />
        </Stack>
      </Modal>
    </>
  );
}

function useChange() {
  const queries = useQueryClient();
  const [refused, setRefused] = useState<string | null>(null);
  const act = async (doing: () => Promise<unknown>) => {
    setRefused(null);
    try {
      await doing();
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
    await queries.invalidateQueries({ predicate: (query) => ['report-schedules', 'report-runs'].includes(String(query.queryKey[0])) });
  };
  return { act, refused };
}

function One({ schedule }: { schedule: Schedule }) {
  const text = useText();
  const intl = useIntl();
  const runs = useRuns(schedule.id);
  const { act, refused } = useChange();
  const zone = schedule.timing.time_zone;
  const days = (schedule.timing.weekdays ?? []).map((day) => text(`schedule.${day}` as TextId)).join(', ');
  return (
    <section className="panel" aria-label={schedule.name}>
      <Group justify="space-between" wrap="wrap">
        <div>
          <Text fw={600} size="sm">{schedule.name}</Text>
          <Text size="sm">{text(`schedule.says.${schedule.timing.every}`, { at: schedule.timing.at, days, day: schedule.timing.day ?? 1 })} · {zone} · {schedule.format.toUpperCase()} · {text(`schedule.to.${schedule.delivery.kind}`)}</Text>
          <Text size="sm" c="dimmed">{schedule.next_run_at ? text('schedule.next', { at: moment(intl, schedule.next_run_at, zone) }) : text('schedule.stopped')}</Text>
        </div>
        <Group gap={4}>
          <Button size="compact-sm" variant="default" onClick={() => void act(() => runSchedule(schedule.id))}>{text('schedule.run')}</Button>
          <Button size="compact-sm" variant="default" onClick={() => void act(() => enableSchedule(schedule.id, !schedule.enabled))}>{text(schedule.enabled ? 'schedule.stop' : 'schedule.start')}</Button>
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => void act(() => removeSchedule(schedule.id))}>{text('schedule.remove')}</Button>
        </Group>
      </Group>
      {schedule.paused_reason && <Alert color="orange" mt="xs" p="xs">{text('schedule.paused', { reason: schedule.paused_reason })}</Alert>}
      {refused && <Alert color="red" role="alert" mt="xs" p="xs">{refused}</Alert>}
      {!!runs.data?.length && (
        <table className="board" style={{ marginTop: 8 }}>
          <caption className="unseen">{text('schedule.runs')}</caption>
          <thead><tr>{(['when', 'outcome', 'rows'] as const).map((column) => <th key={column} scope="col">{text(`schedule.${column}`)}</th>)}</tr></thead>
          <tbody>
            {runs.data.map((run) => (
              <tr key={run.id}>
                <td>{moment(intl, run.started_at, zone)}{run.by_hand && ` (${text('schedule.by_hand')})`}</td>
                <td><Badge size="sm" variant="light" tt="none" color={COLOR[run.outcome]}>{text(`schedule.outcome.${run.outcome}`)}</Badge> {run.detail}</td>
                <td>{run.rows ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Form({ report }: { report: SavedReport }) {
  const text = useText();
  const organization = useZone().data ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const queries = useQueryClient();
  const [timing, setTiming] = useState<Omit<Timing, 'time_zone'>>({ every: 'week', at: '07:00', weekdays: ['mon'], day: 1 });
  const [zone, setZone] = useState<string | null>(null);
  const [format, setFormat] = useState<Format>('xlsx');
  const [kind, setKind] = useState<Destination['kind']>('file');
  const [url, setUrl] = useState('');
  const [to, setTo] = useState<string[]>([]);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [refused, setRefused] = useState<string | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const delivery: Destination = kind === 'webhook' ? { kind, url } : kind === 'mail' ? { kind, to } : { kind };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setErrors({});
    setRefused(null);
    setSecret(null);
    const { every, at, weekdays, day } = timing;
    const when: Timing = { every, at, time_zone: zone ?? organization, ...(every === 'week' ? { weekdays: weekdays ?? [] } : {}), ...(every === 'month' ? { day: day ?? 1 } : {}) };
    try {
      const made = await addSchedule({ name: report.name, saved_report_id: report.id, timing: when, format, delivery });
      setSecret(made.secret ?? null);
      await queries.invalidateQueries({ queryKey: ['report-schedules'] });
    } catch (error) {
      if (error instanceof Refused) setErrors(error.fields);
      setRefused(error instanceof Error ? error.message : String(error));
    }
  };
  const choose = <T extends string>(values: readonly T[], prefix: string) => values.map((value) => ({ value, label: text(`${prefix}.${value}` as TextId) }));
  return (
    <form onSubmit={(event) => void save(event)} noValidate>
      <Stack gap="sm">
        <Text fw={600} size="sm">{text('schedule.new')}</Text>
        {refused && <Alert color="red" role="alert" p="xs">{refused}</Alert>}
        {secret && <Alert color="blue" role="status" p="xs">{text('schedule.secret')} <code>{secret}</code></Alert>}
        <Group grow align="flex-start">
          <Select label={text('schedule.every')} data={choose(EVERY, 'schedule.every')} value={timing.every} allowDeselect={false} onChange={(every) => every && setTiming({ ...timing, every: every as Timing['every'] })} />
          <TextInput label={text('schedule.at')} placeholder="07:00" value={timing.at} error={errors['timing.at']} onChange={(event) => setTiming({ ...timing, at: event.currentTarget.value })} />
          <TextInput label={text('schedule.zone')} value={zone ?? organization} error={errors['timing.time_zone']} onChange={(event) => setZone(event.currentTarget.value)} />
        </Group>
        {timing.every === 'week' && <MultiSelect label={text('schedule.weekdays')} data={choose(WEEKDAYS, 'schedule')} value={timing.weekdays ?? []} error={errors['timing.weekdays']} onChange={(weekdays) => setTiming({ ...timing, weekdays })} />}
        {timing.every === 'month' && <NumberInput label={text('schedule.day')} description={text('schedule.day.hint')} min={1} max={31} value={timing.day ?? 1} error={errors['timing.day']} onChange={(day) => setTiming({ ...timing, day: Number(day) })} />}
        <Group grow align="flex-start">
          <Select label={text('schedule.format')} data={FORMATS.map((value) => ({ value, label: value.toUpperCase() }))} value={format} allowDeselect={false} onChange={(value) => value && setFormat(value as Format)} />
          <Select label={text('schedule.where')} data={choose(KINDS, 'schedule.to')} value={kind} allowDeselect={false} error={errors['delivery.kind']} onChange={(value) => value && setKind(value as Destination['kind'])} />
        </Group>
        {kind === 'webhook' && <TextInput label={text('schedule.url')} placeholder="https://" value={url} error={errors['delivery.url']} onChange={(event) => setUrl(event.currentTarget.value)} />}
        {kind === 'mail' && <TagsInput label={text('schedule.mail')} description={text('schedule.mail.hint')} value={to} error={errors['delivery.to']} onChange={setTo} />}
        <Group><Button type="submit">{text('schedule.add')}</Button></Group>
        <Text size="xs" c="dimmed">{text('schedule.as_owner')}</Text>
      </Stack>
    </form>
  );
}
