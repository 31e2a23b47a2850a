// Whoever does nothing for the organization's time is signed out, after a warning, and never during a call.
import { Button, Modal, Stack, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useMe } from '../api/queries';
import { signOut, useSession } from '../api/session';
import { ownConversations } from '../live/fold';
import { useLive } from '../live/store';
import { useSecond } from '../live/clock';
import { usePhone } from '../phone/store';
import { useText } from '../texts';
import { clock } from './elapsed';

/** Said so long before, but not before half of the time is over. */
const WARNING_MS = 60_000;
const NOTED_EVERY_MS = 2_000;
const key = (username: string) => `tandem.active.${username}`;

/** A press in any tab counts for all of this user's. */
function active(username: string): void {
  const now = Date.now();
  if (now - Number(localStorage.getItem(key(username)) ?? 0) > NOTED_EVERY_MS) localStorage.setItem(key(username), String(now));
}

/** In every window of the console, the softphone's too. */
export function useActivity(): void {
  const username = useSession((session) => session.username);
  useEffect(() => {
    if (username === null) return;
    const press = () => active(username);
    press();
    window.addEventListener('pointerdown', press, true);
    window.addEventListener('keydown', press, true);
    return () => {
      window.removeEventListener('pointerdown', press, true);
      window.removeEventListener('keydown', press, true);
    };
  }, [username]);
}

export function Idle() {
  const text = useText();
  const username = useSession((session) => session.username);
  const minutes = useMe().data?.session_idle_minutes;
  const me = useMe().data?.user?.id;
  const busy = useLive((live) => ownConversations(live, me).length > 0);
  const media = usePhone((phone) => phone.call !== null);
  useSecond();
  const occupied = busy || media;
  const since = username === null ? 0 : Number(localStorage.getItem(key(username)) ?? Date.now());
  const all = (minutes ?? 0) * 60_000;
  const left = since + all - Date.now();
  useEffect(() => {
    if (username === null || minutes === undefined) return;
    if (occupied) active(username);
    else if (left <= 0) void signOut('idle');
  }, [username, minutes, occupied, left <= 0, Math.floor(left / NOTED_EVERY_MS)]);
  if (username === null || minutes === undefined || occupied || left > Math.min(WARNING_MS, all / 2)) return null;
  return (
    <Modal opened onClose={() => active(username)} title={text('idle.title')} closeButtonProps={{ 'aria-label': text('idle.stay') }} data-testid="idle">
      <Stack>
        <Text role="timer">{text('idle.text', { time: clock(Math.max(0, left) / 1000) })}</Text>
        <Button data-autofocus onClick={() => active(username)}>{text('idle.stay')}</Button>
      </Stack>
    </Modal>
  );
}
