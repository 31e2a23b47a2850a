import { useEffect, useRef } from 'react';
import { useMe } from '../api/queries';
import { useParty } from '../call/people';
import { sentences } from '../call/hearing';
import { useHearingWords } from '../call/hears';
import { currentCall, ownConversations } from '../live/fold';
import { useLive } from '../live/store';
import { announce } from '../shell/announce';
import { useNotice } from '../shell/notify';
import { useText, type TextId } from '../texts';
import { useRinging } from './incoming';

/** Says aloud what changes in one's calls, and shows in the tab's title that somebody calls. */
export function CallAnnouncer() {
  const text = useText();
  const me = useMe().data?.user?.id;
  const live = useLive();
  const own = ownConversations(live, me);
  const current = currentCall(live, me) ?? own[0];
  const party = useParty(current ?? { legs: [] });
  const words = useHearingWords();
  const before = useRef('');
  const rings = own.some((one) => one.legs.some((leg) => leg.user_id === me && leg.state === 'ringing' && leg.role !== 'supervisor'));
  useEffect(() => {
    document.title = rings ? text('title.rings') : current && !current.ended_at ? text('title.call') : 'Tandem';
  }, [rings, current?.id, current?.ended_at]);
  const ringing = useRinging();
  const caller = useParty(ringing ?? { legs: [] });
  const from = ringing?.legs.find((leg) => leg.role === 'customer' || leg.user_id !== me);
  useNotice(ringing && from ? text('title.rings') : null, ringing && from ? [caller(from), ringing.subject].filter(Boolean).join(' · ') : '');
  const isMe = (leg: string) => current?.legs.some((one) => one.id === leg && one.user_id === me) ?? false;
  const line = current ? [text(`conversation.${current.state}` as TextId), ...sentences(current).map((one) => words(one, party, isMe))].join('. ') : '';
  useEffect(() => {
    if (line !== before.current && line !== '') announce(line, rings ? 'now' : 'polite');
    before.current = line;
  }, [line, rings]);
  return null;
}
