import { Alert, Button, Menu, Progress } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useMay } from '../api/queries';
import { useText } from '../texts';
import { type Ask, FORMATS, type Format, endExport, exportFile, exportNow, startExport } from './api';

const LOOK_AGAIN_MS = 400;

/** The same rows as a file; the server writes it meanwhile, says how far it is, and can be told to stop. */
export function ExportMenu({ ask }: { ask: Ask }) {
  const text = useText();
  const may = useMay('export_reports');
  const running = useRef<{ id: string | null; stopped: boolean } | null>(null);
  const [format, setFormat] = useState<Format | null>(null);
  const [progress, setProgress] = useState(0);
  const [refused, setRefused] = useState<string | null>(null);
  const stop = () => {
    const job = running.current;
    if (!job) return;
    job.stopped = true;
    if (job.id) void endExport(job.id).catch(() => undefined);
    running.current = null;
  };
  // Whoever leaves the page wants it no more.
  useEffect(() => stop, []);
  if (!may) return null;
  const save = async (wanted: Format) => {
    const job: { id: string | null; stopped: boolean } = { id: null, stopped: false };
    running.current = job;
    setRefused(null);
    setProgress(0);
    setFormat(wanted);
    try {
      let now = await startExport(ask, wanted);
      job.id = now.id;
      if (job.stopped) await endExport(now.id);
      while (!job.stopped && (now.state === 'waiting' || now.state === 'running')) {
        setProgress(now.progress);
        await new Promise((go) => setTimeout(go, LOOK_AGAIN_MS));
        if (!job.stopped) now = await exportNow(now.id);
      }
      if (!job.stopped) {
        if (now.state !== 'done') throw new Error(now.detail ?? text('export.failed'));
        download(await exportFile(now.id), `${ask.type}.${wanted}`);
        await endExport(now.id);
      }
    } catch (error) {
      if (!job.stopped) setRefused(error instanceof Error ? error.message : String(error));
    } finally {
      if (running.current === job) running.current = null;
      setFormat(null);
    }
  };
  if (format) {
    return (
      <>
        <Progress w={96} value={Math.max(3, progress * 100)} aria-label={text('export.progress', { format: format.toUpperCase() })} />
        <Button size="compact-sm" variant="default" onClick={stop}>{text('reports.export.stop', { format: format.toUpperCase() })}</Button>
      </>
    );
  }
  return (
    <>
      <Menu>
        <Menu.Target><Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />}>{text('reports.export')}</Button></Menu.Target>
        <Menu.Dropdown>{FORMATS.map((one) => <Menu.Item key={one} onClick={() => void save(one)}>{one.toUpperCase()}</Menu.Item>)}</Menu.Dropdown>
      </Menu>
      {refused && <Alert color="red" role="alert" p="xs">{refused}</Alert>}
    </>
  );
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
