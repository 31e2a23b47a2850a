//! One conversation's events in memory, and the part of routing's stream that belongs to conversations: wrap-up.

use std::collections::BTreeMap;

use serde::Deserialize;
use terms::{ConversationId, Timestamp, UserId};
use voicecall::{Event, Opening};

use crate::{
    fact::{ConversationFacts, WrapUp},
    fold::Folding,
};

const CONVERSATION: &str = "conversation/";
pub(crate) const ROUTING: &str = "routing";

pub(crate) fn stream_of(id: ConversationId) -> String {
    format!("{CONVERSATION}{id}")
}

/// None for another stream.
pub(crate) fn conversation_of(stream: &str) -> Option<ConversationId> {
    stream.strip_prefix(CONVERSATION)?.parse().ok()
}

/// A fact of a conversation as its stream holds it; None when no version of ours wrote it.
pub(crate) fn read_event(payload: &str) -> Option<Event> {
    voicecall::upcast::read(voicecall::upcast::FORM, payload.as_bytes()).ok()
}

/// Everything that a conversation's rows are made of.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    folding: Folding,
    pub(crate) wrap_ups: Vec<WrapUp>,
    /// The journal's version of the last fact.
    version: u64,
    /// Where in the journal each VoiceCall was opened, by ordinal.
    pub(crate) call_positions: Vec<i64>,
    /// The VC-numbers given so far, by ordinal.
    pub(crate) numbers: Vec<i64>,
    /// Where in the journal it was touched last.
    pub(crate) touched: i64,
}

impl Story {
    pub(crate) fn open(opening: &Opening, version: u64, position: i64) -> Self {
        Self {
            folding: Folding::open(opening),
            wrap_ups: Vec::new(),
            version,
            call_positions: vec![position],
            numbers: Vec::new(),
            touched: position,
        }
    }

    pub(crate) fn add(&mut self, at: Timestamp, event: &Event, version: u64, position: i64) {
        if matches!(event, Event::CallOpened { .. }) {
            self.call_positions.push(position);
        }
        self.version = version;
        self.touched = position;
        self.folding.take(at, event);
    }

    pub(crate) fn wrap_up(&mut self, moved: WrapUpMoved, position: i64) {
        self.touched = position;
        let open =
            self.wrap_ups.iter_mut().find(|wrap_up| wrap_up.user == moved.user && wrap_up.end.is_none());
        match (moved.ends, open) {
            (true, Some(open)) => open.end = Some(moved.at),
            (false, None) => self.wrap_ups.push(WrapUp { user: moved.user, start: moved.at, end: None }),
            (true, None) | (false, Some(_)) => {}
        }
    }

    pub(crate) fn began(&self) -> (Timestamp, ConversationId) {
        self.folding.began()
    }

    /// Nothing more is expected of it but late results.
    pub(crate) fn is_over(&self) -> bool {
        self.folding.is_ended() && self.wrap_ups.iter().all(|wrap_up| wrap_up.end.is_some())
    }

    pub(crate) fn facts(&self) -> ConversationFacts {
        let mut facts = self.folding.facts_so_far(&self.wrap_ups);
        facts.conversation.version = self.version;
        facts
    }
}

/// What routing's stream says that conversations need; the rest of it is other people's.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum RoutingFact {
    WrapUpStarted {
        user: UserId,
        root: ConversationId,
        until: Timestamp,
    },
    WrapUpExtended {
        user: UserId,
        until: Timestamp,
    },
    WrapUpEnded {
        user: UserId,
        root: ConversationId,
    },
    #[serde(other)]
    Other,
}

/// Somebody's wrap-up for a conversation started or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrapUpMoved {
    pub(crate) user: UserId,
    pub(crate) at: Timestamp,
    pub(crate) ends: bool,
}

/// Who wraps up what, and until when at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wrapping {
    open: BTreeMap<UserId, (ConversationId, Timestamp)>,
}

impl Wrapping {
    /// What the fact means for which conversations. A wrap-up whose end was never told (the node died in it) ended when
    /// its time was over, or when the user's next one began.
    pub(crate) fn take(&mut self, payload: &str, at: Timestamp) -> Vec<(ConversationId, WrapUpMoved)> {
        let Ok(fact) = serde_json::from_str::<RoutingFact>(payload) else { return Vec::new() };
        match fact {
            RoutingFact::WrapUpStarted { user, root, until } => {
                let lost = self.open.insert(user, (root, until));
                let ended =
                    lost.map(|(root, until)| (root, WrapUpMoved { user, at: until.min(at), ends: true }));
                ended.into_iter().chain([(root, WrapUpMoved { user, at, ends: false })]).collect()
            }
            RoutingFact::WrapUpExtended { user, until } => {
                if let Some(open) = self.open.get_mut(&user) {
                    open.1 = until;
                }
                Vec::new()
            }
            RoutingFact::WrapUpEnded { user, root } => {
                if self.open.get(&user).is_some_and(|(of, _)| *of == root) {
                    self.open.remove(&user);
                }
                vec![(root, WrapUpMoved { user, at, ends: true })]
            }
            RoutingFact::Other => Vec::new(),
        }
    }
}
