//! Putting the records together from what was watched and noted.

use std::collections::BTreeMap;

use terms::{ConversationId, LegId, Timestamp, UserId, VoiceCallId};
use uuid::Uuid;
use voicecall::{CallType, Conversation, LegState, Party, Purpose, SegmentKind, State, VoiceCall};

use super::{
    Folding,
    note::{Notes, Wrapped},
    watch::{Stretch, Taken, Watch},
};
use crate::{
    fact::{
        CallLegFact, CoachingInterval, ConversationFact, ConversationFacts, HoldFact, SegmentFact,
        VoiceCallFact, WrapUp,
    },
    metric::{self, LegTimes},
};

/// A wire's part in a call, both by ordinal.
type Pair = (u32, u32);

pub(super) fn build(folding: &Folding, wrap_ups: &[WrapUp], until: Timestamp) -> ConversationFacts {
    let Folding { conversation, notes, .. } = folding;
    let until = until.max(folding.at);
    // The present moment is looked at in a copy: facts that are still to come may belong to it.
    let mut watch = folding.watch.clone();
    watch.look(conversation, folding.at);
    add_wrap_ups(conversation, &mut watch, wrap_ups);
    let mut holds = notes.holds.clone();
    holds.retain(|hold| hold.end != Some(hold.start));
    let calls = Calls { conversation, notes, watch: &watch, holds: &holds, until };
    let wraps_up = wrap_ups.iter().any(|wrap_up| wrap_up.end.is_none());
    let details = conversation.details();
    ConversationFacts {
        conversation: ConversationFact {
            id: conversation.id(),
            state: match conversation.state() {
                State::Ended if wraps_up => State::WrapUp,
                state => state,
            },
            opened_at: folding.opened_at,
            ended_at: notes.ended,
            end_reason: conversation.end_reason(),
            ephemeral: conversation.ephemeral(),
            subject: details.subject.clone(),
            case_category: details.case_category.clone(),
            related_record: details.related_record.clone(),
            attributes: details.attributes.clone(),
            queue: conversation.queue(),
            version: folding.version,
        },
        voice_calls: calls.facts(),
        call_legs: watch.taken.iter().filter_map(|(pair, taken)| calls.leg(*pair, taken)).collect(),
        segments: watch.taken.iter().flat_map(|(pair, taken)| segments(calls.id(), *pair, taken)).collect(),
        coaching_intervals: coaching(calls.id(), &watch),
        offers: notes.offers.clone(),
        holds,
    }
}

fn named(space: Uuid, name: &str) -> Uuid {
    Uuid::new_v5(&space, name.as_bytes())
}

fn call_leg_id(conversation: ConversationId, (leg, call): Pair) -> Uuid {
    named(conversation.0, &format!("call_leg/{leg}/{call}"))
}

fn call_id(conversation: ConversationId, call: u32) -> Uuid {
    VoiceCallId::new(conversation, call).external()
}

/// The word of a kind, as stored and sent.
fn word(kind: SegmentKind) -> &'static str {
    match kind {
        SegmentKind::Ivr => "ivr",
        SegmentKind::Queue => "queue",
        SegmentKind::Ring => "ring",
        SegmentKind::Talk => "talk",
        SegmentKind::Hold => "hold",
        SegmentKind::Conference => "conference",
        SegmentKind::Monitor => "monitor",
        SegmentKind::Whisper => "whisper",
        SegmentKind::Barge => "barge",
        SegmentKind::Park => "park",
        SegmentKind::Acw => "acw",
    }
}

fn segments(conversation: ConversationId, pair: Pair, taken: &Taken) -> Vec<SegmentFact> {
    let call_leg = call_leg_id(conversation, pair);
    let fact = |(number, stretch): (usize, &Stretch)| SegmentFact {
        id: named(call_leg, &format!("{}/{}/{number}", word(stretch.kind), stretch.start.ms())),
        call_leg,
        leg: pair.0,
        call: pair.1,
        voice_call: call_id(conversation, pair.1),
        kind: stretch.kind,
        start: stretch.start,
        end: stretch.end,
    };
    taken.stretches.iter().enumerate().map(fact).collect()
}

fn coaching(conversation: ConversationId, watch: &Watch) -> Vec<CoachingInterval> {
    let fact = |(number, (coached, start, end)): (usize, &(super::watch::Coached, _, _))| {
        let voice_call = call_id(conversation, coached.call);
        CoachingInterval {
            id: named(voice_call, &format!("coaching/{number}")),
            voice_call,
            call: coached.call,
            supervisor: coached.supervisor,
            agent: coached.agent,
            mode: coached.mode,
            start: *start,
            end: *end,
        }
    };
    watch.coached.iter().enumerate().map(fact).collect()
}

/// The part that this user took last before `at`: in a customer's call if in any.
fn last_part(
    conversation: &Conversation,
    taken: &BTreeMap<Pair, Taken>,
    user: UserId,
    at: Timestamp,
) -> Option<Pair> {
    let own = taken.iter().filter(|((leg, _), taken)| {
        super::note::user_of(conversation, *leg) == Some(user) && taken.began <= at
    });
    let rank = |(pair, taken): &(&Pair, &Taken)| {
        let purpose = conversation.calls().get(pair.1 as usize).map(|call| call.purpose);
        let customer = purpose.is_some_and(metric::is_customer_call);
        (customer, taken.left().unwrap_or(Timestamp(i64::MAX)), taken.began, **pair)
    };
    own.max_by_key(rank).map(|(pair, _)| *pair)
}

/// Wrap-up becomes the last segment of the agent's part in the customer's call.
fn add_wrap_ups(conversation: &Conversation, watch: &mut Watch, wrap_ups: &[WrapUp]) {
    let mut sorted = wrap_ups.to_vec();
    sorted.sort_by_key(|wrap_up| (wrap_up.start, wrap_up.user));
    for WrapUp { user, start, end } in sorted {
        let Some(pair) = last_part(conversation, &watch.taken, user, start) else { continue };
        let Some(taken) = watch.taken.get_mut(&pair).filter(|taken| !taken.is_open()) else { continue };
        let start = taken.left().map_or(start, |left| left.max(start));
        if end.is_none_or(|end| end > start) {
            taken.stretches.push(Stretch { kind: SegmentKind::Acw, start, end });
        }
    }
}

struct Calls<'a> {
    conversation: &'a Conversation,
    notes: &'a Notes,
    watch: &'a Watch,
    holds: &'a [HoldFact],
    until: Timestamp,
}

impl Calls<'_> {
    fn id(&self) -> ConversationId {
        self.conversation.id()
    }

    fn facts(&self) -> Vec<VoiceCallFact> {
        let mut facts: Vec<VoiceCallFact> = Vec::new();
        for (ordinal, record) in (0u32..).zip(self.conversation.calls()) {
            let above = record.parent.and_then(|parent| facts.get(parent as usize));
            let (depth, path) = match above {
                Some(above) => (above.depth + 1, format!("{}/{ordinal:04}", above.path)),
                None => (0, format!("{ordinal:04}")),
            };
            if let Some(fact) = self.fact(ordinal, record, depth, path) {
                facts.push(fact);
            }
        }
        for wrapped in &self.notes.wrapped {
            self.add_result(&mut facts, wrapped);
        }
        facts
    }

    fn fact(&self, ordinal: u32, record: &VoiceCall, depth: u32, path: String) -> Option<VoiceCallFact> {
        let noted = self.notes.calls.get(ordinal as usize)?;
        let details = self.conversation.details();
        let link = |ordinal: Option<u32>| ordinal.map(|ordinal| call_id(self.id(), ordinal));
        Some(VoiceCallFact {
            id: call_id(self.id(), ordinal),
            ordinal,
            conversation: self.id(),
            call_type: record.call_type,
            purpose: record.purpose,
            parent: link(record.parent),
            previous: link(record.previous).or_else(|| self.called_back_from(ordinal)),
            next: link(record.next).or_else(|| self.called_back_in(ordinal)),
            depth,
            path,
            from: record.from.clone(),
            to: record.to.clone(),
            user: handler(record),
            initiator: record.initiator,
            target: record.target,
            queue: record.queue,
            trunk: record.trunk,
            subject: details.subject.clone(),
            case_category: details.case_category.clone(),
            related_record: details.related_record.clone(),
            disposition: record.disposition,
            end_reason: record.end_reason,
            resolution: None,
            notes: noted.told.clone(),
            wrap_up_code: None,
            started_at: noted.started,
            queued_at: noted.queued,
            accepted_at: noted.accepted,
            ended_at: noted.closed,
            duration_ms: noted.closed.map(|closed| closed.ms_since(noted.started)),
            times: self.times(ordinal, record.purpose),
            mos_hundredths: self.lowest_mos(ordinal),
        })
    }

    /// A callback follows the call in which it was asked for, or the one that nobody answered.
    fn called_back_from(&self, ordinal: u32) -> Option<Uuid> {
        let of = self.conversation.callback().filter(|_| ordinal == 0)?;
        Some(call_id(of.conversation, of.call))
    }

    fn called_back_in(&self, ordinal: u32) -> Option<Uuid> {
        let next = self.conversation.continues_in()?;
        (ordinal == self.conversation.customer_call()).then(|| call_id(next, 0))
    }

    fn parts(&self, call: u32) -> impl Iterator<Item = (u32, &Taken)> {
        let of_call = move |((leg, of), taken): (&Pair, _)| (*of == call).then_some((*leg, taken));
        self.watch.taken.iter().filter_map(of_call)
    }

    fn times(&self, call: u32, purpose: Purpose) -> metric::CallTimes {
        let segment = |stretch: &Stretch| (stretch.kind, stretch.start, stretch.end.unwrap_or(self.until));
        let legs: Vec<LegTimes> = self
            .parts(call)
            .map(|(leg, taken)| LegTimes {
                leg,
                role: taken.role,
                own: taken.own,
                segments: taken.stretches.iter().map(segment).collect(),
            })
            .collect();
        let holds = self.holds.iter().filter(|hold| hold.call == call);
        metric::call_times(purpose, &legs, &holds.map(|hold| hold.leg).collect::<Vec<_>>())
    }

    fn lowest_mos(&self, call: u32) -> Option<u16> {
        let quality = |leg: u32| self.notes.legs.get(leg as usize).and_then(|noted| noted.quality);
        self.parts(call).filter_map(|(leg, _)| quality(leg)).map(|quality| quality.mos_hundredths).min()
    }

    fn add_result(&self, facts: &mut [VoiceCallFact], wrapped: &Wrapped) {
        let Some((_, call)) = last_part(self.conversation, &self.watch.taken, wrapped.by, wrapped.at) else {
            return;
        };
        let Some(fact) = facts.get_mut(call as usize) else { return };
        fact.wrap_up_code = wrapped.code.or(fact.wrap_up_code);
        for (field, new) in [(&mut fact.resolution, &wrapped.resolution), (&mut fact.notes, &wrapped.notes)] {
            if new.is_some() {
                field.clone_from(new);
            }
        }
    }

    fn leg(&self, pair: Pair, taken: &Taken) -> Option<CallLegFact> {
        let (leg, call) = pair;
        let wire = self.conversation.legs().get(leg as usize)?;
        let noted = self.notes.legs.get(leg as usize)?;
        let record = self.conversation.calls().get(call as usize)?;
        let worked = |stretch: &&Stretch| stretch.kind != SegmentKind::Acw;
        let last = taken.stretches.iter().rfind(worked);
        let closed = self.notes.calls.get(call as usize).and_then(|noted| noted.closed);
        let ended_at = match last {
            Some(last) => last.end,
            None => [noted.ended, closed].into_iter().flatten().min(),
        };
        let wire_ended = noted.ended.is_some_and(|ended| ended_at == Some(ended));
        let end_reason = match wire.state {
            LegState::Ended { reason } if wire_ended => Some(reason),
            _ => ended_at.and(record.end_reason),
        };
        Some(CallLegFact {
            id: call_leg_id(self.id(), pair),
            leg_id: LegId::new(self.id(), leg).external(),
            leg,
            voice_call: call_id(self.id(), call),
            call,
            user: wire.party.user(),
            number: match &wire.party {
                Party::Number(number) => number.clone(),
                Party::User(_) => None,
            },
            role: taken.role,
            ring_at: taken.began,
            answered_at: answered_at(taken, noted.answered, ended_at),
            ended_at,
            end_reason,
            quality: noted.quality,
        })
    }
}

/// A wire that was rung for the call: its answer, if that came while it took part. Another: when it first spoke.
fn answered_at(taken: &Taken, answered: Option<Timestamp>, ended: Option<Timestamp>) -> Option<Timestamp> {
    if taken.own {
        return answered.filter(|answered| ended.is_none_or(|ended| *answered <= ended));
    }
    let speaks = |kind: SegmentKind| {
        !matches!(kind, SegmentKind::Ring | SegmentKind::Queue | SegmentKind::Ivr | SegmentKind::Acw)
    };
    taken.stretches.iter().find(|stretch| speaks(stretch.kind)).map(|stretch| stretch.start)
}

fn handler(record: &VoiceCall) -> Option<UserId> {
    let ours = record.purpose == Purpose::Coaching
        || record.call_type == CallType::Outbound && metric::is_customer_call(record.purpose);
    match record.target.filter(|_| record.answered) {
        Some(target) if record.purpose != Purpose::Coaching => Some(target),
        _ if ours => record.initiator,
        _ => None,
    }
}
