//! What a call counts as: the questions that metrics ask of the linked calls, each answered in one place.

use voicecall::{CallType, Purpose, Role, SegmentKind};

use super::{FCR_MS, is_customer_call};
use crate::{
    fact::OfferState,
    ledger::{Call, Leg, Segment},
};

impl<'a> Call<'a> {
    pub fn is_answered(self) -> bool {
        self.answered().is_some()
    }

    /// Handling a customer: the call's type is Inbound or Outbound, its purpose customer, transfer or callback.
    pub fn is_customers(self) -> bool {
        self.call_type() != CallType::Internal && is_customer_call(self.purpose())
    }

    /// An Inbound root call: how a customer's matter comes in.
    pub fn is_interaction(self) -> bool {
        self.depth() == 0 && self.call_type() == CallType::Inbound
    }

    /// A consult that somebody answered: one that nobody did, or whose prompt expired, is none.
    pub fn is_consult(self) -> bool {
        self.purpose() == Purpose::Consult && self.is_answered()
    }

    pub fn is_internal_consult(self) -> bool {
        self.call_type() == CallType::Internal && self.is_consult()
    }

    pub fn is_abandoned(self) -> bool {
        self.disposition() == "abandoned"
    }

    /// Whether it waited in a queue.
    pub fn is_offered(self) -> bool {
        self.queue_place().is_some() && self.queued().is_some()
    }

    pub fn wait_ms(self) -> Option<i64> {
        Some(self.answered()? - self.queued()?)
    }

    /// Whose leg was answered first; where the records hold no legs, who handled it.
    pub fn first_answering(self) -> Option<u32> {
        let answered = self.legs().filter(|leg| leg.is_agents());
        let first = answered.filter_map(|leg| Some((leg.answered()?, leg.user()?)));
        let first = first.min_by_key(|(answered, _)| *answered);
        first.map(|(_, user)| user).or_else(|| self.answered().and(self.user().or(self.target())))
    }

    /// Who was consulted: whom the call was for, or who answered it.
    pub fn consulted(self) -> Option<u32> {
        let mut answered = self.legs().filter(|leg| leg.is_answered() && leg.user() != self.initiator());
        self.target().or_else(|| answered.find_map(Leg::user))
    }

    /// Whom a call was for; of an answered consult of a queue, who answered it.
    pub fn called(self) -> Option<u32> {
        if self.purpose() == Purpose::Consult { self.consulted() } else { self.target() }
    }

    /// The legs of those who were consulted, called or added: all but the initiator's.
    pub fn called_side(self) -> impl Iterator<Item = Leg<'a>> {
        let initiator = self.initiator();
        self.legs().filter(move |leg| leg.user().is_some() && leg.user() != initiator)
    }

    /// The legs whose seconds are the call's: of a customer's call its agents', of another the called side's. So no
    /// second of a consult counts on both sides.
    pub fn measured(self) -> impl Iterator<Item = Leg<'a>> {
        let (customers, initiator) = (self.is_customers(), self.initiator());
        self.legs().filter(move |leg| {
            if customers { leg.is_agents() } else { leg.user().is_some() && leg.user() != initiator }
        })
    }

    /// What the consulted side talked, in private or in conference.
    pub fn consult_seconds(self) -> impl Iterator<Item = Segment> {
        let talks = |segment: &Segment| matches!(segment.kind, SegmentKind::Talk | SegmentKind::Conference);
        self.called_side().flat_map(Leg::segments).filter(talks)
    }

    /// An answered Inbound root call whose first answering agent is of tier 1.
    pub fn is_tier_one(self) -> bool {
        self.is_interaction() && self.is_answered() && self.ledger().tier(self.first_answering()) == Some(1)
    }

    /// Its answered Internal consults, of tier 1 with an agent of tier 2 or above.
    pub fn training_consults(self) -> impl Iterator<Item = Call<'a>> {
        self.chain().filter(move |call| {
            call.is_internal_consult()
                && call.ledger().tier(call.initiator()) == Some(1)
                && call.is_above(call.consulted())
        })
    }

    /// An answered consult with, or a transfer answered by, an agent of tier 2 or above.
    pub fn is_escalated(self) -> bool {
        self.chain().any(|call| match call.purpose() {
            Purpose::Consult => call.is_consult() && call.is_above(call.consulted()),
            Purpose::Transfer => call.is_answered() && call.is_above(call.first_answering()),
            _ => false,
        })
    }

    /// What became of a customer's call: handed over after a consult, or without one. None of what is no transfer.
    pub fn transfer_kind(self) -> Option<&'static str> {
        let consulted = self.parent().is_some_and(|cause| cause.purpose() == Purpose::Consult);
        (self.purpose() == Purpose::Transfer).then_some(if consulted { "warm" } else { "blind" })
    }

    /// Whom a consult or transfer was for: a queue, whoever found it; a phone number; or somebody by name.
    pub fn target_kind(self) -> Option<&'static str> {
        if !matches!(self.purpose(), Purpose::Consult | Purpose::Transfer) {
            return None;
        }
        if self.is_offered() {
            return Some("queue");
        }
        let agent = self.called().or_else(|| self.first_answering());
        agent.map(|_| "agent").or(self.to().map(|_| "number"))
    }

    fn is_above(self, person: Option<u32>) -> bool {
        self.ledger().tier(person).is_some_and(|tier| tier >= 2)
    }

    /// Whether the same customer called about the same matter within seven days before or after; None where nobody
    /// knows who called.
    pub fn is_repeated(self) -> Option<bool> {
        Some(self.ledger().calls_near(&self.repeat_key()?, self.started(), FCR_MS) > 1)
    }

    /// The longest hold of the call's agents, and all of them together.
    pub fn holds(self) -> (i64, i64) {
        let segments = self.legs().filter(|leg| leg.is_agents()).flat_map(Leg::segments);
        let holds = segments.filter(|segment| segment.kind == SegmentKind::Hold);
        holds.fold((0, 0), |(longest, sum), hold| {
            let ms = hold.end - hold.start;
            (longest.max(ms), sum + ms)
        })
    }
}

impl Leg<'_> {
    /// Of somebody who handles or is asked; supervisors and customers do neither.
    pub fn is_agents(&self) -> bool {
        self.user().is_some() && matches!(self.role(), Role::Agent | Role::Specialist)
    }

    /// An agent was rung for a customer's call that waited in a queue.
    pub fn is_offer(&self) -> bool {
        let call = self.call();
        self.user().is_some()
            && self.role() == Role::Agent
            && self.ring().is_some()
            && call.is_offered()
            && call.is_customers()
    }

    /// How the offer ended, in the words of `fact::OfferState`.
    pub fn offer_outcome(&self) -> OfferState {
        if self.is_answered() {
            return OfferState::Accepted;
        }
        if self.ended().is_none() {
            return OfferState::Ringing;
        }
        match self.end_reason().map_or("", |reason| reason) {
            "declined" => OfferState::Declined,
            "no_answer" => OfferState::Missed,
            "busy" | "unreachable" | "agent_lost" | "media_timeout" | "node_lost" | "rejected" => {
                OfferState::Failed
            }
            _ => OfferState::Withdrawn,
        }
    }
}
