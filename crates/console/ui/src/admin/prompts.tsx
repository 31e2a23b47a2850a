import { Alert, Button, FileInput, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useEffect, useState } from 'react';
import { Refused, client, take } from '../api/client';
import { useText } from '../texts';
import { Crud } from './crud';
import type { CustomProps, Field, Option, Row } from './fields';
import { useRefresh, useRows } from './rows';

const name = (row: Row) => String(row['name']);
const length = (row: Row) => `${Number(row['duration_seconds']).toFixed(1)} s`;
const WAV = { 'Content-Type': 'audio/wav' };
const asItIs = (body: unknown) => body as BodyInit;

/** What callers hear: the organization's own recordings, and those that come with the product. */
export function Prompts() {
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'language', label: 'admin.prompt.language', kind: 'text', empty: null, hint: 'admin.prompt.language.hint' },
    { name: 'id', label: 'admin.prompt.sound', kind: 'custom', input: (props) => <Sound {...props} /> },
  ];
  return (
    <Crud noun="prompts" title="admin.prompts" fields={fields} name={name} breaks="admin.breaks.prompts" adds={false} only={(row) => row['packaged'] !== true}
      columns={[
        { label: 'admin.name', show: name },
        { label: 'admin.prompt.language', show: (row) => (row['language'] as string | null) ?? '–' },
        { label: 'admin.prompt.length', show: length },
      ]}
      above={<><Upload /><Packaged /></>}
    />
  );
}

function Upload() {
  const text = useText();
  const refresh = useRefresh('prompts');
  const [file, setFile] = useState<File | null>(null);
  const [called, setCalled] = useState('');
  const [language, setLanguage] = useState('');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const choose = (next: File | null) => {
    setFile(next);
    if (next && called === '') setCalled(next.name.replace(/\.wav$/i, ''));
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!file) return;
    setBusy(true);
    setErrors({});
    setRefused(null);
    try {
      const query = { name: called, ...(language === '' ? {} : { language }) };
      await take(client.POST('/v1/prompts', { params: { query }, body: file as never, bodySerializer: asItIs, headers: WAV }));
      setFile(null);
      setCalled('');
      setLanguage('');
      await refresh();
      notifications.show({ message: text('admin.saved') });
    } catch (error) {
      const fields = error instanceof Refused ? error.fields : {};
      setErrors(fields);
      if (Object.keys(fields).length === 0) setRefused(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="panel" aria-labelledby="upload">
      <Stack gap="xs">
        <Title order={2} size="h5" id="upload">{text('admin.prompt.upload')}</Title>
        <Text size="sm" c="dimmed">{text('admin.prompt.upload.hint')}</Text>
        {refused && <Alert color="red" role="alert">{refused}</Alert>}
        <Group gap="sm" align="flex-start">
          <FileInput label={text('admin.prompt.file')} placeholder={text('admin.prompt.choose')} accept="audio/wav,.wav" value={file} onChange={choose} error={errors['audio']} style={{ flex: '2 1 200px' }} data-testid="prompt-file" />
          <TextInput label={text('admin.name')} autoComplete="off" value={called} onChange={(event) => setCalled(event.currentTarget.value)} error={errors['name']} style={{ flex: '2 1 160px' }} />
          <TextInput label={text('admin.prompt.language')} autoComplete="off" value={language} onChange={(event) => setLanguage(event.currentTarget.value)} error={errors['language']} style={{ flex: '1 1 100px' }} />
        </Group>
        <Group><Button type="submit" loading={busy} disabled={!file || called.trim() === ''}>{text('admin.prompt.upload')}</Button></Group>
      </Stack>
    </form>
  );
}

function Packaged() {
  const text = useText();
  const packaged = (useRows('prompts').data ?? []).filter((row) => row['packaged'] === true);
  return (
    <Stack gap={4} className="panel" component="section" aria-labelledby="packaged">
      <Title order={2} size="h5" id="packaged">{text('admin.prompt.packaged')}</Title>
      {packaged.map((row) => (
        <Group key={name(row)} gap="sm">
          <Text size="sm" style={{ flex: '1 1 120px' }}>{name(row)}</Text>
          <Text size="sm" c="dimmed">{length(row)}</Text>
          <Listen title={name(row)} fetched={() => client.GET('/v1/prompts/packaged/{name}/audio', { params: { path: { name: name(row) } }, parseAs: 'blob' })} />
        </Group>
      ))}
    </Stack>
  );
}

/** The sound is fetched when somebody wants to hear it. */
function Listen({ title, fetched }: { title: string; fetched: () => unknown }) {
  const text = useText();
  const [sound, setSound] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => () => { if (sound) URL.revokeObjectURL(sound); }, [sound]);
  const play = async () => {
    setBusy(true);
    try {
      setSound(URL.createObjectURL((await take(fetched() as never)) as Blob));
    } catch (error) {
      notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) });
    }
    setBusy(false);
  };
  if (sound) return <audio controls autoPlay src={sound} aria-label={text('admin.prompt.listen', { name: title })} data-testid="prompt-sound" style={{ maxWidth: '100%' }} />;
  return <Button size="compact-sm" variant="default" loading={busy} onClick={() => void play()} aria-label={text('admin.prompt.listen', { name: title })}>{text('voicemail.play')}</Button>;
}

/** Hear it, or put another sound in its place. */
function Sound({ value, label }: CustomProps) {
  const text = useText();
  const id = String(value);
  const refresh = useRefresh('prompts');
  const [replaced, setReplaced] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const row = (useRows('prompts').data ?? []).find((one) => one.id === id);
  const replace = async (file: File | null) => {
    if (!file) return;
    setError(null);
    try {
      await take(client.PUT('/v1/prompts/{id}/audio', { params: { path: { id } }, body: file as never, bodySerializer: asItIs, headers: WAV }));
      await refresh();
      setReplaced(replaced + 1);
      notifications.show({ message: text('admin.saved') });
    } catch (refused) {
      setError(refused instanceof Refused ? (refused.fields['audio'] ?? refused.message) : String(refused));
    }
  };
  return (
    <Stack gap={6} component="fieldset" style={{ border: 0, padding: 0, margin: 0 }}>
      <Text component="legend" size="sm" fw={500}>{label}</Text>
      <Listen key={replaced} title={row ? name(row) : ''} fetched={() => client.GET('/v1/prompts/{id}/audio', { params: { path: { id } }, parseAs: 'blob' })} />
      <FileInput key={`file ${replaced}`} size="xs" label={text('admin.prompt.replace')} description={text('admin.prompt.replace.hint')} placeholder={text('admin.prompt.choose')} accept="audio/wav,.wav" onChange={(file) => void replace(file)} error={error} data-testid="prompt-replace" />
    </Stack>
  );
}

/** Prompts to choose from: the uploaded ones by their ids, so that they can be renamed. */
export function usePromptOptions(): Option[] {
  return (useRows('prompts').data ?? []).map((row) => ({ value: row['packaged'] === true ? name(row) : row.id, label: name(row) }));
}

interface Choice {
  options: Option[];
  value: unknown;
  set: (prompt: string | null) => void;
  error?: string | undefined;
  /** Said where none is chosen; without it one has to be. */
  none?: string | undefined;
  size?: 'xs' | undefined;
  label?: string;
}

/** One of the prompts; what was written by hand may name an uploaded one by its name. */
export function PromptSelect({ options, value, set, error, none, size, label }: Choice) {
  const text = useText();
  const chosen = options.find((option) => option.value === value) ?? options.find((option) => option.label === value);
  return (
    <Select size={size} label={label ?? text('admin.flow.prompt')} data={options} value={chosen?.value ?? null} onChange={set} error={error} searchable={options.length > 10}
      {...(none === undefined ? { allowDeselect: false } : { placeholder: none, clearable: true, clearButtonProps: { 'aria-label': text('admin.clear') } })} />
  );
}
