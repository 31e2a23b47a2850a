//! A message that a caller left, and what became of it: a stream of facts of its own, which goes on when the conversation
//! is over.

use serde::{Deserialize, Serialize};
use terms::{ConversationId, MessageId, PhoneNumber, QueueId, Timestamp, UserId};

/// Facts, past tense; the journal keeps them as JSON with the time beside. `Begun` is the first of every stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MessageFact {
    /// A caller speaks.
    Begun {
        conversation: ConversationId,
        call: u32,
        queue: QueueId,
        /// None for who withholds it.
        number: Option<PhoneNumber>,
    },
    /// It is kept, and waits for somebody.
    Left {
        ms: i64,
    },
    /// Too short to be one.
    Dropped {
        ms: i64,
    },
    /// Nothing of it was written when this server was lost.
    Lost,
    Accepted {
        user: UserId,
    },
    Declined {
        user: UserId,
        reason: Option<String>,
    },
    Missed {
        user: UserId,
    },
    /// Heard for the first time.
    Listened {
        by: UserId,
    },
    CalledBack {
        by: UserId,
        conversation: ConversationId,
    },
    /// For somebody else.
    Requeued {
        by: UserId,
    },
    Done {
        by: UserId,
    },
}

impl MessageFact {
    /// The fact's name: serde's tag.
    pub fn kind(&self) -> &'static str {
        match self {
            MessageFact::Begun { .. } => "begun",
            MessageFact::Left { .. } => "left",
            MessageFact::Dropped { .. } => "dropped",
            MessageFact::Lost => "lost",
            MessageFact::Accepted { .. } => "accepted",
            MessageFact::Declined { .. } => "declined",
            MessageFact::Missed { .. } => "missed",
            MessageFact::Listened { .. } => "listened",
            MessageFact::CalledBack { .. } => "called_back",
            MessageFact::Requeued { .. } => "requeued",
            MessageFact::Done { .. } => "done",
        }
    }

    /// Nothing follows it.
    pub fn closes(&self) -> bool {
        matches!(self, MessageFact::Dropped { .. } | MessageFact::Lost | MessageFact::Done { .. })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    Recording,
    Waiting,
    Assigned,
    Done,
    Dropped,
    Lost,
}

impl MessageState {
    pub const ALL: [MessageState; 6] = [
        MessageState::Recording,
        MessageState::Waiting,
        MessageState::Assigned,
        MessageState::Done,
        MessageState::Dropped,
        MessageState::Lost,
    ];

    pub fn word(self) -> &'static str {
        match self {
            MessageState::Recording => "recording",
            MessageState::Waiting => "waiting",
            MessageState::Assigned => "assigned",
            MessageState::Done => "done",
            MessageState::Dropped => "dropped",
            MessageState::Lost => "lost",
        }
    }
}

/// One message as its facts have it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftMessage {
    pub id: MessageId,
    pub conversation: ConversationId,
    /// The ordinal of the VoiceCall in which it was left.
    pub call: u32,
    pub queue: QueueId,
    pub number: Option<PhoneNumber>,
    pub started_at: Timestamp,
    /// How long it is; 0 while it is being left.
    pub ms: i64,
    pub state: MessageState,
    /// Whose it is; of one that is done, who did it.
    pub agent: Option<UserId>,
    pub listened: Option<(UserId, Timestamp)>,
    /// The conversation in which the caller was called back last.
    pub called_back_in: Option<ConversationId>,
    pub done_at: Option<Timestamp>,
    /// Number of facts so far.
    pub version: u64,
}

impl LeftMessage {
    /// None when the stream does not begin with how it began.
    pub fn begin(id: MessageId, fact: &MessageFact, at: Timestamp) -> Option<Self> {
        let MessageFact::Begun { conversation, call, queue, number } = fact else { return None };
        Some(Self {
            id,
            conversation: *conversation,
            call: *call,
            queue: *queue,
            number: number.clone(),
            started_at: at,
            ms: 0,
            state: MessageState::Recording,
            agent: None,
            listened: None,
            called_back_in: None,
            done_at: None,
            version: 1,
        })
    }

    /// Folds one fact into it. Chooses nothing and cannot fail.
    pub fn apply(&mut self, fact: &MessageFact, at: Timestamp) {
        self.version += 1;
        match fact {
            MessageFact::Begun { .. } | MessageFact::Declined { .. } | MessageFact::Missed { .. } => {}
            MessageFact::Left { ms } => (self.state, self.ms) = (MessageState::Waiting, *ms),
            MessageFact::Dropped { ms } => (self.state, self.ms) = (MessageState::Dropped, *ms),
            MessageFact::Lost => self.state = MessageState::Lost,
            MessageFact::Accepted { user } => {
                (self.state, self.agent) = (MessageState::Assigned, Some(*user));
            }
            MessageFact::Listened { by } => {
                self.listened.get_or_insert((*by, at));
            }
            MessageFact::CalledBack { conversation, .. } => self.called_back_in = Some(*conversation),
            MessageFact::Requeued { .. } => (self.state, self.agent) = (MessageState::Waiting, None),
            MessageFact::Done { by } => {
                (self.state, self.done_at) = (MessageState::Done, Some(at));
                self.agent.get_or_insert(*by);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_put_back_and_done_by_its_facts() {
        let at = Timestamp::from_ms;
        let conversation = ConversationId::from_number(1);
        let begun =
            MessageFact::Begun { conversation, call: 0, queue: QueueId::from_number(2), number: None };
        let mut message = LeftMessage::begin(MessageId::left_in(conversation), &begun, at(1_000)).unwrap();
        let (ana, ben) = (UserId::from_number(3), UserId::from_number(4));
        for (fact, state, agent) in [
            (MessageFact::Left { ms: 4_000 }, MessageState::Waiting, None),
            (MessageFact::Declined { user: ben, reason: None }, MessageState::Waiting, None),
            (MessageFact::Accepted { user: ana }, MessageState::Assigned, Some(ana)),
            (MessageFact::Listened { by: ana }, MessageState::Assigned, Some(ana)),
            (MessageFact::Requeued { by: ana }, MessageState::Waiting, None),
            (MessageFact::Done { by: ben }, MessageState::Done, Some(ben)),
        ] {
            message.apply(&fact, at(2_000));
            assert_eq!((message.state, message.agent), (state, agent), "{fact:?}");
        }
        assert_eq!((message.ms, message.version), (4_000, 7));
        assert_eq!((message.listened, message.done_at), (Some((ana, at(2_000))), Some(at(2_000))));
    }
}
