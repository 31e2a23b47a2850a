// One softphone per user: of a person's tabs one has the media, the others show what it does.
import { Alert, Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useMe, useStart } from '../api/queries';
import { Elapsed } from '../shell/elapsed';
import { useText } from '../texts';
import { wake } from './audio';
import { OFF, type PhoneState, usePhone } from './store';

const channelName = (userId: string) => `tandem.phone.${userId}`;
export const sessionLock = (userId: string) => `session:${userId}`;

type Said = { kind: 'state'; state: PhoneState } | { kind: 'who' } | { kind: 'yield' } | { kind: 'again' };

let channel: BroadcastChannel | null = null;
/** Asks the tab that has the media to give them up, if no call is on. */
export function askToYield(): void {
  channel?.postMessage({ kind: 'yield' } satisfies Said);
}
export function tryAgain(): void {
  window.dispatchEvent(new Event('tandem:phone-again'));
}

export function Softphone({ isWindow = false }: { isWindow?: boolean }) {
  const me = useMe().data;
  const start = useStart();
  const userId = me?.user?.id;
  const soft = me?.user?.phone.kind === 'soft_phone' && start.isSuccess;
  const autoAnswerSeconds = me?.user?.phone.auto_answer_seconds ?? null;
  const practice = start.data?.practice != null;
  useEffect(() => {
    if (!userId || !soft) return;
    return beOne(userId, { userId, autoAnswerSeconds, practice }, isWindow);
  }, [userId, soft, autoAnswerSeconds, practice, isWindow]);
  // This tab has a live session: a softphone window stays open for as long as one does.
  useEffect(() => {
    if (!userId || isWindow || !('locks' in navigator)) return;
    const over = new AbortController();
    void navigator.locks.request(sessionLock(userId), { mode: 'shared', signal: over.signal }, () => new Promise<void>((done) => {
      over.signal.addEventListener('abort', () => done());
    })).catch(() => undefined);
    return () => over.abort();
  }, [userId, isWindow]);
  return <Reconnecting />;
}

function beOne(userId: string, settings: { userId: string; autoAnswerSeconds: number | null; practice: boolean }, isWindow: boolean): () => void {
  const over = new AbortController();
  const mine = new BroadcastChannel(channelName(userId));
  channel = mine;
  let stop: (() => void) | null = null;
  let release: (() => void) | null = null;
  let starting = false;
  const owns = () => usePhone.getState().part === 'owner';
  const tell = () => {
    if (owns()) mine.postMessage({ kind: 'state', state: { ...usePhone.getState(), part: 'mirror' } } satisfies Said);
  };
  const begin = async () => {
    if (starting || over.signal.aborted) return;
    starting = true;
    stop?.();
    // JsSIP comes with the first softphone that is needed, not with the first page.
    const { startPhone } = await import('./engine');
    stop = over.signal.aborted ? null : await startPhone(settings);
    starting = false;
    if (over.signal.aborted) stop?.();
  };
  mine.onmessage = (event: MessageEvent<Said>) => {
    const said = event.data;
    if (said.kind === 'state' && !owns()) usePhone.setState(said.state);
    if (said.kind === 'who') tell();
    if (said.kind === 'again' && owns()) void begin();
    if (said.kind === 'yield' && owns() && usePhone.getState().call === null) {
      release?.();
      // Behind the window that asked.
      setTimeout(queue, 500);
    }
  };
  const unfollow = usePhone.subscribe(tell);
  const queue = () => {
    if (over.signal.aborted) return;
    usePhone.setState({ ...OFF, part: 'mirror' });
    mine.postMessage({ kind: 'who' } satisfies Said);
    void navigator.locks.request(`phone:${userId}`, { signal: over.signal }, async () => {
      await begin();
      await new Promise<void>((done) => {
        release = done;
        over.signal.addEventListener('abort', () => done());
      });
      stop?.();
      stop = null;
    }).catch(() => undefined);
  };
  const again = () => {
    if (owns() || !('locks' in navigator)) void begin();
    else mine.postMessage({ kind: 'again' } satisfies Said);
  };
  window.addEventListener('tandem:phone-again', again);
  if (!('locks' in navigator)) void begin();
  else {
    queue();
    if (isWindow) mine.postMessage({ kind: 'yield' } satisfies Said);
  }
  return () => {
    over.abort();
    window.removeEventListener('tandem:phone-again', again);
    unfollow();
    stop?.();
    mine.close();
    usePhone.setState(OFF);
  };
}

/** The media are away, or sound waits for a press: said above everything. */
function Reconnecting() {
  const text = useText();
  const since = usePhone((phone) => phone.reconnectingSince);
  const blocked = usePhone((phone) => phone.soundBlocked && phone.part === 'owner');
  const [woken, setWoken] = useState(false);
  useEffect(() => {
    if (!blocked) return;
    const press = () => void wake().then((awake) => awake && (usePhone.setState({ soundBlocked: false }), setWoken(true)));
    window.addEventListener('pointerdown', press);
    window.addEventListener('keydown', press);
    return () => {
      window.removeEventListener('pointerdown', press);
      window.removeEventListener('keydown', press);
    };
  }, [blocked]);
  const style = { position: 'fixed', top: 64, left: 8, right: 8, zIndex: 250, maxWidth: 560, margin: '0 auto' } as const;
  if (since !== null) {
    return (
      <Alert color="orange" variant="filled" autoContrast style={style} role="alert" title={text('phone.reconnecting')} data-testid="reconnecting">
        <Elapsed since={new Date(since).toISOString()} /> {text('phone.reconnecting_text')}
      </Alert>
    );
  }
  if (blocked && !woken) {
    return <Alert color="blue" style={style} title={text('phone.sound')}><Button size="xs" onClick={() => void wake()}>{text('phone.sound_on')}</Button></Alert>;
  }
  return null;
}
