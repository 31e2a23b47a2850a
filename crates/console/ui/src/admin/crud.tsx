import { Alert, Button, Drawer, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, type ReactNode, useEffect, useMemo, useState } from 'react';
import { Refused } from '../api/client';
import { type TextId, useText } from '../texts';
import { AdminNav } from './nav';
import { type Body, type Field, type Row, at, changes } from './fields';
import { FormButtons, Inputs } from './form';
import { type Noun, create, remove, update, useRefresh, useRows } from './rows';
import { Uses } from './uses';

/** How long a deletion waits for somebody to think better of it. */
const UNDO_MS = 6_000;

interface Props {
  noun: Noun;
  title: TextId;
  fields: Field[];
  /** What a new one begins with. */
  fresh?: Body;
  /** The columns of the list. */
  columns: { label: TextId; show: (row: Row) => ReactNode }[];
  name: (row: Row) => string;
  /** What else hangs on it: said before it is removed. */
  breaks?: TextId;
  saved?: (row: Row) => void;
  above?: ReactNode;
  /** The form needs room. */
  wide?: boolean;
  /** New ones are not made by this form. */
  adds?: false;
  /** Which of the rows are shown here. */
  only?: (row: Row) => boolean;
}

/** A list with a form: add, change, remove with a way back; what is typed outlives a reload. */
export function Crud(props: Props) {
  const { noun, title, columns, name, breaks } = props;
  const text = useText();
  const rows = useRows(noun);
  const refresh = useRefresh(noun);
  const drafts = `draft ${noun}`;
  const [open, setOpen] = useState<string | null>(() => sessionStorage.getItem(`${drafts} open`));
  const [wanted, setWanted] = useState('');
  const [leaving, setLeaving] = useState<Set<string>>(new Set());
  const edit = (id: string | null) => {
    if (id) sessionStorage.setItem(`${drafts} open`, id);
    else sessionStorage.removeItem(`${drafts} open`);
    setOpen(id);
  };
  const shown = useMemo(
    () => (rows.data ?? []).filter((row) => (props.only?.(row) ?? true) && !leaving.has(row.id) && name(row).toLowerCase().includes(wanted.toLowerCase())).sort((a, b) => name(a).localeCompare(name(b))),
    [rows.data, wanted, leaving],
  );
  const leave = (row: Row) => {
    edit(null);
    setLeaving((now) => new Set(now).add(row.id));
    const back = () => setLeaving((now) => new Set([...now].filter((id) => id !== row.id)));
    const timer = setTimeout(() => {
      remove(noun, row.id).then(refresh).catch((error: unknown) => notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) })).finally(back);
    }, UNDO_MS);
    const id = notifications.show({
      autoClose: UNDO_MS, withCloseButton: false, title: text('admin.removed', { name: name(row) }),
      message: (
        <Stack gap={4} align="flex-start">
          {breaks && <Text size="sm">{text(breaks)}</Text>}
          <Uses noun={noun} id={row.id} />
          <Button size="compact-sm" onClick={() => { clearTimeout(timer); back(); notifications.hide(id); }}>{text('admin.undo')}</Button>
        </Stack>
      ),
    });
  };
  const row = open && open !== 'new' ? rows.data?.find((one) => one.id === open) : undefined;
  return (
    <Stack>
      <AdminNav />
      <Group justify="space-between">
        <Title order={1} size="h3">{text(title)}</Title>
        <Group gap="xs">
          <TextInput size="sm" placeholder={text('admin.search')} aria-label={text('admin.search')} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
          {props.adds !== false && <Button onClick={() => edit('new')}>{text('admin.add')}</Button>}
        </Group>
      </Group>
      {props.above}
      {rows.isError && <Alert color="red" role="alert">{rows.error.message}</Alert>}
      {rows.isPending && <Skeleton h={240} />}
      {rows.isSuccess && (
        <div className="panel scroll" tabIndex={0} role="region" aria-label={text(title)}>
          {shown.length === 0 ? <Text c="dimmed">{text('admin.none')}</Text> : (
            <table className="board">
              <thead><tr>{columns.map((column) => <th key={column.label} scope="col">{text(column.label)}</th>)}<th><span className="unseen">{text('admin.edit')}</span></th></tr></thead>
              <tbody>
                {shown.map((one) => (
                  <tr key={one.id}>
                    {columns.map((column) => <td key={column.label}>{column.show(one)}</td>)}
                    <td><Button size="compact-sm" variant="subtle" onClick={() => edit(one.id)} aria-label={text('admin.edit_one', { name: name(one) })}>{text('admin.edit')}</Button></td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
      <Drawer opened={open !== null && (open === 'new' || row !== undefined)} onClose={() => edit(null)} position="right" size={props.wide ? 'xl' : 'md'} closeButtonProps={{ 'aria-label': text('close') }}
        title={row ? name(row) : text('admin.new')}>
        {open !== null && <Editor key={open} {...props} row={row} draft={`${drafts} ${open}`} done={() => edit(null)} leave={row ? () => leave(row) : undefined} />}
      </Drawer>
    </Stack>
  );
}

function Editor({ noun, fields, fresh, row, draft, done, leave, saved, breaks }: Props & { row: Row | undefined; draft: string; done: () => void; leave: (() => void) | undefined }) {
  const text = useText();
  const refresh = useRefresh(noun);
  const before: Body = row ?? fresh ?? {};
  const [body, setBody] = useState<Body>(() => {
    const kept = sessionStorage.getItem(draft);
    return kept ? { ...before, ...(JSON.parse(kept) as Body) } : before;
  });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const sent = changes(row ? before : {}, body, fields);
  const dirty = JSON.stringify(sent) !== JSON.stringify(changes(row ? before : {}, before, fields));
  useEffect(() => {
    if (!dirty) return sessionStorage.removeItem(draft);
    const secrets = fields.filter((field) => field.kind === 'password').map((field) => field.name.split('.')[0]);
    sessionStorage.setItem(draft, JSON.stringify(Object.fromEntries(Object.entries(body).filter(([key]) => !secrets.includes(key)))));
  }, [body, dirty, draft]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setErrors({});
    setRefused(null);
    try {
      const next = row ? await update(noun, row, sent) : await create(noun, sent);
      sessionStorage.removeItem(draft);
      await refresh();
      notifications.show({ message: text('admin.saved') });
      done();
      saved?.(next);
    } catch (error) {
      if (error instanceof Refused) setErrors(error.fields);
      setRefused(error instanceof Refused && error.problem.status === 412 ? text('admin.stale') : error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  const wrong = fields.some((field) => field.check && typeof at(body, field.name) === 'string' && field.check(at(body, field.name) as string) !== null);
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack>
        {refused && <Alert color="red" role="alert">{refused}</Alert>}
        <Inputs fields={fields} body={body} change={setBody} errors={errors} />
        <FormButtons busy={busy} dirty={dirty && !wrong} cancel={() => { sessionStorage.removeItem(draft); done(); }} />
        {leave && (
          <Stack gap={4} mt="md">
            {breaks && <Text size="sm" c="dimmed">{text(breaks)}</Text>}
            {row && <Uses noun={noun} id={row.id} />}
            <Group><Button variant="subtle" color="red" onClick={leave}>{text('admin.remove')}</Button></Group>
          </Stack>
        )}
      </Stack>
    </form>
  );
}
