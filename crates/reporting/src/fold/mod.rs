//! Folding: a conversation's facts, replayed, become its records. Pure: the same facts give the same records and ids.
//!
//! The conversation is replayed fact by fact, and at the end of every moment (facts with one time are one moment) its
//! parts are compared with those of the moment before: a segment is the interval between two changes of a (wire, call)'s
//! kind. So every second of a call leg is in exactly one segment, without gap or overlap, and none has no length.

mod build;
mod note;
mod watch;

use terms::Timestamp;
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
    let mut folding = Folding {
        conversation: Conversation::open(opening),
        at: opening.at,
        version: 1,
        notes: Notes::open(opening),
        watch: Watch::open(opening),
    };
    for (at, event) in facts {
        folding.take(at, event);
    }
    folding.watch.look(&folding.conversation, folding.at);
    build::build(folding, opening, wrap_ups, now_or_end)
}

/// How far the replay has come.
struct Folding {
    conversation: Conversation,
    /// The time of the last fact; it never goes back.
    at: Timestamp,
    version: u64,
    notes: Notes,
    watch: Watch,
}

impl Folding {
    fn take(&mut self, at: Timestamp, event: &Event) {
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
}
