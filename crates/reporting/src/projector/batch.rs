//! A batch of the journal, sorted by conversation.

use std::collections::{BTreeMap, BTreeSet};

use store::Record;
use terms::{ConversationId, Timestamp};
use voicecall::{Event, Opening};

use crate::story::{ROUTING, Story, WrapUpMoved, Wrapping, conversation_of, read_event};

/// One thing that a batch says about a conversation.
pub(super) struct Said {
    pub(super) position: i64,
    pub(super) what: What,
}

pub(super) enum What {
    Opened { opening: Box<Opening>, version: u64 },
    Fact { at: Timestamp, event: Event, version: u64 },
    WrapUp(WrapUpMoved),
}

pub(super) type Batch = BTreeMap<ConversationId, Vec<Said>>;

pub(super) fn sort(records: &[Record], wrapping: &mut Wrapping) -> Batch {
    let mut batch = Batch::new();
    for record in records {
        let position = record.position;
        if record.stream == ROUTING {
            for (id, moved) in wrapping.take(&record.payload, record.at) {
                batch.entry(id).or_default().push(Said { position, what: What::WrapUp(moved) });
            }
        } else if let Some(id) = conversation_of(&record.stream)
            && let Some(what) = read(record)
        {
            batch.entry(id).or_default().push(Said { position, what });
        }
    }
    batch
}

/// A fact that cannot be read is shipped all the same and left out of the fold: one bad row must not hold up the rest.
pub(super) fn read(record: &Record) -> Option<What> {
    let (at, version) = (record.at, record.version);
    match read_event(&record.payload) {
        Some(Event::Opened { opening }) => Some(What::Opened { opening, version }),
        Some(event) => Some(What::Fact { at, event, version }),
        None => {
            metrics::counter!("tandem_projector_unreadable_total").increment(1);
            tracing::error!(
                journal.position = record.position,
                event.kind = record.kind,
                "an event cannot be read"
            );
            None
        }
    }
}

/// Tells every story what was said of it; which were touched.
pub(super) fn tell(stories: &mut BTreeMap<ConversationId, Story>, batch: Batch) -> BTreeSet<ConversationId> {
    let mut touched = BTreeSet::new();
    for (id, said) in batch {
        for said in said {
            tell_one(stories, id, said);
        }
        if stories.contains_key(&id) {
            touched.insert(id);
        } else {
            metrics::counter!("tandem_projector_orphans_total").increment(1);
            tracing::error!(conversation.id = %id, "events of a conversation whose beginning is nowhere");
        }
    }
    touched
}

fn tell_one(stories: &mut BTreeMap<ConversationId, Story>, id: ConversationId, said: Said) {
    let position = said.position;
    match (said.what, stories.get_mut(&id)) {
        (What::Opened { opening, version }, None) => {
            stories.insert(id, Story::open(&opening, version, position));
        }
        (What::Fact { at, event, version }, Some(story)) => story.add(at, &event, version, position),
        (What::WrapUp(moved), Some(story)) => story.wrap_up(moved, position),
        (What::Opened { .. }, Some(_)) | (What::Fact { .. } | What::WrapUp(_), None) => {}
    }
}
