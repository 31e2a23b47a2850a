//! Desk phones steer calls with what they have: REFER, Replaces, a hold key, a second dialog, digits. Each becomes the same
//! command, with the same checks, as from the API.

use access::{Area, Permission};
use terms::{ConversationId, LegId, Listener, Source, Timestamp, UserId};
use voicecall::{CoachingMode, Command, Input, Signal};

use crate::{
    arrive::refusal_of,
    command::Action,
    effect::{Effect, Refusal},
    organization::Destination,
    shard::{Owned, Shard},
};

/// Parks a call, and fetches it again.
const PARK_CODE: &str = "*55";

impl Shard {
    fn user_at(&self, leg: LegId) -> Option<UserId> {
        let legs = self.owned.get(&leg.conversation)?.conversation.legs();
        legs.get(leg.ordinal as usize)?.party.user()
    }

    /// REFER: a blind transfer, or with Replaces the completion of the phone's own consult.
    pub(crate) fn refer(&mut self, leg: LegId, to: &str, replaces: Option<LegId>, now: Timestamp) {
        let home = self.adopted.get(&leg).copied();
        let id = home.unwrap_or(leg.conversation);
        let user = match home {
            Some(_) => self.user_of_second_dialog(id, leg),
            None => self.user_at(leg),
        };
        let accepted = user.is_some_and(|user| self.refer_as(id, user, to, replaces.is_some(), now));
        self.out.effects.push(Effect::AnswerRefer { leg, accepted });
        self.finish_pending(now);
    }

    fn refer_as(
        &mut self,
        id: ConversationId,
        user: UserId,
        to: &str,
        attended: bool,
        now: Timestamp,
    ) -> bool {
        let Some(principal) = self.organization.principal(user) else { return false };
        let action = if attended {
            Action::CompleteTransfer
        } else if to == PARK_CODE {
            Action::Park
        } else {
            match self.organization.destination_of(to) {
                Some(to) => Action::Transfer { to },
                None => return false,
            }
        };
        let may =
            action.permissions().iter().all(|permission| principal.permits(*permission, &Area::anywhere()));
        may && self.act(id, user, &action, now).is_ok()
    }

    /// Digits 4, 5, 6 of a coaching supervisor change the mode, as ChanSpy has it; they reach nobody. What anybody else of
    /// staff presses goes to the far end, as digits sent over the API do.
    pub(crate) fn digit(&mut self, leg: LegId, digit: char, now: Timestamp) {
        let Some(user) = self.user_at(leg) else {
            let said = self.ends_message(leg, digit, now) || self.answers_menu(leg, digit, now);
            if !said && !self.leaves_by_key(leg, digit, now) {
                self.digit_from_outside(leg, digit);
            }
            return;
        };
        let agent_leg = self.owned.get(&leg.conversation).and_then(|o| {
            let coaching = o.conversation.coaching().find(|c| c.supervisor == user)?;
            Some(coaching.agent_leg)
        });
        let command = match (agent_leg, digit) {
            (None, _) => Command::SendDigits { digits: digit.to_string() },
            (Some(agent_leg), '4' | '5' | '6') => {
                let mode = match digit {
                    '4' => CoachingMode::Monitor,
                    '5' => CoachingMode::Whisper,
                    _ => CoachingMode::Barge,
                };
                if !self.may_coach(leg.conversation, user, mode, Some(agent_leg)) {
                    return;
                }
                Command::ChangeCoachingMode { mode }
            }
            (Some(_), _) => return,
        };
        // The same mode again changes nothing, and a digit that nobody is there for is lost.
        let _ = self.feed(leg.conversation, &Input::by_user(user, command), now);
    }

    /// The park code parks the call that the phone is in; from a free phone it fetches one again, and so does a slot's number.
    /// The dialed call itself ends there: whoever fetches is rung, to answer by itself where the phone can.
    pub(crate) fn park_code(&mut self, user: UserId, dialed: &str, now: Timestamp) -> Option<Refusal> {
        let (id, action) = match self.conversation_of(user) {
            Some(id) if dialed == PARK_CODE => (id, Action::Park),
            Some(_) => return None,
            None => (self.parked_for(user, dialed)?, Action::Retrieve),
        };
        let principal = self.organization.principal(user)?;
        let area = if action.is_scoped() { self.area(id, None)? } else { Area::anywhere() };
        if !action.permissions().iter().all(|permission| principal.permits(*permission, &area)) {
            return Some(Refusal::Forbidden);
        }
        Some(match self.act(id, user, &action, now) {
            Ok(_) => Refusal::Unavailable,
            Err(refused) => refusal_of(&refused),
        })
    }

    /// The parked call that this user asks for: the one in the slot; with the code one they parked themselves, else
    /// whichever has been parked longest.
    fn parked_for(&self, user: UserId, dialed: &str) -> Option<ConversationId> {
        let parked = self.owned.iter().filter(|(_, owned)| owned.conversation.parked_slot().is_some());
        if dialed != PARK_CODE {
            let mut slots = parked.filter(|(_, owned)| owned.conversation.parked_slot() == Some(dialed));
            return slots.next().map(|(id, _)| *id);
        }
        let by_others = |owned: &Owned| owned.conversation.parked_by() != Some(user);
        parked.min_by_key(|(id, owned)| (by_others(owned), **id)).map(|(id, _)| *id)
    }

    /// What somebody outside presses goes wherever outside they are heard, to an announcement that wants an answer; our
    /// own phones have no use for it.
    fn digit_from_outside(&mut self, leg: LegId, digit: char) {
        let Some(owned) = self.owned.get(&leg.conversation) else { return };
        let outside = |to: &LegId| {
            let to = owned.conversation.legs().get(to.ordinal as usize);
            to.is_some_and(|to| to.is_up() && to.party.user().is_none())
        };
        let audience = owned.conversation.hearing();
        let audience = audience.audience(Source::Leg(leg)).filter_map(|listener| match listener {
            Listener::Leg(to) => Some(to),
            Listener::Recorder(_) => None,
        });
        let far: Vec<LegId> = audience.filter(outside).collect();
        let send = |leg| Effect::Digits { leg, digits: digit.to_string() };
        self.out.effects.extend(far.into_iter().map(send));
    }

    /// The phone of somebody in a call dials again: a consult, its audio on the new dialog of the same phone.
    pub(crate) fn consult_on_second_dialog(
        &mut self,
        id: ConversationId,
        user: UserId,
        to: Destination,
        wire: LegId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let may = self
            .organization
            .principal(user)
            .is_some_and(|p| p.permits(Permission::Consult, &Area::anywhere()));
        if !may && !matches!(to, Destination::Emergency(_)) {
            return Err(Refusal::Forbidden);
        }
        self.act(id, user, &Action::StartConsult { to, note: None }, now).map_err(|r| refusal_of(&r))?;
        let Some(owned) = self.owned.get_mut(&id) else { return Err(Refusal::Unavailable) };
        let Some(leg) = owned.conversation.leg_of(user) else { return Err(Refusal::Unavailable) };
        owned.adopted.insert(wire, leg);
        self.adopted.insert(wire, id);
        self.out.effects.push(Effect::Adopt { wire, leg: LegId::new(id, leg) });
        Ok(())
    }

    fn user_of_second_dialog(&self, id: ConversationId, wire: LegId) -> Option<UserId> {
        let owned = self.owned.get(&id)?;
        let leg = owned.adopted.get(&wire)?;
        owned.conversation.legs().get(*leg as usize)?.party.user()
    }

    /// What the second dialog of a phone does concerns the consult it carries.
    pub(crate) fn second_dialog(&mut self, id: ConversationId, wire: LegId, signal: &Signal, now: Timestamp) {
        let Some(user) = self.user_of_second_dialog(id, wire) else { return };
        let command = match signal {
            Signal::LegEnded { .. } | Signal::LegFailed { .. } => {
                self.adopted.remove(&wire);
                if let Some(owned) = self.owned.get_mut(&id) {
                    owned.adopted.remove(&wire);
                }
                Command::CancelConsult
            }
            Signal::PhoneResumed { .. } if self.consult_is_on_customer(id) => Command::SwapConsult,
            _ => return,
        };
        // The consult may be over already.
        let _ = self.feed(id, &Input::by_user(user, command), now);
    }

    fn consult_is_on_customer(&self, id: ConversationId) -> bool {
        self.owned
            .get(&id)
            .and_then(|o| o.conversation.consult())
            .is_some_and(|consult| consult.phase == voicecall::conversation::ConsultPhase::Swapped)
    }

    /// A phone with a consult on a second dialog presses resume on the first: back to the customer.
    pub(crate) fn phone_swaps(&mut self, leg: LegId, signal: &Signal, now: Timestamp) -> bool {
        let held = matches!(signal, Signal::PhoneHeld { .. });
        if !held && !matches!(signal, Signal::PhoneResumed { .. }) {
            return false;
        }
        let Some(owned) = self.owned.get(&leg.conversation) else { return false };
        if !owned.adopted.values().any(|adopted| *adopted == leg.ordinal) {
            return false;
        }
        if !held && !self.consult_is_on_customer(leg.conversation) {
            let user = self.user_at(leg);
            if let Some(user) = user {
                let _ = self.feed(leg.conversation, &Input::by_user(user, Command::SwapConsult), now);
            }
        }
        true
    }
}
