//! Who stands where. The main room is everybody who belongs to the customer's call; an un-merged consult takes its
//! initiator aside; a held party stands alone. Hearing, parts, state and the deciders all ask here.

use terms::UserId;

use crate::{
    conversation::{ConsultPhase, Conversation},
    leg::{Leg, LegState, Party, Role},
    record::{CallType, VoiceCall},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Not in any room: ringing, ended, or a supervisor (who stands where the coached agent stands).
    Nowhere,
    Main,
    /// The two of a private consult.
    Private,
    /// Started a consult that nobody has answered yet.
    Apart,
    /// Hears hold music and is heard by nobody.
    Held,
}

impl Conversation {
    pub(crate) fn leg(&self, leg: u32) -> Option<&Leg> {
        self.legs.get(leg as usize)
    }
    pub(crate) fn call(&self, call: u32) -> Option<&VoiceCall> {
        self.calls.get(call as usize)
    }
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Leg)> {
        (0u32..).zip(self.legs.iter())
    }
    pub(crate) fn user_of(&self, leg: u32) -> Option<UserId> {
        self.leg(leg).and_then(|leg| leg.party.user())
    }

    /// The target of a consult that has answered and was not merged.
    pub(crate) fn private_target(&self) -> Option<u32> {
        self.consult.filter(|consult| !consult.is_merged()).and_then(|consult| consult.leg)
    }
    /// The consult that keeps its initiator from the others (not merged).
    pub(crate) fn initiates(&self, leg: u32) -> bool {
        self.consult.is_some_and(|consult| !consult.is_merged() && consult.initiator == leg)
    }

    /// The parties of the customer's call, wherever they stand at this moment: held, lost, or aside in a consult.
    pub(crate) fn main(&self) -> impl Iterator<Item = (u32, &Leg)> {
        let target = self.private_target();
        self.numbered().filter(move |(ordinal, leg)| leg.is_joined() && Some(*ordinal) != target)
    }
    pub(crate) fn others(&self, than: u32) -> impl Iterator<Item = (u32, &Leg)> {
        self.main().filter(move |(ordinal, _)| *ordinal != than)
    }
    pub(crate) fn main_staff(&self) -> impl Iterator<Item = u32> {
        self.main().filter(|(_, leg)| leg.is_staff()).map(|(ordinal, _)| ordinal)
    }
    pub(crate) fn is_direct(&self) -> bool {
        self.call_type == CallType::Internal
    }

    /// Those whom a consult or transfer of `than` is about: the outside parties, or in a direct call everybody else.
    pub(crate) fn is_anybody_besides(&self, than: u32) -> bool {
        self.others(than).any(|(_, leg)| leg.is_up() && (leg.is_outside() || self.is_direct()))
    }
    /// The others need nobody to talk: another of staff is with the customer (direct: at least two remain).
    pub(crate) fn can_spare(&self, than: u32) -> bool {
        if self.is_direct() {
            return self.others(than).count() >= 2;
        }
        self.others(than).any(|(_, leg)| leg.is_staff()) && self.others(than).any(|(_, leg)| leg.is_outside())
    }

    pub(crate) fn stand(&self, ordinal: u32) -> Stand {
        let Some(leg) = self.leg(ordinal).filter(|leg| leg.is_joined()) else { return Stand::Nowhere };
        if let Some(consult) = self.consult.filter(|consult| !consult.is_merged()) {
            let target = consult.leg == Some(ordinal);
            match (consult.phase, target, consult.initiator == ordinal) {
                (ConsultPhase::Private, true, _) | (ConsultPhase::Private, _, true) => return Stand::Private,
                (ConsultPhase::Swapped, true, _) => return Stand::Held,
                (ConsultPhase::Waiting | ConsultPhase::Ringing, _, true) => return Stand::Apart,
                _ => {}
            }
        }
        if leg.held { Stand::Held } else { Stand::Main }
    }

    /// The ringing wire of the offer in progress.
    pub(crate) fn offered(&self) -> Option<u32> {
        let ringing = self.numbered().find(|(_, leg)| leg.is_ringing() && leg.offer.is_some());
        ringing.map(|(ordinal, _)| ordinal)
    }
    /// Work that waits for the customer's own next agent (not a consult's).
    pub(crate) fn waits_for_agent(&self) -> bool {
        self.work.as_ref().is_some_and(|work| work.call == self.customer_call)
    }
    /// The wire that rings to fetch a parked customer.
    pub(crate) fn retrieving(&self) -> Option<u32> {
        self.parked.as_ref()?;
        let fetching = |leg: &Leg| leg.is_ringing() && leg.role == Role::Agent && leg.offer.is_none();
        self.numbered().find(|(_, leg)| fetching(leg)).map(|(ordinal, _)| ordinal)
    }
    /// The far end of an outbound or direct call, of a callback or of an overflow to a number that rings: whoever was dialed
    /// for the customer's call itself.
    pub(crate) fn dialing(&self) -> bool {
        let call = self.customer_call;
        let far = |leg: &Leg| leg.is_ringing() && !leg.incoming && leg.call == call;
        // The first wire of a callback is the customer's.
        self.numbered().any(|(ordinal, leg)| (ordinal != 0 || leg.is_outside()) && far(leg))
            && !self.has_answered(call)
    }
    pub(crate) fn has_answered(&self, call: u32) -> bool {
        self.call(call).is_some_and(|call| call.answered)
    }
    pub(crate) fn is_open(&self, call: u32) -> bool {
        self.call(call).is_some_and(|call| call.open)
    }
    /// The customer has an agent (direct: the two are joined): nothing is waited for.
    pub(crate) fn is_talking(&self) -> bool {
        self.is_open(self.customer_call)
            && self.has_answered(self.customer_call)
            && !self.waits_for_agent()
            && self.handover.is_none()
            && self.parked.is_none()
    }
    /// Consult initiator and target, both there and answered, may finish whoever else has left.
    pub(crate) fn may_finish(&self) -> Option<(u32, u32)> {
        let consult = self.consult.filter(|consult| consult.is_answered())?;
        let target = consult.leg?;
        let there = |leg: u32| self.leg(leg).is_some_and(Leg::is_joined);
        (there(consult.initiator) && there(target)).then_some((consult.initiator, target))
    }
    /// People who talk or are being rung to talk; coaches do not count. A consult that waits in a queue has its place.
    pub(crate) fn party_count(&self) -> usize {
        let waiting = self.consult.is_some_and(|consult| consult.phase == ConsultPhase::Waiting);
        let people = self.legs.iter().filter(|leg| leg.is_live() && leg.role != Role::Supervisor).count();
        people + usize::from(waiting)
    }

    /// Whether the conversation still has a reason to be: somebody waits for somebody, the customer has somebody of
    /// staff, two outside parties go on without staff, or two colleagues finish their consult.
    pub(crate) fn goes_on(&self) -> bool {
        if self.may_finish().is_some() {
            return true;
        }
        let outside = self
            .numbered()
            .filter(|(ordinal, leg)| {
                leg.is_outside()
                    && Some(*ordinal) != self.private_target()
                    && (leg.is_joined() || leg.incoming && leg.is_ringing())
            })
            .count();
        let staff = self.main_staff().count();
        if self.is_waiting() {
            return if self.has_answered(0) || self.customer_call != 0 {
                outside > 0 || self.is_direct() && staff > 0
            } else {
                self.legs.first().is_some_and(Leg::is_live)
            };
        }
        if self.is_direct() {
            return staff + outside >= 2;
        }
        outside > 0 && staff > 0 || outside >= 2
    }
    /// Somebody waits: in the flow, a queue, for a transfer target or the far end, or parked.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_open(self.customer_call) && !self.is_talking()
    }
}

impl Leg {
    /// In the conversation: up, or lost and expected back. A supervisor never is.
    pub(crate) fn is_joined(&self) -> bool {
        self.role != Role::Supervisor && matches!(self.state, LegState::Up | LegState::Lost { .. })
    }
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.state, LegState::Lost { .. })
    }
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self.role, Role::Customer | Role::ThirdParty)
    }
    pub(crate) fn is_user(&self) -> bool {
        matches!(self.party, Party::User(_))
    }
}
