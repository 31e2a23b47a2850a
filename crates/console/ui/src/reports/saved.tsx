import { Alert, Badge, Button, Group, Modal, Skeleton, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMe, useNames } from '../api/queries';
import { type TextId, useText } from '../texts';
import { type SavedReport, removeSaved, useAudiences, useSavedReports, useTypes } from './api';
import { Allowed, ReportsNav } from './nav';
import { SavedForm } from './save';
import { ScheduleButton } from './schedules';

/** How long a removal waits for somebody to think better of it. */
const UNDO_MS = 6_000;

export function SavedReports() {
  const text = useText();
  return (
    <Stack>
      <ReportsNav />
      <div>
        <Title order={1} size="h3">{text('saved.title')}</Title>
        <Text c="dimmed" size="sm" maw={780}>{text('saved.lead')}</Text>
      </div>
      <Allowed><List /></Allowed>
    </Stack>
  );
}

function List() {
  const text = useText();
  const reports = useSavedReports();
  const queries = useQueryClient();
  const [leaving, setLeaving] = useState<Set<string>>(new Set());
  const [changing, setChanging] = useState<SavedReport | null>(null);
  if (reports.isError) return <Alert color="red" role="alert">{reports.error.message}</Alert>;
  if (!reports.data) return <Skeleton h={240} />;
  const shown = reports.data.filter((report) => !leaving.has(report.id));
  const folders = [...new Set(shown.map((report) => report.folder))].sort((a, b) => a.localeCompare(b));
  const leave = (report: SavedReport) => {
    setChanging(null);
    setLeaving((now) => new Set(now).add(report.id));
    const back = () => setLeaving((now) => new Set([...now].filter((id) => id !== report.id)));
    const timer = setTimeout(() => {
      removeSaved(report).then(() => queries.invalidateQueries({ queryKey: ['saved-reports'] })).catch((error: unknown) => notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) })).finally(back);
    }, UNDO_MS);
    const id = notifications.show({
      autoClose: UNDO_MS, withCloseButton: false, title: text('saved.gone', { name: report.name }),
      message: <Stack gap={4} align="flex-start"><Text size="sm">{text('saved.remove.hint')}</Text><Button size="compact-sm" onClick={() => { clearTimeout(timer); back(); notifications.hide(id); }}>{text('admin.undo')}</Button></Stack>,
    });
  };
  return (
    <>
      {shown.length === 0 && <Text className="panel" data-testid="saved">{text('saved.empty')}</Text>}
      {folders.map((folder) => (
        <section key={folder} className="panel scroll" tabIndex={0} aria-label={folder || text('saved.folder.top')} data-testid="saved">
          <Title order={2} size="h5" mb="xs">{folder || text('saved.folder.top')}</Title>
          <table className="board">
            <thead><tr>{(['saved.name', 'build.kind', 'saved.over', 'saved.by', 'saved.shared'] as const).map((column) => <th key={column} scope="col">{text(column)}</th>)}<th><span className="unseen">{text('saved.change')}</span></th></tr></thead>
            <tbody>{shown.filter((report) => report.folder === folder).map((report) => <Row key={report.id} report={report} change={() => setChanging(report)} />)}</tbody>
          </table>
        </section>
      ))}
      <Modal opened={changing !== null} onClose={() => setChanging(null)} title={changing?.name} closeButtonProps={{ 'aria-label': text('close') }}>
        {changing && (
          <Stack>
            <SavedForm key={changing.id} ask={changing.request} report={changing} done={() => setChanging(null)} />
            <Text size="xs" c="dimmed">{text('saved.remove.hint')}</Text>
            <Group><Button variant="subtle" color="red" onClick={() => leave(changing)}>{text('saved.remove')}</Button></Group>
          </Stack>
        )}
      </Modal>
    </>
  );
}

function Row({ report, change }: { report: SavedReport; change: () => void }) {
  const text = useText();
  const names = useNames();
  const types = useTypes();
  const audiences = useAudiences();
  const me = useMe().data?.user?.id;
  const dated = report.request.filters?.some((filter) => ['started_at', 'start_at'].includes(filter.field));
  return (
    <tr>
      <th scope="row" style={{ textAlign: 'left', fontSize: 14 }}><Link className="figure" to="/reports/build" search={{ ask: report.request, saved: report.id } as never}>{report.name}</Link></th>
      <td>{types.data?.find((type) => type.name === report.request.type)?.title ?? report.request.type}</td>
      <td>{report.request.period ? text(`reports.range.${report.request.period}` as TextId) : text(dated ? 'saved.dates_fixed' : 'reports.range.all')}</td>
      <td>{report.owner_id === me ? text('saved.by_me') : names(report.owner_id) ?? '…'}</td>
      <td>{report.shared_with.length === 0 ? <Text size="sm" c="dimmed">{text('saved.shared_nobody')}</Text> : <Group gap={4}>{report.shared_with.map((id) => <Badge key={id} size="sm" variant="light" color="gray" tt="none">{audiences.data?.find((set) => set.id === id)?.name ?? '…'}</Badge>)}</Group>}</td>
      <td><Group gap={4} wrap="nowrap"><ScheduleButton report={report} />{report.owner_id === me && <Button size="compact-sm" variant="subtle" onClick={change} aria-label={text('saved.change_one', { name: report.name })}>{text('saved.change')}</Button>}</Group></td>
    </tr>
  );
}
