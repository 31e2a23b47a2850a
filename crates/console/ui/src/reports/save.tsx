import { Autocomplete, Button, Group, Modal, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Refused } from '../api/client';
import { useMe } from '../api/queries';
import { useText } from '../texts';
import { type Ask, type SavedReport, changeSaved, saveReport, useAudiences, useSavedReports } from './api';

/** The report as it stands, kept under a name: as a new one, or over the one it was opened from. */
export function SaveButton({ ask, from, kept }: { ask: Ask; from?: SavedReport | undefined; kept?: (report: SavedReport) => void }) {
  const text = useText();
  const me = useMe().data?.user?.id;
  const [open, setOpen] = useState(false);
  const over = from && from.owner_id === me ? from : undefined;
  return (
    <>
      <Button size="compact-sm" variant="default" leftSection={<IconDeviceFloppy size={14} />} onClick={() => setOpen(true)}>{text('saved.save')}</Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={text('saved.save')} closeButtonProps={{ 'aria-label': text('close') }}>
        {open && <SavedForm ask={ask} report={over} copied={from} done={(report) => { setOpen(false); kept?.(report); }} />}
      </Modal>
    </>
  );
}

interface FormProps {
  ask: Ask;
  /** The one that is changed; without it a new one is made. */
  report?: SavedReport | undefined;
  copied?: SavedReport | undefined;
  done: (report: SavedReport) => void;
}

/** Name, folder, and whom it is shared with. */
export function SavedForm({ ask, report, copied, done }: FormProps) {
  const text = useText();
  const queries = useQueryClient();
  const audiences = useAudiences();
  const folders = useSavedReports().data?.map((one) => one.folder).filter((folder) => folder !== '') ?? [];
  const [name, setName] = useState(report?.name ?? copied?.name ?? '');
  const [folder, setFolder] = useState(report?.folder ?? copied?.folder ?? '');
  const [shared, setShared] = useState<string[]>(report?.shared_with ?? []);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (over: SavedReport | undefined) => {
    setBusy(true);
    setErrors({});
    setRefused(null);
    const body = { name, folder, shared_with: shared, request: ask };
    try {
      const next = over ? await changeSaved(over, body) : await saveReport(body);
      await queries.invalidateQueries({ queryKey: ['saved-reports'] });
      notifications.show({ message: text('saved.saved', { name: next.name }) });
      done(next);
    } catch (error) {
      if (error instanceof Refused) setErrors(error.fields);
      setRefused(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(report);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {refused && <Text size="sm" c="red" role="alert">{refused}</Text>}
        <TextInput label={text('saved.name')} required data-autofocus value={name} error={errors['name']} onChange={(event) => setName(event.currentTarget.value)} />
        <Autocomplete label={text('saved.folder')} description={text('saved.folder.hint')} data={[...new Set(folders)]} value={folder} error={errors['folder']} onChange={setFolder} />
        <MultiSelect label={text('saved.shared')} description={text('saved.shared.hint')} searchable data={audiences.data?.map((set) => ({ value: set.id, label: set.name })) ?? []} value={shared} error={errors['shared_with']} onChange={setShared} />
        <Group>
          <Button type="submit" loading={busy} disabled={name.trim() === ''}>{text('saved.save')}</Button>
          {report && <Button variant="default" disabled={busy || name.trim() === ''} onClick={() => void save(undefined)}>{text('saved.save_as')}</Button>}
        </Group>
      </Stack>
    </form>
  );
}
