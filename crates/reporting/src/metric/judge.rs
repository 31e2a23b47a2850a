//! What a call counts as: the questions that metrics ask of the linked calls, each answered in one place.

use terms::Timestamp;
use voicecall::{CallType, Purpose, Role, SegmentKind};

use super::{FCR_MS, is_customer_call};
use crate::ledger::{Call, Ledger, Leg, Segment};

impl Call {
    pub fn is_answered(&self) -> bool {
        self.answered.is_some()
    }

    /// Handling a customer: the call's type is Inbound or Outbound, its purpose customer, transfer or callback.
    pub fn is_customers(&self) -> bool {
        self.call_type != CallType::Internal && is_customer_call(self.purpose)
    }

    /// An Inbound root call: how a customer's matter comes in.
    pub fn is_interaction(&self) -> bool {
        self.depth == 0 && self.call_type == CallType::Inbound
    }

    /// A consult that somebody answered: one that nobody did, or whose prompt expired, is none.
    pub fn is_consult(&self) -> bool {
        self.purpose == Purpose::Consult && self.is_answered()
    }

    pub fn is_internal_consult(&self) -> bool {
        self.call_type == CallType::Internal && self.is_consult()
    }

    pub fn is_abandoned(&self) -> bool {
        &*self.disposition == "abandoned"
    }

    /// Whether it waited in a queue.
    pub fn is_offered(&self) -> bool {
        self.queue.is_some() && self.queued.is_some()
    }

    pub fn wait_ms(&self) -> Option<i64> {
        Some(self.answered? - self.queued?)
    }
}

impl Leg {
    /// Of somebody who handles or is asked; supervisors and customers do neither.
    pub fn is_agents(&self) -> bool {
        self.user.is_some() && matches!(self.role, Role::Agent | Role::Specialist)
    }
}

impl Ledger {
    /// Whose leg was answered first; where the records hold no legs, who handled it.
    pub fn first_answering(&self, call: &Call) -> Option<u32> {
        let answered = self.legs_of(call).iter().filter(|leg| leg.is_agents());
        let first = answered.filter_map(|leg| Some((leg.answered?, leg.user?))).min();
        first.map(|(_, user)| user).or_else(|| call.answered.and(call.user.or(call.target)))
    }

    /// Who was consulted: whom the call was for, or who answered it.
    pub fn consulted(&self, call: &Call) -> Option<u32> {
        let answered =
            self.legs_of(call).iter().filter(|leg| leg.answered.is_some() && leg.user != call.initiator);
        call.target.or_else(|| answered.filter_map(|leg| leg.user).next())
    }

    /// The legs of those who were consulted, called or added: all but the initiator's.
    pub fn called_side<'a>(&'a self, call: &'a Call) -> impl Iterator<Item = &'a Leg> {
        self.legs_of(call).iter().filter(|leg| leg.user.is_some() && leg.user != call.initiator)
    }

    /// The legs whose seconds are the call's: of a customer's call its agents', of another the called side's. So no
    /// second of a consult counts on both sides.
    pub fn measured<'a>(&'a self, call: &'a Call) -> Vec<&'a Leg> {
        if call.is_customers() {
            self.legs_of(call).iter().filter(|leg| leg.is_agents()).collect()
        } else {
            self.called_side(call).collect()
        }
    }

    /// What the consulted side talked, in private or in conference.
    pub fn consult_seconds<'a>(&'a self, call: &'a Call) -> impl Iterator<Item = &'a Segment> {
        let talks = |segment: &&Segment| matches!(segment.kind, SegmentKind::Talk | SegmentKind::Conference);
        self.called_side(call).flat_map(|leg| self.segments_of(leg)).filter(talks)
    }

    /// An answered Inbound root call whose first answering agent is of tier 1.
    pub fn is_tier_one(&self, call: &Call) -> bool {
        call.is_interaction() && call.is_answered() && self.tier(self.first_answering(call)) == Some(1)
    }

    /// Its answered Internal consults, of tier 1 with an agent of tier 2 or above.
    pub fn training_consults<'a>(&'a self, root: &'a Call) -> impl Iterator<Item = (u32, &'a Call)> {
        self.chained(root).filter(|(_, call)| {
            call.is_internal_consult()
                && self.tier(call.initiator) == Some(1)
                && self.is_above(self.consulted(call))
        })
    }

    /// An answered consult with, or a transfer answered by, an agent of tier 2 or above.
    pub fn is_escalated(&self, root: &Call) -> bool {
        self.chained(root).any(|(_, call)| match call.purpose {
            Purpose::Consult => call.is_consult() && self.is_above(self.consulted(call)),
            Purpose::Transfer => call.is_answered() && self.is_above(self.first_answering(call)),
            _ => false,
        })
    }

    fn is_above(&self, person: Option<u32>) -> bool {
        self.tier(person).is_some_and(|tier| tier >= 2)
    }

    pub fn chained<'a>(&'a self, call: &'a Call) -> impl Iterator<Item = (u32, &'a Call)> {
        (call.chain.start..).zip(self.chain_of(call))
    }

    /// Whether the same customer called about the same matter within seven days before or after; None where nobody
    /// knows who called.
    pub fn is_repeated(&self, call: &Call) -> Option<bool> {
        let key = (call.customer.clone()?, Ledger::matter(&call.category, &call.subject));
        let times = self.inbound.get(&key).map(Vec::as_slice).unwrap_or_default();
        let near = times.iter().filter(|at| (**at - call.started).abs() < FCR_MS).count();
        Some(near > 1)
    }

    /// The longest hold of the call's agents, and all of them together.
    pub fn holds(&self, call: &Call) -> (i64, i64) {
        let legs = self.legs_of(call).iter().filter(|leg| leg.is_agents());
        let holds =
            legs.flat_map(|leg| self.segments_of(leg)).filter(|segment| segment.kind == SegmentKind::Hold);
        holds.fold((0, 0), |(longest, sum), hold| {
            let ms = Timestamp::from_ms(hold.end).ms_since(Timestamp::from_ms(hold.start));
            (longest.max(ms), sum + ms)
        })
    }
}
