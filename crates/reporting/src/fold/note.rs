//! Noting when each fact about a call, a wire, a hold or an offer happened.

use terms::{EndReason, LegId, Quality, Timestamp, UserId, VoiceCallId, WrapUpCodeId};
use uuid::Uuid;
use voicecall::{Conversation, Event, HeldBy, LegState, Opening};

use crate::fact::{HoldFact, OfferFact, OfferState};

#[derive(Clone, Debug)]
pub(super) struct CallTimesNoted {
    pub(super) started: Timestamp,
    pub(super) queued: Option<Timestamp>,
    pub(super) accepted: Option<Timestamp>,
    pub(super) closed: Option<Timestamp>,
    /// What a consulted colleague is told before they answer.
    pub(super) told: Option<String>,
}

impl CallTimesNoted {
    fn started(started: Timestamp) -> Self {
        Self { started, queued: None, accepted: None, closed: None, told: None }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct LegNoted {
    pub(super) answered: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) quality: Option<Quality>,
}

/// An agent's result, to be put on the call they handled last before it.
#[derive(Clone, Debug)]
pub(super) struct Wrapped {
    pub(super) by: UserId,
    pub(super) at: Timestamp,
    pub(super) code: Option<WrapUpCodeId>,
    pub(super) resolution: Option<String>,
    pub(super) notes: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Notes {
    pub(super) calls: Vec<CallTimesNoted>,
    pub(super) legs: Vec<LegNoted>,
    pub(super) holds: Vec<HoldFact>,
    pub(super) offers: Vec<OfferFact>,
    pub(super) wrapped: Vec<Wrapped>,
    pub(super) ended: Option<Timestamp>,
}

impl Notes {
    pub(super) fn open(opening: &Opening) -> Self {
        Self {
            calls: vec![CallTimesNoted::started(opening.at)],
            legs: vec![LegNoted::default()],
            holds: Vec::new(),
            offers: Vec::new(),
            wrapped: Vec::new(),
            ended: None,
        }
    }

    /// `before` is the conversation without this fact.
    pub(super) fn take(&mut self, before: &Conversation, event: &Event, at: Timestamp) {
        match event {
            Event::CallOpened { call, .. } if *call as usize == self.calls.len() => {
                self.calls.push(CallTimesNoted::started(at));
            }
            Event::LegAdded { leg, .. } if *leg as usize == self.legs.len() => {
                self.legs.push(LegNoted::default());
            }
            Event::ConsultStarted { call, note, .. } => self.call(*call, |noted| noted.told.clone_from(note)),
            Event::Queued { call, .. } => self.call(*call, |noted| noted.queued = noted.queued.or(Some(at))),
            Event::CallAnswered { call, .. } => {
                self.call(*call, |noted| noted.accepted = noted.accepted.or(Some(at)));
            }
            Event::CallClosed { call, .. } => {
                self.call(*call, |noted| noted.closed = Some(at));
                self.release(at, |hold| hold.call == *call);
            }
            Event::LegAnswered { leg } => {
                self.leg(*leg, |noted| noted.answered = noted.answered.or(Some(at)));
                self.end_offer(*leg, at, OfferState::Accepted, None);
            }
            Event::LegEnded { leg, reason } => {
                self.leg(*leg, |noted| noted.ended = Some(at));
                self.release(at, |hold| hold.leg == *leg);
                self.end_offer(*leg, at, offer_state(*reason), Some(reason.as_str()));
            }
            Event::QualityMeasured { leg, quality } => self.leg(*leg, |noted| noted.quality = Some(*quality)),
            Event::AgentOffered { .. } => self.offered(before, event, at),
            Event::OfferEnded { leg, reason, note, .. } => {
                let said = note.as_deref().unwrap_or(reason.as_str());
                self.end_offer(*leg, at, offer_state(*reason), Some(said));
            }
            Event::WrappedUp { by, code, resolution, notes } => self.wrapped.push(Wrapped {
                by: *by,
                at,
                code: *code,
                resolution: resolution.clone(),
                notes: notes.clone(),
            }),
            Event::Ended { .. } => self.ended = Some(at),
            _ => self.take_hold(before, event, at),
        }
    }

    fn take_hold(&mut self, before: &Conversation, event: &Event, at: Timestamp) {
        let consult = before.consult().copied();
        match event {
            Event::Held { leg, by } => {
                let by = match by {
                    HeldBy::User(user) => Some(*user),
                    HeldBy::Consult => consult.and_then(|consult| user_of(before, consult.initiator)),
                };
                let call = before.customer_call();
                self.holds.push(hold(before, *leg, call, by, at));
            }
            Event::Resumed { leg } => {
                let apart = consult.map(|consult| consult.call);
                self.release(at, |hold| hold.leg == *leg && Some(hold.call) != apart);
            }
            Event::ConsultSwapped { to_customer: true } => {
                if let Some((consult, leg)) = consult.and_then(|consult| Some((consult, consult.leg?))) {
                    let by = user_of(before, consult.initiator);
                    self.holds.push(hold(before, leg, consult.call, by, at));
                }
            }
            Event::ConsultSwapped { to_customer: false }
            | Event::ConsultMerged
            | Event::ConsultEnded { .. } => {
                let apart = consult.map(|consult| consult.call);
                self.release(at, |hold| Some(hold.call) == apart);
            }
            _ => {}
        }
    }

    fn call(&mut self, call: u32, note: impl FnOnce(&mut CallTimesNoted)) {
        if let Some(noted) = self.calls.get_mut(call as usize) {
            note(noted);
        }
    }

    fn leg(&mut self, leg: u32, note: impl FnOnce(&mut LegNoted)) {
        if let Some(noted) = self.legs.get_mut(leg as usize) {
            note(noted);
        }
    }

    fn release(&mut self, at: Timestamp, which: impl Fn(&HoldFact) -> bool) {
        for hold in self.holds.iter_mut().filter(|hold| hold.end.is_none() && which(hold)) {
            hold.end = Some(at);
        }
    }

    fn offered(&mut self, before: &Conversation, event: &Event, at: Timestamp) {
        let Event::AgentOffered { leg, offer, user } = event else { return };
        let Some(wire) = before.legs().get(*leg as usize) else { return };
        let expires_at = match wire.state {
            LegState::Ringing { deadline: Some(deadline) } => deadline,
            _ => at,
        };
        self.offers.push(OfferFact {
            id: *offer,
            leg: *leg,
            call: wire.call,
            queue: before.calls().get(wire.call as usize).and_then(|call| call.queue),
            user: *user,
            offered_at: at,
            expires_at,
            ended_at: None,
            state: OfferState::Ringing,
            reason: None,
        });
    }

    fn end_offer(&mut self, leg: u32, at: Timestamp, state: OfferState, reason: Option<&str>) {
        let open = self.offers.iter_mut().find(|offer| offer.leg == leg && offer.ended_at.is_none());
        if let Some(offer) = open {
            offer.ended_at = Some(at);
            offer.state = state;
            offer.reason = reason.map(str::to_owned);
        }
    }
}

pub(super) fn user_of(conversation: &Conversation, leg: u32) -> Option<UserId> {
    conversation.legs().get(leg as usize).and_then(|leg| leg.party.user())
}

fn offer_state(reason: EndReason) -> OfferState {
    match reason {
        EndReason::Declined => OfferState::Declined,
        EndReason::NoAnswer => OfferState::Missed,
        EndReason::HungUp
        | EndReason::RemoteHangup
        | EndReason::Transferred
        | EndReason::Merged
        | EndReason::Cancelled
        | EndReason::PermissionRevoked => OfferState::Withdrawn,
        EndReason::Busy
        | EndReason::Unreachable
        | EndReason::AgentLost
        | EndReason::MediaTimeout
        | EndReason::NodeLost
        | EndReason::Rejected => OfferState::Failed,
    }
}

fn hold(c: &Conversation, leg: u32, call: u32, by: Option<UserId>, start: Timestamp) -> HoldFact {
    let name = format!("hold/{leg}/{call}/{}", start.ms());
    HoldFact {
        id: Uuid::new_v5(&c.id().0, name.as_bytes()),
        voice_call: VoiceCallId::new(c.id(), call).external(),
        leg_id: LegId::new(c.id(), leg).external(),
        leg,
        call,
        by,
        start,
        end: None,
    }
}
