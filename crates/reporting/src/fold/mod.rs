//! Folding: a conversation's facts, replayed, become its records. Pure: the same facts give the same records and ids.
//!
//! The conversation is replayed fact by fact, and at the end of every moment (facts with one time are one moment) its
//! parts are compared with those of the moment before: a segment is the interval between two changes of a (wire, call)'s
//! kind. So every second of a call leg is in exactly one segment, without gap or overlap, and none has no length.

mod build;
mod note;
mod watch;

use terms::{ConversationId, Timestamp};
use voicecall::{Conversation, Event, Opening};

use crate::{
    fact::{ConversationFacts, WrapUp},
    fold::{note::Notes, watch::Watch},
};

/// Folds the facts of one conversation. `facts` are those of its stream, in order, with or without the `Opened` that
/// `opening` was taken from; `wrap_ups` come from routing's stream. What is still open is counted up to `now_or_end`,
/// and its records say so by having no end.
pub fn fold<'a>(
    opening: &Opening,
    facts: impl IntoIterator<Item = (Timestamp, &'a Event)>,
    wrap_ups: &[WrapUp],
    now_or_end: Timestamp,
) -> ConversationFacts {
    let mut folding = Folding::open(opening);
    for (at, event) in facts {
        folding.take(at, event);
    }
    folding.facts(wrap_ups, now_or_end)
}

/// A fold that can go on: takes a fact at a time, and says at any time what they come to so far.
#[derive(Clone, Debug)]
pub(crate) struct Folding {
    opened_at: Timestamp,
    conversation: Conversation,
    /// The time of the last fact; it never goes back.
    at: Timestamp,
    version: u64,
    notes: Notes,
    watch: Watch,
}

impl Folding {
    pub(crate) fn open(opening: &Opening) -> Self {
        Self {
            opened_at: opening.at,
            conversation: Conversation::open(opening),
            at: opening.at,
            version: 1,
            notes: Notes::open(opening),
            watch: Watch::open(opening),
        }
    }

    pub(crate) fn take(&mut self, at: Timestamp, event: &Event) {
        if matches!(event, Event::Opened { .. }) {
            return;
        }
        self.version += 1;
        if at > self.at {
            self.watch.look(&self.conversation, self.at);
            self.at = at;
        }
        self.notes.take(&self.conversation, event, self.at);
        self.watch.take(event, self.at);
        self.conversation.apply(event);
    }

    pub(crate) fn facts(&self, wrap_ups: &[WrapUp], now_or_end: Timestamp) -> ConversationFacts {
        build::build(self, wrap_ups, now_or_end)
    }

    /// As of the last fact, so that the same facts give the same records whenever they are folded.
    pub(crate) fn facts_so_far(&self, wrap_ups: &[WrapUp]) -> ConversationFacts {
        self.facts(wrap_ups, self.at)
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.conversation.is_ended()
    }

    /// Who and when; to put conversations into the order in which they began.
    pub(crate) fn began(&self) -> (Timestamp, ConversationId) {
        (self.opened_at, self.conversation.id())
    }
}
