import { Alert, Button, Group, Stack, Stepper, Text, TextInput, Title } from '@mantine/core';
import { IconArrowsExchange, IconCheck, IconPhoneOutgoing, IconSend, IconUserPlus, IconUsers, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useMe, useNames } from '../api/queries';
import { type Conversation, refusal } from '../api/types';
import { act } from '../call/act';
import { ActionButton } from '../call/button';
import { useParty } from '../call/people';
import { type Choice, TargetPicker } from '../call/target';
import { useText } from '../texts';

/** The handing over, step by step, with what each step will do said before it is taken. */
export function Transfer({ call }: { call: Conversation }) {
  const text = useText();
  const me = useMe().data?.user?.id;
  const party = useParty(call);
  const consult = call.voice_calls.find((one) => one.purpose === 'consult' && one.disposition === 'in_progress');
  const specialist = call.legs.find((leg) => leg.state !== 'ended' && (leg.role === 'specialist' || (consult && leg.user_id === consult.user_id && leg.user_id !== me && leg.role !== 'customer')));
  const customer = call.legs.find((leg) => leg.role === 'customer' && leg.state !== 'ended');
  const names = { customer: customer ? party(customer) : text('party.nobody'), target: specialist ? party(specialist) : '' };
  const running = call.state === 'consulting' || specialist !== undefined;
  const rings = specialist?.state === 'ringing';
  const merged = call.state === 'conference';
  const step = !running ? 0 : rings ? 1 : merged ? 3 : 2;
  const failed = useFailedConsult(call);
  const iAmSpecialist = specialist?.user_id === me;
  if (iAmSpecialist) return <Advising call={call} />;
  return (
    <Stack className="panel" component="section" aria-labelledby="transfer" data-testid="transfer">
      <Title order={2} size="h5" id="transfer">{text('transfer.title')}</Title>
      {running && (
        <Stepper active={step} size="xs" allowNextStepsSelect={false} iconSize={24} aria-hidden>
          <Stepper.Step label={text('transfer.step.choose')} />
          <Stepper.Step label={text('transfer.step.rings')} />
          <Stepper.Step label={text('transfer.step.talk')} />
          <Stepper.Step label={text('transfer.step.three')} />
        </Stepper>
      )}
      {failed && !running && <Alert color="orange" role="alert" data-testid="consult-failed">{failed}</Alert>}
      {!running && <Choose call={call} customer={names.customer} />}
      {running && (
        <Stack gap="xs">
          <Text size="sm">{text(rings ? 'transfer.now.rings' : merged ? 'transfer.now.three' : 'transfer.now.talk', names)}</Text>
          <Step icon={<IconCheck size={18} />} action="consult/complete" name="consult_complete" call={call} label={text('transfer.complete')} will={text('transfer.will.complete', names)} filled />
          <Step icon={<IconUsers size={18} />} action="consult/merge" name="consult_merge" call={call} label={text('transfer.merge')} will={text('transfer.will.merge', names)} />
          <Step icon={<IconArrowsExchange size={18} />} action="consult/swap" name="consult_swap" call={call} label={text('transfer.swap')} will={text('transfer.will.swap', names)} />
          <Step icon={<IconX size={18} />} action="consult/cancel" name="consult_cancel" call={call} label={text('transfer.cancel')} will={text('transfer.will.cancel', names)} />
        </Stack>
      )}
    </Stack>
  );
}

function Step({ call, action, name, label, will, icon, filled }: { call: Conversation; action: string; name: string; label: string; will: string; icon: React.ReactNode; filled?: boolean }) {
  const reason = refusal(call, name);
  return (
    <Group gap="sm" wrap="nowrap" align="center">
      <ActionButton miw={140} style={{ flexShrink: 0 }} reason={reason} variant={filled ? 'filled' : 'default'} icon={icon} onPress={() => void act(call.id, action)} busyKey={`${call.id} ${action}`}>{label}</ActionButton>
      <Text size="xs" c="dimmed">{reason ?? will}</Text>
    </Group>
  );
}

function Choose({ call, customer }: { call: Conversation; customer: string }) {
  const text = useText();
  const [chosen, choose] = useState<Choice | null>(null);
  const [typed, setTyped] = useState('');
  const [note, setNote] = useState(() => sessionStorage.getItem(`note ${call.id}`) ?? '');
  useEffect(() => sessionStorage.setItem(`note ${call.id}`, note), [note, call.id]);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = () => field.current?.focus();
    window.addEventListener('tandem:consult', focus);
    return () => window.removeEventListener('tandem:consult', focus);
  }, []);
  const pick = chosen ? undefined : text('transfer.pick');
  const why = (name: string) => refusal(call, name) ?? pick;
  const all = ['consult', 'transfer', 'add_participant'].map((name) => refusal(call, name));
  const done = (worked: boolean) => {
    if (!worked) return;
    choose(null);
    setTyped('');
  };
  if (all.every((reason) => reason !== undefined)) return <Text size="sm" c="dimmed">{all[0]}</Text>;
  return (
    <Stack gap="sm">
      <TargetPicker label={text('transfer.to')} chosen={chosen} choose={choose} value={typed} setValue={setTyped} field={field} allowBusy onEnter={() => undefined} />
      <TextInput label={text('transfer.note')} value={note} onChange={(event) => setNote(event.currentTarget.value)} maxLength={500} />
      {chosen && <Text size="sm">{text('transfer.chosen', { name: chosen.name })}</Text>}
      <Group gap="xs">
        <ActionButton variant="filled" reason={why('consult')} icon={<IconPhoneOutgoing size={18} />} busyKey={`${call.id} consult`}
          hint={text('transfer.will.consult', { customer, target: chosen?.name ?? '' })}
          onPress={() => chosen && void act(call.id, 'consult', { target: chosen.target, ...(note ? { note } : {}) }).then(done)}>{text('transfer.consult')}</ActionButton>
        <ActionButton reason={why('transfer')} icon={<IconSend size={18} />} busyKey={`${call.id} transfer`} hint={text('transfer.will.blind', { customer, target: chosen?.name ?? '' })}
          onPress={() => chosen && void act(call.id, 'transfer', { target: chosen.target }).then(done)}>{text('transfer.blind')}</ActionButton>
        <ActionButton reason={why('add_participant')} icon={<IconUserPlus size={18} />} busyKey={`${call.id} participants`}
          onPress={() => chosen && void act(call.id, 'participants', { target: chosen.target }).then(done)}>{text('transfer.add')}</ActionButton>
      </Group>
    </Stack>
  );
}

/** A consulted colleague: what their part is, and how to step out. */
function Advising({ call }: { call: Conversation }) {
  const text = useText();
  return (
    <Stack className="panel" component="section" aria-labelledby="advising">
      <Title order={2} size="h5" id="advising">{text('advising.title')}</Title>
      <Text size="sm">{text(call.state === 'conference' ? 'advising.three' : 'advising.private')}</Text>
      <Group><Button variant="default" onClick={() => void act(call.id, 'leave')}>{text('call.leave')}</Button></Group>
    </Stack>
  );
}

/** How the last consult ended, when it did not work out. */
function useFailedConsult(call: Conversation): string | null {
  const text = useText();
  const party = useParty(call);
  const names = useNames();
  const last = call.voice_calls.filter((one) => one.purpose === 'consult').at(-1);
  if (!last || !['no_answer', 'busy', 'declined', 'failed'].includes(last.disposition)) return null;
  // Who did not answer handled nothing: the record says whom it was for.
  const asked = last.user_id ?? last.to;
  const leg = call.legs.filter((one) => one.user_id === asked && one.state === 'ended').at(-1);
  return text(`consult.failed.${last.disposition as 'no_answer' | 'busy' | 'declined' | 'failed'}`, { name: leg ? party(leg) : names(asked) ?? asked ?? '' });
}
