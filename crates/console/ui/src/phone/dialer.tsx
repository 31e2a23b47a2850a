import { ActionIcon, Alert, Button, Group, Popover, Stack, Text, Tooltip } from '@mantine/core';
import { IconBackspace, IconPhone, IconPhoneOff } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { client, take } from '../api/client';
import { useMay, useMe } from '../api/queries';
import { refusal } from '../api/types';
import { act, pressDigits } from '../call/act';
import { ActionButton } from '../call/button';
import { dialed } from '../call/number';
import { type Choice, TargetPicker } from '../call/target';
import { PAD } from '../desk/call';
import { currentCall } from '../live/fold';
import { learn, useLive } from '../live/store';
import { useText } from '../texts';
import { usePhone } from './store';

/** The phone icon of the top bar: names, numbers and digits, the green button and the red one. */
export function Dialer() {
  const text = useText();
  const [open, setOpen] = useState(false);
  const may = useMay('place_calls');
  useEffect(() => {
    const show = () => setOpen(true);
    window.addEventListener('tandem:dialer', show);
    return () => window.removeEventListener('tandem:dialer', show);
  }, []);
  if (!may) return null;
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-end" width={340}>
      <Popover.Target>
        <Tooltip label={text('dialer.open')}>
          <ActionIcon variant="light" color="green" size="lg" aria-label={text('dialer.open')} aria-expanded={open} onClick={() => setOpen((now) => !now)}><IconPhone size={20} /></ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 16px)" mah="calc(100dvh - 68px)" style={{ overflowY: 'auto' }}><DialPad done={() => setOpen(false)} /></Popover.Dropdown>
    </Popover>
  );
}

export function DialPad({ done }: { done?: () => void }) {
  const text = useText();
  const me = useMe().data?.user;
  const [typed, setTyped] = useState('');
  const [chosen, choose] = useState<Choice | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const call = useLive((live) => currentCall(live, me?.id));
  const trouble = usePhone((phone) => phone.trouble);
  const press = (digit: string) => {
    if (call && refusal(call, 'digits') === undefined && typed === '') {
      void pressDigits(call.id, digit);
      return;
    }
    setTyped((now) => now + digit);
    field.current?.focus();
  };
  useTypedChoice(typed, choose);
  const dial = async (what: Choice) => {
    setBusy(true);
    setRefused(null);
    try {
      learn(await take(client.POST('/v1/calls', { body: { target: what.target } })));
      setTyped('');
      choose(null);
      done?.();
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  const blocked = call ? text('dialer.in_call') : trouble && me?.phone.kind === 'soft_phone' ? text('dialer.trouble') : undefined;
  const reason = blocked ?? (chosen ? undefined : text('dialer.empty'));
  /** A press on a name starts the call. */
  const pick = (what: Choice) => {
    choose(what);
    if (blocked === undefined && !busy) void dial(what);
  };
  return (
    <Stack gap="sm">
      <TargetPicker label={text('dialer.field')} chosen={chosen} choose={choose} value={typed} setValue={setTyped} field={field} onEnter={(what) => reason === undefined && void dial(what)} onPick={pick}
        right={typed && <ActionIcon variant="subtle" color="gray" aria-label={text('dialer.erase')} onClick={() => { setTyped((now) => now.slice(0, -1)); choose(null); }}><IconBackspace size={18} /></ActionIcon>} />
      <Group gap={6} grow preventGrowOverflow={false} role="group" aria-label={text('dialer.pad')}>
        {PAD.map((digit) => (
          <Button key={digit} variant="default" size="md" style={{ flexBasis: '30%' }} onClick={() => press(digit)} aria-label={digit === '*' ? text('pad.star') : digit === '#' ? text('pad.hash') : digit}>{digit}</Button>
        ))}
      </Group>
      {chosen && !call && <Text size="sm">{text('dialer.chosen', { name: chosen.name })}</Text>}
      {refused && <Alert color="red" role="alert">{refused}</Alert>}
      <Group grow>
        <ActionButton variant="filled" color="#1f7a36" size="md" px={6} reason={reason} loading={busy} icon={<IconPhone size={18} />} onPress={() => chosen && void dial(chosen)}>{text('dialer.call')}</ActionButton>
        <ActionButton variant="filled" color="red" size="md" px={6} reason={call ? refusal(call, 'hang_up') : text('dialer.no_call')} icon={<IconPhoneOff size={18} />} onPress={() => call && void act(call.id, 'hang-up')}>{text('call.hang_up')}</ActionButton>
      </Group>
    </Stack>
  );
}

/** Digits clicked on the pad count like digits typed. */
function useTypedChoice(typed: string, choose: (choice: Choice | null) => void) {
  useEffect(() => {
    const what = dialed(typed);
    if (what.kind === 'extension') choose({ target: { extension: what.value }, name: what.value });
    if (what.kind === 'number') choose({ target: { phone_number: what.value }, name: what.value });
  }, [typed]);
}
