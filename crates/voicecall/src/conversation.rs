//! The aggregate: everyone who can hear each other, their wires and their records.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use terms::{ConversationId, EndReason, HearingMatrix, LegId, PromptId, QueueId, SkillId, Timestamp, UserId};

use crate::{
    Broken,
    desired::{Desired, Recording, Work, WorkTarget},
    event::Event,
    input::{Attachment, Details, Input, Rejected, Target},
    leg::{Leg, LegState, Party, Role},
    opening::{CallbackOf, Opening, Policy},
    part::Part,
    record::{CallType, CoachingMode, Purpose, VoiceCall},
    wish::Wishes,
};

/// Where the conversation stands, in the words of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ivr,
    Queued,
    Offering,
    Connected,
    Consulting,
    Conference,
    Parked,
    Reattaching,
    /// Known to routing alone (capacity); the core never answers it.
    WrapUp,
    Ended,
}

/// How far a consult has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsultPhase {
    /// It waits in a queue; nobody is rung.
    Waiting,
    Ringing,
    /// Initiator and target speak alone.
    Private,
    /// The initiator is back with the customer, the target hears hold music.
    Swapped,
    /// Everybody is together; the target counts as a party of the main room.
    Merged,
}

/// A consult from its start until it is cancelled, completed, or its target has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Consult {
    pub initiator: u32,
    /// None while it waits in a queue.
    pub leg: Option<u32>,
    pub call: u32,
    pub phase: ConsultPhase,
}

impl Consult {
    /// The target has answered.
    pub fn is_answered(&self) -> bool {
        matches!(self.phase, ConsultPhase::Private | ConsultPhase::Swapped | ConsultPhase::Merged)
    }
    pub fn is_merged(&self) -> bool {
        self.phase == ConsultPhase::Merged
    }
}

/// One supervisor on this conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coaching {
    pub leg: u32,
    pub call: u32,
    pub supervisor: UserId,
    pub agent_leg: u32,
    pub mode: CoachingMode,
    pub attach_to: Attachment,
    /// The supervisor's phone has answered.
    pub connected: bool,
}

/// Work that waits, as the last `Queued` said.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Waiting {
    pub(crate) call: u32,
    pub(crate) target: WorkTarget,
    pub(crate) since: Timestamp,
    pub(crate) skills: Vec<(SkillId, u8)>,
    pub(crate) wishes: Wishes,
    pub(crate) priority: u8,
    pub(crate) head: bool,
    /// How often its one user was rung in vain.
    pub(crate) tries: u8,
    /// Not offered before this time.
    pub(crate) later: Option<Timestamp>,
}

/// The queue the customer came from, kept for the day its agent fails.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Home {
    pub queue: QueueId,
    pub since: Timestamp,
    pub skills: Vec<(SkillId, u8)>,
    pub wishes: Wishes,
    pub priority: u8,
}

/// A blind transfer that has not reached anybody yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handover {
    pub by: UserId,
    pub call: u32,
    /// None while it waits in a queue.
    pub leg: Option<u32>,
}

/// A menu of the entry flow that waits for a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Which menu: the attribute that keeps the answer.
    pub menu: String,
    /// How long the silence may last.
    pub silence_ms: i64,
    /// None while its prompt plays.
    pub until: Option<Timestamp>,
}

/// A message that the customer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// The queue that it is for.
    pub queue: QueueId,
    /// It is cut off then.
    pub until: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parked {
    pub slot: String,
    pub by: UserId,
    pub deadline: Timestamp,
}

/// It holds no times but deadlines and the age of waiting work: when things happened stands beside the events.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conversation {
    pub(crate) id: ConversationId,
    pub(crate) call_type: CallType,
    pub(crate) ephemeral: bool,
    pub(crate) policy: Policy,
    pub(crate) details: Details,
    pub(crate) legs: Vec<Leg>,
    pub(crate) calls: Vec<VoiceCall>,
    pub(crate) customer_call: u32,
    pub(crate) prompt: Option<PromptId>,
    pub(crate) asked: Option<Asked>,
    pub(crate) message: Option<Message>,
    /// The customer has left one that is long enough to be kept.
    pub(crate) left_message: bool,
    pub(crate) work: Option<Waiting>,
    pub(crate) home: Option<Home>,
    /// Whom to dial once the caller's own wire is up.
    pub(crate) far: Option<Target>,
    pub(crate) consult: Option<Consult>,
    pub(crate) handover: Option<Handover>,
    pub(crate) parked: Option<Parked>,
    pub(crate) coaching: Vec<Coaching>,
    pub(crate) recording_paused: bool,
    pub(crate) hand: Option<UserId>,
    /// It left its queue unanswered and stands in the flow again.
    pub(crate) overflowed: bool,
    /// The conversation in which the customer is called back.
    pub(crate) continues_in: Option<ConversationId>,
    /// What this conversation follows, when it is a callback.
    pub(crate) callback: Option<CallbackOf>,
    pub(crate) ended: Option<EndReason>,
}

impl Conversation {
    /// The effect of `Event::Opened`: one wire and one VoiceCall, both ordinal 0.
    pub fn open(opening: &Opening) -> Self {
        let ring_ms = match &opening.first {
            Party::User(_) => opening.policy.ring_ms,
            Party::Number(_) => opening.policy.outbound_ring_ms,
        };
        let callback = opening.purpose == Purpose::Callback;
        let deadline = (!opening.incoming && !callback).then(|| opening.at.plus_ms(ring_ms));
        let user = opening.first.user();
        let first = Leg {
            party: opening.first.clone(),
            role: if user.is_some() { Role::Agent } else { Role::Customer },
            state: LegState::Ringing { deadline },
            incoming: opening.incoming,
            auto_answer: opening.auto_answer,
            offer: None,
            call: 0,
            held: false,
            held_by: None,
            muted_by: None,
            early_media: false,
        };
        let dialed = || opening.dialed.clone().map(|number| Party::Number(Some(number)));
        // A callback is from the number that the customer had called, to the customer.
        let (from, to) = match opening.call_type {
            CallType::Inbound => (opening.first.clone(), dialed()),
            CallType::Outbound if callback => {
                (dialed().unwrap_or(Party::Number(None)), Some(opening.first.clone()))
            }
            CallType::Outbound | CallType::Internal => (opening.first.clone(), None),
        };
        let root = VoiceCall {
            purpose: opening.purpose,
            queue: opening.queue,
            trunk: opening.trunk,
            to,
            initiator: user,
            ..VoiceCall::opened(opening.call_type, from)
        };
        Self {
            id: opening.id,
            call_type: opening.call_type,
            ephemeral: opening.ephemeral,
            policy: opening.policy,
            details: opening.details.clone(),
            legs: vec![first],
            calls: vec![root],
            customer_call: 0,
            prompt: None,
            asked: None,
            message: None,
            left_message: false,
            work: None,
            home: None,
            far: None,
            consult: None,
            handover: None,
            parked: None,
            coaching: Vec::new(),
            recording_paused: false,
            hand: None,
            overflowed: false,
            continues_in: None,
            callback: opening.callback,
            ended: None,
        }
    }

    /// Looks at the state and the clock's word, and says which facts follow. Changes nothing.
    pub fn decide(&self, input: &Input, now: Timestamp) -> Result<Vec<Event>, Rejected> {
        crate::decide::decide(self, input, now)
    }

    /// Folds one fact into the state. Chooses nothing and cannot fail; a fact that does not fit changes nothing.
    pub fn apply(&mut self, event: &Event) {
        crate::apply::apply(self, event);
    }

    pub fn replay(opening: &Opening, events: impl IntoIterator<Item = Event>) -> Self {
        let mut conversation = Self::open(opening);
        for event in events {
            conversation.apply(&event);
        }
        conversation
    }

    /// Who hears whom; media obeys the whole of it.
    pub fn hearing(&self) -> HearingMatrix {
        crate::hearing::hearing(self)
    }

    /// What the world must look like.
    pub fn desired(&self) -> Desired {
        crate::desired::desired(self)
    }

    /// What each wire is doing in which VoiceCall; at most one part for a wire in a call.
    pub fn parts(&self) -> Vec<Part> {
        crate::part::parts(self)
    }

    /// Every promise of the core; true after every apply, in production too.
    pub fn check(&self) -> Result<(), Broken> {
        crate::invariant::check(self)
    }

    pub fn id(&self) -> ConversationId {
        self.id
    }
    pub fn call_type(&self) -> CallType {
        self.call_type
    }
    pub fn ephemeral(&self) -> bool {
        self.ephemeral
    }
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
    pub fn details(&self) -> &Details {
        &self.details
    }
    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }
    pub fn calls(&self) -> &[VoiceCall] {
        &self.calls
    }
    /// The VoiceCall the customer is in now (in a direct call: the call itself); it may be closed while two colleagues
    /// finish their sentence.
    pub fn customer_call(&self) -> u32 {
        self.customer_call
    }
    /// The queue of the current customer call.
    pub fn queue(&self) -> Option<QueueId> {
        self.calls.get(self.customer_call as usize).and_then(|call| call.queue)
    }
    /// This user's live wire.
    pub fn leg_of(&self, user: UserId) -> Option<u32> {
        let found = self.legs.iter().position(|leg| leg.is_live() && leg.party == Party::User(user));
        found.map(|index| index as u32)
    }
    pub fn coaching(&self) -> impl Iterator<Item = &Coaching> {
        self.coaching.iter()
    }
    pub fn consult(&self) -> Option<&Consult> {
        self.consult.as_ref()
    }
    /// The work that waits; the same as in `desired`, without the cost of the rest.
    pub fn work(&self) -> Option<Work> {
        crate::desired::work(self)
    }
    /// Between two rings of a recall: the customer waits, and nobody is offered the call.
    pub fn recall_pauses(&self) -> bool {
        self.work.as_ref().is_some_and(|work| work.later.is_some())
    }
    /// How often whoever gets the call back was rung in vain.
    pub fn recall_tries(&self) -> u8 {
        self.work.as_ref().map_or(0, |work| work.tries)
    }
    /// The users whose voice token this conversation needs; the same as in `desired`.
    pub fn people(&self) -> BTreeSet<UserId> {
        crate::desired::people(self)
    }
    /// Whom an outbound or direct call dials once the caller's own wire is up.
    pub fn far(&self) -> Option<&Target> {
        self.far.as_ref()
    }
    /// The prompt that plays to whoever waits.
    pub fn prompt(&self) -> Option<PromptId> {
        self.prompt
    }
    /// The menu that waits for a key of the customer.
    pub fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref()
    }
    /// The message that the customer leaves now.
    pub fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }
    /// The customer has left a message that is long enough to be kept.
    pub fn has_left_message(&self) -> bool {
        self.left_message
    }
    /// The queue that the customer goes back to when its agent fails.
    pub fn home(&self) -> Option<&Home> {
        self.home.as_ref()
    }
    /// The blind transfer that has not reached anybody yet.
    pub fn handover(&self) -> Option<&Handover> {
        self.handover.as_ref()
    }
    /// Its queue gave it up, and it stands in the entry flow again.
    pub fn has_overflowed(&self) -> bool {
        self.overflowed
    }
    /// What a customer's callback follows, and how it is made.
    pub fn callback(&self) -> Option<&CallbackOf> {
        self.callback.as_ref()
    }
    /// Whether it is one.
    pub fn is_callback(&self) -> bool {
        self.calls.first().is_some_and(|call| call.purpose == Purpose::Callback)
    }
    /// The conversation in which the customer is called back.
    pub fn continues_in(&self) -> Option<ConversationId> {
        self.continues_in
    }
    /// Until when waiting work rests.
    pub fn rests_until(&self) -> Option<Timestamp> {
        self.work.as_ref().and_then(|work| work.later)
    }
    pub fn parked(&self) -> Option<&Parked> {
        self.parked.as_ref()
    }
    /// Who asks for a supervisor.
    pub fn hand_raised_by(&self) -> Option<UserId> {
        self.hand
    }
    pub fn hand_raised(&self) -> bool {
        self.hand.is_some()
    }
    pub fn parked_slot(&self) -> Option<&str> {
        self.parked.as_ref().map(|parked| parked.slot.as_str())
    }
    pub fn parked_by(&self) -> Option<UserId> {
        self.parked.as_ref().map(|parked| parked.by)
    }
    pub fn is_ended(&self) -> bool {
        self.ended.is_some()
    }
    pub fn end_reason(&self) -> Option<EndReason> {
        self.ended
    }
    /// On from the first answer to the end, where the policy records; what it hears follows the hearing matrix.
    pub fn recording(&self) -> Recording {
        let begun = self.calls.first().is_some_and(|call| call.answered);
        if !self.policy.record || self.ephemeral || self.is_ended() || !begun {
            Recording::Off
        } else if self.recording_paused {
            Recording::Paused
        } else {
            Recording::On
        }
    }
    pub fn state(&self) -> State {
        crate::part::state(self)
    }
    /// Staff wires talking to the customer (in a direct call: everybody), longest present first.
    pub fn handled_by(&self) -> impl Iterator<Item = u32> {
        self.main_staff()
    }
    pub(crate) fn leg_id(&self, leg: u32) -> LegId {
        LegId::new(self.id, leg)
    }
}
