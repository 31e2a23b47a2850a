//! Messages: what callers leave is kept, offered to the agents of its queue once no customer waits, and stays somebody's
//! until it is done.

use access::{Area, Guarded, Permission, Requirement};
use routing::{ClaimKind, Decision, ItemId, Target, Token, WorkItem, WorkKind};
use store::journal::{Append, Record};
use terms::{
    ConversationId, LegId, MessageId, OfferId, PhoneNumber, QueueId, Timestamp, UserId,
    limits::MESSAGE_MS_MIN,
};
use uuid::Uuid;
use voicecall::{
    Command, Details, MessageEnd, Party, Rejected,
    message::{LeftMessage, MessageFact, MessageState},
};

use crate::{
    command::Refused,
    effect::Effect,
    organization::Destination,
    recover::RecoverError,
    shard::{Pending, Shard},
    view::NewsBody,
};

/// After everybody who waits on a line: customers have 1 to 9.
const PRIORITY: u32 = 100;
/// Whoever puts a message back is not asked again for so long.
const REST_MS: i64 = 60_000;

/// A message that is not done, and how its offering stands.
#[derive(Clone, Debug)]
pub struct LiveMessage {
    pub message: LeftMessage,
    /// Who is asked for it now.
    pub offered_to: Option<UserId>,
}

pub(crate) struct OpenMessage {
    pub(crate) left: LeftMessage,
    offer: Option<(OfferId, UserId)>,
    /// Until then whoever put it back is left out.
    rests: Option<(UserId, Timestamp)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageAct {
    Accept,
    Decline { reason: Option<String> },
    Listened,
    CallBack,
    Requeue,
    Done,
}

impl MessageAct {
    /// As the audit log has it.
    pub fn name(&self) -> &'static str {
        match self {
            MessageAct::Accept => "accept_voicemail",
            MessageAct::Decline { .. } => "decline_voicemail",
            MessageAct::Listened => "play_voicemail",
            MessageAct::CallBack => "call_back_voicemail",
            MessageAct::Requeue => "requeue_voicemail",
            MessageAct::Done => "finish_voicemail",
        }
    }
}

/// About one message, by whoever it is offered to or belongs to, or by a supervisor of its queue.
#[derive(Clone, Debug)]
pub struct ActOnMessage {
    pub message: MessageId,
    pub queue: QueueId,
    /// As whose it is; else as a supervisor.
    pub own: bool,
    pub act: MessageAct,
}

impl Guarded for ActOnMessage {
    fn requirement(&self) -> Requirement {
        let anywhere = |permission| Requirement::Permission(permission, Area::anywhere());
        let area = Area::of_queue(self.queue);
        match (&self.act, self.own) {
            (MessageAct::CallBack, _) => Requirement::All(
                [Permission::TakeCalls, Permission::PlaceCalls, Permission::PlaceExternalCalls]
                    .map(anywhere)
                    .into(),
            ),
            (_, true) => anywhere(Permission::TakeCalls),
            (MessageAct::Listened, false) => Requirement::Permission(Permission::PlayRecordings, area),
            (_, false) => Requirement::Permission(Permission::ManageWaiting, area),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct MessageDone {
    pub message: LiveMessage,
    /// The call back to whoever left it.
    pub called_in: Option<ConversationId>,
}

fn stream_of(id: MessageId) -> String {
    format!("message/{id}")
}

/// To the router a message is work with a conversation's kind of id of its own.
fn root_of(id: MessageId) -> ConversationId {
    ConversationId(id.0)
}

fn id_of(item: ItemId) -> MessageId {
    MessageId(item.0.0)
}

impl Shard {
    // --- leaving one

    /// `#` ends a message; true when it did.
    pub(crate) fn ends_message(&mut self, leg: LegId, digit: char, now: Timestamp) -> bool {
        let speaks = leg.ordinal == 0
            && self.owned.get(&leg.conversation).is_some_and(|o| o.conversation.message().is_some());
        if speaks && digit == '#' {
            self.end_message(leg.conversation, MessageEnd::Key, now);
        }
        // Other keys are part of what is being said.
        speaks
    }

    pub(crate) fn end_message(&mut self, id: ConversationId, how: MessageEnd, now: Timestamp) {
        // Refused when the caller hung up at this moment, which ended it too.
        self.flow_command(id, Command::EndMessage { how }, now);
    }

    pub(crate) fn message_begins(&mut self, id: ConversationId, call: u32, queue: QueueId, now: Timestamp) {
        let first = self.owned.get(&id).and_then(|o| o.conversation.legs().first());
        let number = match first.map(|leg| leg.party.clone()) {
            Some(Party::Number(number)) => number,
            Some(Party::User(_)) | None => None,
        };
        let message = MessageId::left_in(id);
        let fact = MessageFact::Begun { conversation: id, call, queue, number };
        if let Some(left) = LeftMessage::begin(message, &fact, now) {
            self.append_message(&left, &fact, now);
            self.messages.insert(message, OpenMessage { left, offer: None, rests: None });
        }
    }

    /// What is too short by the clock is dropped; of a lost call everything is kept that was written.
    pub(crate) fn message_ends(&mut self, id: ConversationId, how: MessageEnd, ms: i64, now: Timestamp) {
        let leg = LegId::new(id, 0);
        if how == MessageEnd::NodeLost {
            self.out.effects.push(Effect::KeepMessage { leg, most_ms: terms::limits::MESSAGE_MS_MAX });
        } else if ms < MESSAGE_MS_MIN {
            self.out.effects.push(Effect::DropMessage { leg });
            self.note(MessageId::left_in(id), MessageFact::Dropped { ms }, now);
        } else {
            self.out.effects.push(Effect::KeepMessage { leg, most_ms: ms });
        }
        self.pending.push_back(Pending::Farewell(id));
    }

    /// The file is whole, or there is none.
    pub(crate) fn message_kept(&mut self, id: ConversationId, ms: Option<i64>, now: Timestamp) {
        let message = MessageId::left_in(id);
        let recording = |open: &OpenMessage| open.left.state == MessageState::Recording;
        if !self.messages.get(&message).is_some_and(recording) {
            return;
        }
        match ms {
            None => self.note(message, MessageFact::Lost, now),
            Some(ms) if ms < MESSAGE_MS_MIN => {
                self.out.effects.push(Effect::DropMessage { leg: LegId::new(id, 0) });
                self.note(message, MessageFact::Dropped { ms }, now);
            }
            Some(ms) => {
                metrics::counter!("tandem_messages_left_total").increment(1);
                self.note(message, MessageFact::Left { ms }, now);
                self.offer_message(message, now);
            }
        }
    }

    // --- facts

    /// One fact: applied, to be appended, told; what is over is let go of.
    fn note(&mut self, id: MessageId, fact: MessageFact, now: Timestamp) {
        let Some(open) = self.messages.get_mut(&id) else { return };
        let before = open.left.agent;
        open.left.apply(&fact, now);
        let left = open.left.clone();
        self.append_message(&left, &fact, now);
        self.tell_message(id, before, now);
        if fact.closes() {
            self.messages.remove(&id);
        }
    }

    fn append_message(&mut self, left: &LeftMessage, fact: &MessageFact, now: Timestamp) {
        self.out.appends.push(Append {
            stream: stream_of(left.id),
            version: left.version,
            kind: fact.kind().to_owned(),
            payload: serde_json::to_string(fact).unwrap_or_default(),
            at: now,
            closes: fact.closes(),
            command: None,
        });
    }

    fn tell_message(&mut self, id: MessageId, before: Option<UserId>, now: Timestamp) {
        if let Some(message) = self.messages.get(&id).map(OpenMessage::live) {
            self.tell(now, NewsBody::Message { message: Box::new(message), before });
        }
    }

    // --- as work

    /// Puts it into its queue's line.
    fn offer_message(&mut self, id: MessageId, now: Timestamp) {
        let Some(open) = self.messages.get(&id) else { return };
        let mut item = WorkItem::new(root_of(id), Target::Queue(open.left.queue), open.left.started_at);
        item.kind = WorkKind::Voicemail;
        item.prio = Some(PRIORITY);
        item.activated_at = now;
        item.excluded = open.rests.iter().map(|(user, _)| *user).collect();
        self.route(&routing::Input::Enqueued(item), now);
    }

    /// Whether the decision was about a message.
    pub(crate) fn message_decided(&mut self, decision: &Decision, now: Timestamp) -> bool {
        let item = match decision {
            Decision::Offered { item, .. }
            | Decision::Revoked { item, .. }
            | Decision::Missed { item, .. }
            | Decision::Accepted { item, .. }
            | Decision::Declined { item, .. }
            | Decision::Cancelled { item }
            | Decision::Overflowed { item, .. } => *item,
            _ => return false,
        };
        let id = id_of(item);
        let Some(open) = self.messages.get_mut(&id) else { return false };
        let before = open.offer.map(|(_, user)| user);
        match decision {
            Decision::Offered { offer, user, .. } => open.offer = Some((*offer, *user)),
            // Its queue was removed: it stays among those that wait, for a supervisor to see.
            _ => open.offer = None,
        }
        match decision {
            Decision::Missed { user, .. } => {
                self.append_routing(&crate::recover::RoutingFact::Missed { user: *user }, now);
                self.note(id, MessageFact::Missed { user: *user }, now);
            }
            Decision::Declined { user, reason, .. } => {
                self.note(id, MessageFact::Declined { user: *user, reason: reason.clone() }, now);
            }
            Decision::Accepted { user, .. } => self.note(id, MessageFact::Accepted { user: *user }, now),
            _ => {}
        }
        self.tell_message(id, before, now);
        let asked = self.messages.get(&id).and_then(|open| open.offer).map(|(_, user)| user);
        for user in before.into_iter().chain(asked) {
            self.tell_agent(user, now);
        }
        true
    }

    /// Whoever put a message back may be asked again.
    pub(crate) fn messages_due(&mut self, now: Timestamp) {
        let due = |open: &OpenMessage| open.rests.is_some_and(|(_, until)| until <= now);
        let due: Vec<MessageId> =
            self.messages.iter().filter(|(_, open)| due(open)).map(|(id, _)| *id).collect();
        for id in due {
            let Some(open) = self.messages.get_mut(&id) else { continue };
            open.rests = None;
            if open.left.state == MessageState::Waiting && open.offer.is_none() {
                self.offer_message(id, now);
                self.finish_pending(now);
            }
        }
    }

    pub(crate) fn messages_deadline(&self) -> Option<Timestamp> {
        self.messages.values().filter_map(|open| open.rests).map(|(_, until)| until).min()
    }

    /// The message that this user's token is taken for.
    fn holds_message(&self, user: UserId, id: MessageId) -> bool {
        self.router.agent(user).is_some_and(|agent| agent.token == Token::Call(root_of(id)))
    }

    pub(crate) fn is_message(&self, id: ConversationId) -> bool {
        self.messages.contains_key(&MessageId(id.0))
    }

    fn let_message_go(&mut self, user: UserId, id: MessageId, now: Timestamp) {
        if self.holds_message(user, id) {
            for decision in self.router.release(user, root_of(id), None, now) {
                self.pending.push_back(Pending::Decided(decision));
            }
            self.tell_agent(user, now);
        }
    }

    // --- what people do

    /// Those that are not done, oldest first.
    pub(crate) fn live_messages(&self) -> Vec<LiveMessage> {
        let mut messages: Vec<LiveMessage> = self.messages.values().map(OpenMessage::live).collect();
        messages.sort_by_key(|one| (one.message.started_at, one.message.id));
        messages
    }

    pub(crate) fn act_on_message(
        &mut self,
        by: UserId,
        acted: &ActOnMessage,
        now: Timestamp,
    ) -> Result<MessageDone, Refused> {
        let id = acted.message;
        let open = self.messages.get(&id).ok_or(Refused::MessageUnknown)?;
        let mut live = open.live();
        let not_now = Refused::Rejected(Rejected::NotNow);
        let offer = open.offer.filter(|(_, user)| *user == by).map(|(offer, _)| offer);
        let (state, owner) = (open.left.state, open.left.agent);
        let mine = state == MessageState::Assigned && owner == Some(by);
        if acted.own && !mine && offer.is_none() {
            return Err(Refused::MessageUnknown);
        }
        let mut called_in = None;
        match &acted.act {
            MessageAct::Accept => {
                let offer = offer.ok_or(not_now)?;
                self.route(&routing::Input::Answered { offer }, now);
            }
            MessageAct::Decline { reason } => {
                let offer = offer.ok_or(not_now)?;
                self.route(&routing::Input::Declined { offer, reason: reason.clone() }, now);
            }
            MessageAct::Listened if state == MessageState::Recording || acted.own && !mine => {
                return Err(not_now);
            }
            MessageAct::Listened => {
                if open.left.listened.is_none() {
                    self.note(id, MessageFact::Listened { by }, now);
                }
            }
            MessageAct::CallBack if mine => called_in = Some(self.call_back(by, id, now)?),
            MessageAct::Requeue if mine || !acted.own && state == MessageState::Assigned => {
                self.requeue(by, id, now);
            }
            MessageAct::Done if mine || !acted.own && state != MessageState::Recording => {
                live.message.apply(&MessageFact::Done { by }, now);
                self.finish(by, id, now);
            }
            MessageAct::CallBack | MessageAct::Requeue | MessageAct::Done => return Err(not_now),
        }
        self.finish_pending(now);
        let message = self.messages.get(&id).map_or(live, OpenMessage::live);
        Ok(MessageDone { message, called_in })
    }

    /// Back into the line, for somebody else first.
    fn requeue(&mut self, by: UserId, id: MessageId, now: Timestamp) {
        let Some(open) = self.messages.get_mut(&id) else { return };
        let owner = open.left.agent;
        open.rests = owner.map(|user| (user, now.plus_ms(REST_MS)));
        self.note(id, MessageFact::Requeued { by }, now);
        self.offer_message(id, now);
        if let Some(user) = owner {
            self.let_message_go(user, id, now);
        }
    }

    fn finish(&mut self, by: UserId, id: MessageId, now: Timestamp) {
        let owner = self.messages.get(&id).and_then(|open| open.left.agent);
        self.note(id, MessageFact::Done { by }, now);
        self.route(&routing::Input::Cancelled { item: ItemId(root_of(id)) }, now);
        if let Some(user) = owner {
            self.let_message_go(user, id, now);
        }
    }

    /// Their phone rings, then the caller's; the token goes from the message to the call, so that nothing comes between.
    fn call_back(&mut self, by: UserId, id: MessageId, now: Timestamp) -> Result<ConversationId, Refused> {
        let Some(left) = self.messages.get(&id).map(|open| open.left.clone()) else {
            return Err(Refused::MessageUnknown);
        };
        let number: PhoneNumber = left.number.ok_or(Refused::NumberWithheld)?;
        let to = Destination::Number(number);
        self.admit_call(by, &to, now)?;
        let conversation = ConversationId(Uuid::now_v7());
        if !self.router.pass_on(by, root_of(id), conversation) {
            self.claim_own(by, conversation, ClaimKind::OwnAction, now)?;
        }
        let details = Details::default();
        self.place_open(conversation, by, &to, Some(left.queue), details, false, now)?;
        self.note(id, MessageFact::CalledBack { by, conversation }, now);
        Ok(conversation)
    }

    // --- after a restart

    /// What is not done goes on: what was being left is kept as far as it was written, what waited waits, what was
    /// somebody's stays theirs.
    pub(crate) fn restore_messages(&mut self, found: Vec<LeftMessage>, now: Timestamp) {
        for left in found {
            let (id, conversation, state) = (left.id, left.conversation, left.state);
            self.messages.insert(id, OpenMessage { left, offer: None, rests: None });
            match state {
                MessageState::Recording => {
                    let leg = LegId::new(conversation, 0);
                    let most_ms = terms::limits::MESSAGE_MS_MAX;
                    self.out.effects.push(Effect::KeepMessage { leg, most_ms });
                }
                MessageState::Waiting => self.offer_message(id, now),
                MessageState::Assigned | MessageState::Done | MessageState::Dropped | MessageState::Lost => {}
            }
        }
        self.finish_pending(now);
    }

    /// How a caller's call ends who has said it all.
    pub(crate) fn farewell(&mut self, id: ConversationId, now: Timestamp) {
        // Refused when they hung up, which is what is wanted.
        self.flow_command(id, Command::HangUp, now);
    }
}

impl OpenMessage {
    fn live(&self) -> LiveMessage {
        LiveMessage { message: self.left.clone(), offered_to: self.offer.map(|(_, user)| user) }
    }
}

/// A message's stream as it was written.
pub(crate) fn replay(stream: &str, records: &[Record]) -> Result<Option<LeftMessage>, RecoverError> {
    let Some(id) = stream.strip_prefix("message/").and_then(|id| id.parse::<MessageId>().ok()) else {
        return Ok(None);
    };
    let mut left: Option<LeftMessage> = None;
    for record in records {
        let fact: MessageFact = crate::recover::read(record)?;
        match &mut left {
            None => left = LeftMessage::begin(id, &fact, record.at),
            Some(left) => left.apply(&fact, record.at),
        }
    }
    Ok(left)
}
