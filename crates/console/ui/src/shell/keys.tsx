import { Kbd, Modal, Stack, Switch, Table, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useMe } from '../api/queries';
import { type Conversation, refusal } from '../api/types';
import { act } from '../call/act';
import { useRinging } from '../desk/incoming';
import { currentCall, ownLeg } from '../live/fold';
import { useLive } from '../live/store';
import { type TextId, useText } from '../texts';

const KEYS = [
  ['a', 'accept'], ['x', 'decline'], ['m', 'mute'], ['h', 'hold'], ['c', 'consult'], ['s', 'swap'], ['g', 'merge'], ['t', 'complete'], ['b', 'cancel'],
  ['e', 'hang_up'], ['r', 'raise_hand'], ['d', 'dialer'], ['?', 'keys'],
] as const;
type What = (typeof KEYS)[number][1];
const OFF = 'tandem.keys.off';

function typing(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement;
  return at.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(at.tagName) || at.getAttribute('role') === 'option';
}

function press(what: What, call: Conversation | undefined, ringing: Conversation | undefined, me: string | undefined): void {
  if (what === 'dialer') window.dispatchEvent(new Event('tandem:dialer'));
  if (what === 'consult') window.dispatchEvent(new Event('tandem:consult'));
  if (ringing && (what === 'accept' || what === 'decline')) void act(ringing.id, what);
  if (!call) return;
  const leg = ownLeg(call, me);
  const held = call.legs.some((one) => one.state === 'held' && one.role === 'customer');
  const may = (action: string, name: string) => {
    if (refusal(call, name) === undefined) void act(call.id, action);
  };
  if (what === 'mute') may(leg?.muted ? 'unmute' : 'mute', leg?.muted ? 'unmute' : 'mute');
  if (what === 'hold') may(held ? 'resume' : 'hold', held ? 'resume' : 'hold');
  if (what === 'swap') may('consult/swap', 'consult_swap');
  if (what === 'merge') may('consult/merge', 'consult_merge');
  if (what === 'complete') may('consult/complete', 'consult_complete');
  if (what === 'cancel') may('consult/cancel', 'consult_cancel');
  if (what === 'hang_up') may('hang-up', 'hang_up');
  if (what === 'raise_hand' && refusal(call, 'raise_hand') === undefined) void act(call.id, 'raise-hand', { raised: call.hand_raised_by !== me });
}

/** Single keys for a call's buttons, and the map of them. They can be switched off, for those who speak to their computer. */
export function KeyMap() {
  const text = useText();
  const [open, setOpen] = useState(false);
  const [off, setOff] = useState(() => localStorage.getItem(OFF) === 'yes');
  const me = useMe().data?.user?.id;
  const ringing = useRinging();
  const call = useLive((live) => currentCall(live, me));
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      // A key that is held down is one press.
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || typing(event)) return;
      const found = KEYS.find(([key]) => key === event.key.toLowerCase());
      if (!found) return;
      if (found[1] === 'keys') setOpen(true);
      else if (!off) {
        event.preventDefault();
        press(found[1], call, ringing, me);
      }
    };
    window.addEventListener('keydown', down);
    return () => window.removeEventListener('keydown', down);
  }, [off, call, ringing, me]);
  return (
    <Modal opened={open} onClose={() => setOpen(false)} title={text('keys.title')} closeButtonProps={{ 'aria-label': text('close') }}>
      <Stack>
        <Switch checked={!off} label={text('keys.on')} onChange={(event) => {
          localStorage.setItem(OFF, event.currentTarget.checked ? 'no' : 'yes');
          setOff(!event.currentTarget.checked);
        }} />
        <Table>
          <Table.Tbody>
            {KEYS.map(([key, what]) => (
              <Table.Tr key={key}><Table.Td w={60}><Kbd>{key.toUpperCase()}</Kbd></Table.Td><Table.Td><Text size="sm">{text(`keys.${what}` as TextId)}</Text></Table.Td></Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Modal>
  );
}
