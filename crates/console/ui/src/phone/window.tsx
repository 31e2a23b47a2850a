import { Alert, Button, Center, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useMe } from '../api/queries';
import { usePresence, PresenceMenu } from '../shell/presence';
import { RefusedNote } from '../call/refused';
import { Incoming } from '../desk/incoming';
import { CallCard } from '../desk/call';
import { Prompts } from '../desk/prompts';
import { currentCall } from '../live/fold';
import { useLive } from '../live/store';
import { useText } from '../texts';
import { PhoneCard } from './card';
import { DialPad } from './dialer';
import { Softphone, sessionLock } from './softphone';
import { usePhone } from './store';

/** A plain reload of the last tab must not flash the warning. */
const FIRST_LOOK_MS = 400;
const CLOSES_AFTER_MS = 5_000;
/** Word for word. */
const WARNING = 'Window will be closed soon, since there is no active session';

/** The softphone in a window of its own; it ends with the last tab of the console, but never under a call. */
export function PhoneWindow() {
  const text = useText();
  const me = useMe().data?.user?.id;
  const presence = usePresence();
  const call = useLive((live) => currentCall(live, me));
  const closing = useClosing(me);
  if (closing === 'closed') {
    return <Center mih="100vh" p="md"><Stack align="center"><Title order={1} size="h3">{text('window.over')}</Title><Button component="a" href="/console/">{text('window.open')}</Button></Stack></Center>;
  }
  return (
    <Stack p="sm" component="main" gap="sm" mih="100vh">
      <h1 className="unseen">{text('phone.soft')}</h1>
      {closing === 'warning' && <Alert color="orange" role="alert" data-testid="closing">{WARNING}</Alert>}
      {closing === 'call' && <Alert color="orange" role="alert">{text('window.call')}</Alert>}
      {presence && <PresenceMenu />}
      <RefusedNote isWindow />
      {call && <CallCard call={call} />}
      <Prompts />
      <PhoneCard inWindow />
      <div className="panel"><DialPad /></div>
      <Text size="xs" c="dimmed">{text('window.hint')}</Text>
      <Softphone isWindow />
      <Incoming />
    </Stack>
  );
}

type Closing = 'open' | 'warning' | 'call' | 'closed';

function useClosing(userId: string | undefined): Closing {
  const [closing, setClosing] = useState<Closing>('open');
  useEffect(() => {
    if (!userId || !('locks' in navigator)) return;
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = (ms: number, run: () => void) => { timer = setTimeout(run, ms); };
    const someTab = async () => {
      const held = (await navigator.locks.query()).held ?? [];
      const pending = (await navigator.locks.query()).pending ?? [];
      return [...held, ...pending].some((lock) => lock.name === sessionLock(userId) && lock.mode === 'shared');
    };
    const end = async () => {
      if (await someTab()) return back();
      if (usePhone.getState().call) {
        setClosing('call');
        return later(1_000, () => void end());
      }
      window.close();
      // Only windows that a page opened may close themselves.
      setClosing('closed');
    };
    const warn = async () => {
      if (await someTab()) return back();
      if (usePhone.getState().call) {
        setClosing('call');
        return later(1_000, () => void warn());
      }
      setClosing('warning');
      later(CLOSES_AFTER_MS, () => void end());
      const look = setInterval(() => {
        void someTab().then((there) => {
          if (there) {
            clearInterval(look);
            clearTimeout(timer);
            back();
          }
        });
      }, 100);
      over.signal.addEventListener('abort', () => clearInterval(look));
    };
    const back = () => {
      setClosing('open');
      wait();
    };
    const wait = () => {
      // Granted when the last tab with a live session is gone, also by a crash. Let go at once, so that a new tab gets its own.
      void navigator.locks.request(sessionLock(userId), { mode: 'exclusive', signal: over.signal }, () => Promise.resolve()).then(
        () => later(FIRST_LOOK_MS, () => void warn()),
        () => undefined,
      );
    };
    wait();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [userId]);
  return closing;
}
