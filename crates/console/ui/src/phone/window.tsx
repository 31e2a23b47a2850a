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
import { type Closing, closesWithTheLastTab } from './closing';
import { DialPad } from './dialer';
import { Softphone, sessionLock } from './softphone';
import { usePhone } from './store';

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

function useClosing(userId: string | undefined): Closing {
  const [closing, setClosing] = useState<Closing>('open');
  useEffect(() => {
    if (!userId || !('locks' in navigator)) return;
    const over = new AbortController();
    const name = sessionLock(userId);
    void closesWithTheLastTab({
      // Granted when no tab has its own any more; let go at once, so that a new tab gets one.
      lastTabGone: (signal) => navigator.locks.request(name, { mode: 'exclusive', signal }, () => undefined),
      someTab: async () => {
        // One look at both: a lock moves from the one list to the other.
        const { held = [], pending = [] } = await navigator.locks.query();
        return [...held, ...pending].some((lock) => lock.name === name && lock.mode === 'shared');
      },
      inCall: () => usePhone.getState().call !== null,
      show: setClosing,
      close: () => window.close(),
      now: () => performance.now(),
    }, over.signal).catch(() => undefined);
    return () => over.abort();
  }, [userId]);
  return closing;
}
