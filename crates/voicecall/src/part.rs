//! Part: what each wire is doing, in which VoiceCall, right now. Segments are the intervals between changes of this, so
//! every second of a call leg belongs to exactly one of them by construction.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    conversation::{Consult, ConsultPhase, Conversation, State},
    leg::{Leg, LegState, Role},
    record::CoachingMode,
    room::Stand,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    Ivr,
    Queue,
    Ring,
    Talk,
    Hold,
    Conference,
    Monitor,
    Whisper,
    Barge,
    Park,
    Acw,
}

/// One wire's part in one VoiceCall at this moment. A wire can have several: during a private consult the agent is on
/// `hold` in the customer's call and on `talk` in the consult.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    pub leg: u32,
    pub call: u32,
    pub kind: SegmentKind,
}

/// Every live wire has at least one part, and at most one in each VoiceCall.
pub(crate) fn parts(c: &Conversation) -> Vec<Part> {
    let mut kinds = BTreeMap::new();
    for (ordinal, leg) in c.numbered().filter(|(_, leg)| leg.is_live()) {
        if leg.role == Role::Supervisor {
            kinds.insert((ordinal, leg.call), coaching_kind(c, ordinal, leg));
            continue;
        }
        let own = leg.call != c.customer_call && c.is_open(leg.call);
        if own {
            kinds.insert((ordinal, leg.call), own_kind(c, ordinal));
        }
        let guest = matches!(leg.role, Role::Specialist | Role::ThirdParty);
        if c.is_open(c.customer_call) && !(guest && own) {
            kinds.insert((ordinal, c.customer_call), main_kind(c, ordinal, leg));
        }
    }
    if let Some(consult) = c.consult {
        kinds.insert((consult.initiator, consult.call), consult_kind(c, &consult, consult.initiator));
    }
    kinds.into_iter().map(|((leg, call), kind)| Part { leg, call, kind }).collect()
}

fn coaching_kind(c: &Conversation, ordinal: u32, leg: &Leg) -> SegmentKind {
    let mode = c.coaching.iter().find(|coaching| coaching.leg == ordinal).map(|coaching| coaching.mode);
    match mode {
        _ if leg.is_ringing() => SegmentKind::Ring,
        Some(CoachingMode::Whisper) => SegmentKind::Whisper,
        Some(CoachingMode::Barge) => SegmentKind::Barge,
        Some(CoachingMode::Monitor) | None => SegmentKind::Monitor,
    }
}

/// The part of a consult's target, or of an added participant, in their own record.
fn own_kind(c: &Conversation, ordinal: u32) -> SegmentKind {
    match (c.consult.filter(|consult| consult.leg == Some(ordinal)), c.leg(ordinal)) {
        (Some(consult), _) => consult_kind(c, &consult, ordinal),
        (None, Some(leg)) => main_kind(c, ordinal, leg),
        (None, None) => SegmentKind::Hold,
    }
}

fn consult_kind(c: &Conversation, consult: &Consult, ordinal: u32) -> SegmentKind {
    let both = [Some(consult.initiator), consult.leg]
        .iter()
        .all(|leg| leg.and_then(|leg| c.leg(leg)).is_some_and(Leg::is_up));
    match consult.phase {
        ConsultPhase::Waiting => SegmentKind::Queue,
        ConsultPhase::Ringing => SegmentKind::Ring,
        ConsultPhase::Private if both => SegmentKind::Talk,
        ConsultPhase::Private | ConsultPhase::Swapped => SegmentKind::Hold,
        ConsultPhase::Merged => c.leg(ordinal).map_or(SegmentKind::Hold, |leg| main_kind(c, ordinal, leg)),
    }
}

/// A wire's part in the main room. Lost counts as on hold: nobody hears it.
fn main_kind(c: &Conversation, ordinal: u32, leg: &Leg) -> SegmentKind {
    match leg.state {
        LegState::Ringing { .. } if (leg.incoming || leg.is_planned()) && c.waits_for_agent() => {
            return SegmentKind::Queue;
        }
        LegState::Ringing { .. } => return SegmentKind::Ring,
        LegState::Lost { .. } | LegState::Ended { .. } => return SegmentKind::Hold,
        LegState::Up => {}
    }
    if c.stand(ordinal) != Stand::Main {
        return SegmentKind::Hold;
    }
    let others = c.others(ordinal).filter(|(other, leg)| leg.is_up() && c.stand(*other) == Stand::Main);
    match others.count() {
        0 if c.waits_for_agent() => SegmentKind::Queue,
        0 if c.parked.is_some() => SegmentKind::Park,
        0 if c.handover.is_some() || c.dialing() => SegmentKind::Ring,
        0 if c.is_waiting() && leg.is_outside() => SegmentKind::Ivr,
        0 if c.is_waiting() => SegmentKind::Ring,
        0 => SegmentKind::Hold,
        1 => SegmentKind::Talk,
        _ => SegmentKind::Conference,
    }
}

/// Where the conversation stands; wrap-up is routing's to know.
pub(crate) fn state(c: &Conversation) -> State {
    if c.is_ended() {
        return State::Ended;
    }
    if c.parked.is_some() {
        return State::Parked;
    }
    if c.waits_for_agent() {
        return if c.offered().is_some() { State::Offering } else { State::Queued };
    }
    if c.handover.is_some() || c.dialing() {
        return State::Offering;
    }
    if c.is_waiting() {
        // Whoever of ours makes a call has their own phone rung first.
        return if c.legs.first().is_some_and(Leg::is_staff) { State::Offering } else { State::Ivr };
    }
    let staff = |leg: &Leg| leg.is_joined() && leg.is_staff();
    if c.legs.iter().any(|leg| staff(leg) && leg.is_lost())
        && !c.main().any(|(_, leg)| staff(leg) && leg.is_up())
    {
        return State::Reattaching;
    }
    if c.consult.is_some_and(|consult| !consult.is_merged()) {
        return State::Consulting;
    }
    if c.main().count() >= 3 { State::Conference } else { State::Connected }
}
