import { ActionIcon, Alert, Badge, Button, Collapse, Group, NativeSelect, Progress, Stack, Text, Title, Tooltip } from '@mantine/core';
import { IconDeviceDesktop, IconExternalLink, IconHeadphones, IconMicrophone, IconVolume } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { notifications } from '@mantine/notifications';
import { client, take } from '../api/client';
import { useMe } from '../api/queries';
import { currentCall } from '../live/fold';
import { useLive } from '../live/store';
import { type TextId, useText } from '../texts';
import { allowNotices, canNotify } from '../shell/notify';
import { usePresence } from '../shell/presence';
import { beep, chooseDevices, meter, microphone, ring, useDevices, wake } from './audio';
import { tryAgain } from './softphone';
import { useLevels, usePhone } from './store';

/** The phone one has: what it is, whether it works, and what to do where it does not. */
export function PhoneCard({ inWindow = false }: { inWindow?: boolean }) {
  const text = useText();
  const phone = usePhone();
  const presence = usePresence();
  const kind = useMe().data?.user?.phone.kind;
  const [open, setOpen] = useState(false);
  if (kind === undefined) return null;
  if (kind === 'desk_phone') {
    return (
      <Stack className="panel" component="section" aria-labelledby="phone" gap="xs" data-testid="phone">
        <Group gap="xs"><IconDeviceDesktop size={18} aria-hidden /><Title order={2} size="h5" id="phone">{text('phone.desk')}</Title>
          <Badge variant="light" tt="none" color={presence?.reachable ? 'green' : 'orange'}>{text(presence?.reachable ? 'phone.registered' : 'phone.unregistered')}</Badge></Group>
        <Text size="sm">{text('phone.desk_text')}</Text>
        <Switch to="soft_phone" />
      </Stack>
    );
  }
  const state = phone.trouble ? 'trouble' : phone.part === 'mirror' ? 'elsewhere' : phone.link;
  return (
    <Stack className="panel" component="section" aria-labelledby="phone" gap="sm" data-testid="phone">
      <Group justify="space-between" wrap="nowrap">
        <Group gap="xs">
          <IconHeadphones size={18} aria-hidden /><Title order={2} size="h5" id="phone">{text('phone.soft')}</Title>
          <Badge variant="light" tt="none" color={phone.trouble ? 'red' : phone.link === 'registered' ? 'green' : 'orange'}>{text(`phone.state.${state}` as TextId)}</Badge>
        </Group>
        {!inWindow && (
          <Tooltip label={text('phone.pop_out')}>
            <ActionIcon variant="subtle" aria-label={text('phone.pop_out')} onClick={() => window.open('/console/phone', 'tandem-phone', 'popup,width=380,height=640')}><IconExternalLink size={18} /></ActionIcon>
          </Tooltip>
        )}
      </Group>
      <TroubleNote />
      {phone.synthetic && <Text size="sm" c="dimmed">{text('phone.synthetic')}</Text>}
      {phone.call && <Meters />}
      {phone.part !== 'mirror' && !phone.trouble && (
        <>
          <Button variant="subtle" size="compact-sm" h="auto" mih={28} py={4} styles={{ label: { whiteSpace: 'normal' } }} onClick={() => setOpen((now) => !now)} aria-expanded={open}>{text('phone.devices')}</Button>
          <Collapse expanded={open}>{open && <Stack gap="xs"><DeviceChoice />{!inWindow && <Switch to="desk_phone" />}</Stack>}</Collapse>
        </>
      )}
    </Stack>
  );
}

/** Which of one's phones rings; not while one of them is in use. */
function Switch({ to }: { to: 'soft_phone' | 'desk_phone' }) {
  const text = useText();
  const me = useMe();
  const inCall = useLive((live) => currentCall(live, me.data?.user?.id)) !== undefined;
  const [busy, setBusy] = useState(false);
  const change = async () => {
    setBusy(true);
    try {
      await take(client.PUT('/v1/me/phone', { body: { kind: to } }));
      await me.refetch();
    } catch (error) {
      notifications.show({ color: 'red', message: error instanceof Error ? error.message : String(error) });
    }
    setBusy(false);
  };
  return (
    <Tooltip label={text('phone.switch.in_call')} disabled={!inCall}>
      <Button size="xs" variant="default" loading={busy} aria-disabled={inCall} data-disabled={inCall || undefined} onClick={() => { if (!inCall) void change(); }} style={{ alignSelf: 'flex-start' }}>{text(`phone.switch.${to}`)}</Button>
    </Tooltip>
  );
}

export function TroubleNote() {
  const text = useText();
  const trouble = usePhone((phone) => phone.trouble);
  const detail = usePhone((phone) => phone.detail);
  const secure = usePhone((phone) => phone.secure);
  if (!trouble) return null;
  return (
    <Alert color="red" role="alert" title={text(`trouble.${trouble}.title` as TextId)} data-testid={`trouble-${trouble}`}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{trouble === 'insecure' && secure === null ? text('trouble.insecure.none') : text(`trouble.${trouble}.text` as TextId, { url: `${secure}/console/` })} {detail}</Text>
        {trouble !== 'insecure' && trouble !== 'unsupported' && <Button size="xs" onClick={tryAgain}>{text('phone.again')}</Button>}
      </Stack>
    </Alert>
  );
}

function Meters() {
  const text = useText();
  const levels = useLevels();
  return (
    <Stack gap={6}>
      <Meter icon={<IconMicrophone size={16} aria-hidden />} label={text('phone.meter.microphone')} value={levels.microphone} />
      <Meter icon={<IconVolume size={16} aria-hidden />} label={text('phone.meter.ear')} value={levels.ear} />
      {levels.unheard && <Alert color="orange" role="alert" p="xs">{text('phone.unheard')}</Alert>}
    </Stack>
  );
}

function Meter({ icon, label, value }: { icon: React.ReactNode; label: string; value: number }) {
  return (
    <Group gap="xs" wrap="nowrap">
      {icon}<Text size="xs" w={110}>{label}</Text>
      <Progress.Root size="md" style={{ flex: 1 }}><Progress.Section value={value * 100} color={value > 0.85 ? 'orange' : 'green'} aria-label={label} /></Progress.Root>
    </Group>
  );
}

const KINDS = [['microphone', 'audioinput'], ['speaker', 'audiooutput'], ['ringer', 'audiooutput']] as const;

function DeviceChoice() {
  const text = useText();
  const chosen = useDevices();
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const [level, setLevel] = useState<number | null>(null);
  const [asks, setAsks] = useState(() => canNotify() && Notification.permission === 'default');
  useEffect(() => {
    const look = () => void navigator.mediaDevices.enumerateDevices().then(setDevices);
    look();
    navigator.mediaDevices.addEventListener('devicechange', look);
    return () => navigator.mediaDevices.removeEventListener('devicechange', look);
  }, []);
  const test = async () => {
    await wake();
    const stream = await microphone().catch(() => null);
    if (!stream) return setLevel(0);
    const heard = meter(stream);
    const timer = setInterval(() => setLevel(heard.level()), 120);
    setTimeout(() => {
      clearInterval(timer);
      heard.stop();
      for (const track of stream.getTracks()) track.stop();
      setLevel(null);
    }, 6_000);
  };
  const testRing = async () => {
    await wake();
    const stop = ring();
    setTimeout(stop, 1_500);
  };
  return (
    <Stack gap="xs">
      {KINDS.map(([name, kind]) => {
        const some = devices.filter((device) => device.kind === kind && device.deviceId !== 'default');
        return (
          <NativeSelect key={name} size="sm" label={text(`phone.device.${name}` as TextId)} value={chosen[name]} onChange={(event) => chooseDevices({ [name]: event.currentTarget.value })}
            data={[{ value: '', label: text('phone.device.system') }, ...some.map((device, at) => ({ value: device.deviceId, label: device.label || `${text(`phone.device.${name}` as TextId)} ${at + 1}` }))]} />
        );
      })}
      {level !== null && <Meter icon={<IconMicrophone size={16} aria-hidden />} label={text('phone.meter.microphone')} value={level} />}
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => void test()}>{text('phone.test.microphone')}</Button>
        <Button size="xs" variant="default" onClick={() => void wake().then(() => beep(chosen.speaker))}>{text('phone.test.speaker')}</Button>
        <Button size="xs" variant="default" onClick={() => void testRing()}>{text('phone.test.ringer')}</Button>
        {asks && <Button size="xs" variant="default" onClick={() => void allowNotices().then((granted) => setAsks(!granted && Notification.permission === 'default'))}>{text('phone.notices')}</Button>}
      </Group>
    </Stack>
  );
}
