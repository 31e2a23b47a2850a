import { Alert, Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useMay } from '../api/queries';
import { useText } from '../texts';
import { type Ask, FORMATS, type Format, file } from './api';

/** The same rows as a file; while it is written it can be given up. */
export function ExportMenu({ ask }: { ask: Ask }) {
  const text = useText();
  const may = useMay('export_reports');
  const running = useRef<AbortController | null>(null);
  const [format, setFormat] = useState<Format | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  if (!may) return null;
  const save = async (wanted: Format) => {
    const stop = new AbortController();
    running.current = stop;
    setRefused(null);
    setFormat(wanted);
    try {
      download(await file(ask, wanted, stop.signal), `${ask.type}.${wanted}`);
    } catch (error) {
      if (!stop.signal.aborted) setRefused(error instanceof Error ? error.message : String(error));
    } finally {
      setFormat(null);
    }
  };
  if (format) return <Button size="compact-sm" variant="default" onClick={() => running.current?.abort()}>{text('reports.export.stop', { format: format.toUpperCase() })}</Button>;
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
