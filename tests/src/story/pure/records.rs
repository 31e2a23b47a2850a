//! What was appended, folded as reporting folds it.

use std::collections::BTreeMap;

use reporting::VoiceCallFact;
use store::journal::Append;
use terms::Timestamp;
use voicecall::{Event, Opening, Party};

use super::organization::Cast;
use crate::story::{Record, records::far_side};

/// The records of every conversation in the journal, the oldest conversation first.
pub(super) fn folded(journal: &[Append], cast: &Cast, now: Timestamp) -> Vec<Record> {
    let mut order: Vec<&str> = Vec::new();
    let mut streams: BTreeMap<&str, Vec<(Timestamp, Event)>> = BTreeMap::new();
    for append in journal.iter().filter(|append| append.stream.starts_with("conversation/")) {
        let event = serde_json::from_str(&append.payload).unwrap();
        let facts = streams.entry(&append.stream).or_default();
        if facts.is_empty() {
            order.push(&append.stream);
        }
        assert_eq!(append.version, facts.len() as u64 + 1, "a stream has no gaps");
        facts.push((append.at, event));
    }
    order.iter().flat_map(|stream| of_stream(&streams[stream], cast, now)).collect()
}

fn of_stream(facts: &[(Timestamp, Event)], cast: &Cast, now: Timestamp) -> Vec<Record> {
    let Some((_, Event::Opened { opening })) = facts.first() else {
        panic!("a stream begins with its opening")
    };
    let opening: &Opening = opening;
    let folded = reporting::fold(opening, facts.iter().map(|(at, event)| (*at, event)), &[], now);
    let mut calls = folded.voice_calls;
    calls.sort_by(|a, b| a.path.cmp(&b.path));
    calls.iter().map(|call| record(call, cast)).collect()
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn record(call: &VoiceCallFact, cast: &Cast) -> Record {
    let name = |party: &Party| match party {
        Party::User(user) => cast.name_of_user(*user),
        Party::Number(number) => cast.name_of_number(number.as_ref()),
    };
    let from = name(&call.from);
    let user = call.user.map(|user| cast.name_of_user(user));
    Record {
        id: call.id.to_string(),
        call_type: word(&call.call_type),
        purpose: word(&call.purpose),
        to: far_side(&from, [user, call.to.as_ref().map(name)]),
        from,
        disposition: word(&call.disposition),
        parent: call.parent.map(|id| id.to_string()),
        previous: call.previous.map(|id| id.to_string()),
    }
}
