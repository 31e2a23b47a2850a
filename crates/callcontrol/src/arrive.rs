//! Arriving: a new wire of theirs becomes a conversation, or is refused with the reason.

use std::{collections::BTreeMap, sync::Arc};

use access::{Area, Permission};
use signaling::Origin;
use terms::{ConversationId, Timestamp, UserId};
use voicecall::{
    Actor, AnswerWhen, CallType, Command, Details, Event, Input, Opening, Party, Policy, Purpose,
    input::QueueOrUser,
};

use crate::{
    act::own_claim,
    effect::{Effect, Refusal},
    flow::{FlowRun, FlowStep, Heard},
    organization::{Destination, Entry, Organization},
    reconcile::Told,
    shard::{Arrival, Owned, Pending, Shard},
};

impl Shard {
    pub(crate) fn arrive(&mut self, arrival: Arrival, now: Timestamp) {
        let leg = arrival.leg;
        let let_in = match arrival.from {
            Origin::Trunk(trunk) => self.arrive_from_trunk(arrival, trunk, now),
            Origin::User(user) => self.arrive_from_user(&arrival, user, now),
        };
        if let Err(refusal) = let_in {
            metrics::counter!("tandem_calls_refused_total").increment(1);
            self.out.effects.push(Effect::Refuse { leg, refusal });
        }
    }

    fn arrive_from_trunk(
        &mut self,
        arrival: Arrival,
        trunk: terms::TrunkId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let organization = self.organization.clone();
        let (dialed, number) = organization.number_dialed(&arrival.to).ok_or(Refusal::NotFound)?;
        if matches!(number.goes_to, Entry::Nowhere) {
            return Err(Refusal::NotFound);
        }
        if !organization.is_emergency(&arrival.to) {
            self.admit(now)?;
        }
        let opening = Opening {
            id: arrival.leg.conversation,
            at: now,
            call_type: CallType::Inbound,
            purpose: Purpose::Customer,
            first: Party::Number(arrival.caller.clone()),
            incoming: true,
            auto_answer: false,
            dialed: Some(dialed.clone()),
            queue: match &number.goes_to {
                Entry::Queue(queue) => Some(*queue),
                Entry::User(_) | Entry::Flow(_) | Entry::Nowhere => None,
            },
            trunk: Some(trunk),
            ephemeral: false,
            details: details_of(&arrival.headers),
            policy: policy(&organization, number.answer),
            callback: None,
        };
        let id = opening.id;
        self.open(opening, now);
        if let Some(owned) = self.owned.get_mut(&id) {
            owned.world.wires.insert(0, Told::Arrived);
            owned.display = arrival.display;
        }
        self.enter(id, &number.goes_to, now);
        Ok(())
    }

    fn enter(&mut self, id: ConversationId, entry: &Entry, now: Timestamp) {
        let target = match entry {
            Entry::Queue(queue) => QueueOrUser::Queue(*queue),
            Entry::User(user) if self.is_away(*user) => {
                if let Some(owned) = self.owned.get_mut(&id) {
                    owned.flow = Some(FlowRun::new(vec![FlowStep::Play("not_available".to_owned())]));
                }
                self.flow_on(id, Heard::Nothing, now);
                return;
            }
            Entry::User(user) => QueueOrUser::User(*user),
            Entry::Flow(steps) => {
                if let Some(owned) = self.owned.get_mut(&id) {
                    owned.flow = Some(FlowRun::new(steps.clone()));
                }
                self.flow_on(id, Heard::Nothing, now);
                return;
            }
            Entry::Nowhere => return,
        };
        let priority = match target {
            QueueOrUser::Queue(queue) => {
                self.organization.queues.get(&queue).map_or(5, |queue| queue.priority)
            }
            QueueOrUser::User(_) => 5,
        };
        self.flow_command(id, Command::Enqueue { target, skills: Vec::new(), priority }, now);
    }

    /// A phone of ours dials: an extension or a number; in a call already, it is a consult on a second dialog.
    fn arrive_from_user(&mut self, arrival: &Arrival, user: UserId, now: Timestamp) -> Result<(), Refusal> {
        if let Some(done) = self.park_code(user, &arrival.to, now) {
            return Err(done);
        }
        let organization = self.organization.clone();
        let to = organization.destination_of(&arrival.to).ok_or(Refusal::NotFound)?;
        let principal = organization.principal(user).ok_or(Refusal::Forbidden)?;
        let may = |permission| principal.permits(permission, &Area::anywhere());
        let granted = match to {
            Destination::Emergency(_) => true,
            Destination::Number(_) => may(Permission::PlaceCalls) && may(Permission::PlaceExternalCalls),
            Destination::User(_) | Destination::Queue { .. } => may(Permission::PlaceCalls),
        };
        if !granted {
            return Err(Refusal::Forbidden);
        }
        if matches!(to, Destination::Emergency(_)) {
            self.make_way(user, now);
        }
        let in_a_call = self.conversation_of(user).filter(|id| !self.only_rings(*id, user));
        if let Some(conversation) = in_a_call {
            return self.consult_on_second_dialog(conversation, user, to, arrival.leg, now);
        }
        self.admit_call(user, &to, now).map_err(|refused| refusal_of(&refused))?;
        let id = arrival.leg.conversation;
        self.claim(user, id, own_claim(&to), now).map_err(|_| Refusal::Busy)?;
        let details = details_of(&arrival.headers);
        let placed = self.place_open(id, user, &to, None, details, true, now);
        if let Some(owned) = self.owned.get_mut(&id) {
            owned.world.wires.insert(0, Told::Arrived);
        }
        self.pending.push_back(Pending::Settle(id));
        placed.map(|_| ()).map_err(|refused| refusal_of(&refused))
    }

    /// Whether all that this user has in the conversation is a phone that rings.
    pub(crate) fn only_rings(&self, id: ConversationId, user: UserId) -> bool {
        let conversation = self.owned.get(&id).map(|owned| &owned.conversation);
        let leg = conversation.and_then(|c| c.legs().get(c.leg_of(user)? as usize));
        leg.is_some_and(|leg| leg.is_ringing() && !leg.incoming)
    }

    /// Whoever calls for help has no time for a colleague's ringing call, nor for a private one, which nobody can be added
    /// to; what a queue offers is taken back with the token.
    pub(crate) fn make_way(&mut self, user: UserId, now: Timestamp) {
        let Some(id) = self.conversation_of(user) else { return };
        let command = if self.only_rings(id, user) {
            let token = self.router.agent(user).map(|agent| agent.token);
            (token == Some(routing::Token::Call(id))).then_some(Command::Decline { reason: None })
        } else {
            let private = self.owned.get(&id).is_some_and(|owned| owned.opening.ephemeral);
            private.then_some(Command::HangUp)
        };
        if let Some(command) = command {
            // It may have been answered or given up at this moment.
            let _ = self.feed(id, &Input::by_user(user, command), now);
            self.finish_pending(now);
        }
    }

    /// The live conversation this user has a wire in.
    pub(crate) fn conversation_of(&self, user: UserId) -> Option<ConversationId> {
        let live = |o: &Owned| !o.conversation.is_ended() && o.conversation.leg_of(user).is_some();
        self.owned.iter().find(|(_, o)| live(o)).map(|(id, _)| *id)
    }

    fn admit(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let limits = self.organization.settings.limits;
        self.usage
            .admit(&limits, now)
            .map_err(|retry_after_seconds| Refusal::Overloaded { retry_after_seconds })
    }

    pub(crate) fn open(&mut self, opening: Opening, now: Timestamp) {
        let id = opening.id;
        let opening = Arc::new(opening);
        if opening.ephemeral {
            self.out.effects.push(Effect::KeepNothing { conversation: id });
        }
        self.owned.insert(id, Owned::new(opening.clone()));
        self.record(id, Event::Opened { opening: Box::new((*opening).clone()) }, now);
        self.pending.push_back(Pending::Settle(id));
    }

    /// Opens an outbound or internal call of this user and dials the far end; the caller's token is taken already.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn place_open(
        &mut self,
        id: ConversationId,
        user: UserId,
        to: &Destination,
        queue: Option<terms::QueueId>,
        details: Details,
        incoming: bool,
        now: Timestamp,
    ) -> Result<u64, crate::Refused> {
        let organization = self.organization.clone();
        let target = self.target(id, to, now).inspect_err(|_| {
            let _ = self.router.release(user, id, None, now);
        })?;
        let call_type = match to {
            Destination::Number(_) | Destination::Emergency(_) => CallType::Outbound,
            Destination::User(_) | Destination::Queue { .. } => CallType::Internal,
        };
        let internal = call_type == CallType::Internal;
        let opening = Opening {
            id,
            at: now,
            call_type,
            purpose: if internal { Purpose::Direct } else { Purpose::Customer },
            first: Party::User(user),
            incoming,
            auto_answer: !incoming,
            dialed: to.number().cloned(),
            queue,
            trunk: None,
            ephemeral: internal && !organization.settings.direct_internal_calls_logged,
            details,
            policy: policy(&organization, AnswerWhen::OnFlow),
            callback: None,
        };
        self.open(opening, now);
        let far = self.claimed_user(&target);
        let dialed = self.feed_claimed(id, Actor::User(user), Command::DialFar { target }, far, now);
        if dialed.is_err() {
            // Nobody is left alone in a call that goes nowhere.
            self.flow_command(id, Command::HangUp, now);
        }
        dialed
    }
}

pub(crate) fn policy(organization: &Organization, answer: AnswerWhen) -> Policy {
    Policy {
        answer,
        reattach_grace_ms: organization.settings.reattach_grace_ms,
        hang_up_while_ringing_completes: organization.settings.hang_up_while_ringing_completes,
        ..Policy::default()
    }
}

/// What a trunk or phone tells beside the call: `X-Subject` and `X-Case-Category`.
fn details_of(headers: &[(String, String)]) -> Details {
    let find = |name: &str| {
        let text = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?.1.trim();
        let sound = !text.is_empty() && text.len() <= terms::limits::TEXT_MAX;
        // No database keeps NUL, and no other control character has a meaning here.
        (sound && !text.contains(char::is_control)).then(|| text.to_owned())
    };
    Details {
        subject: find("X-Subject"),
        case_category: find("X-Case-Category"),
        related_record: find("X-Related-Record"),
        attributes: BTreeMap::new(),
    }
}

/// After so long a line of a full trunk may be free.
const TRUNK_RETRY_SECONDS: u32 = 10;

pub(crate) fn refusal_of(refused: &crate::Refused) -> Refusal {
    use crate::Refused;
    match refused {
        Refused::TargetBusy | Refused::CallerBusy => Refusal::Busy,
        Refused::TargetDnd | Refused::TargetOffline | Refused::CallerOffline | Refused::NoTrunk => {
            Refusal::Unavailable
        }
        Refused::TargetUnknown | Refused::NotFound => Refusal::NotFound,
        Refused::LimitReached { retry_after_seconds } => {
            Refusal::Overloaded { retry_after_seconds: *retry_after_seconds }
        }
        Refused::TrunksFull => Refusal::Overloaded { retry_after_seconds: TRUNK_RETRY_SECONDS },
        Refused::Forbidden(_) => Refusal::Forbidden,
        _ => Refusal::Busy,
    }
}
