//! The facts that a report is counted from, linked and in memory: calls, legs, segments, people and their presence.
//! Places in the lists are `u32`; times are milliseconds UTC, intervals half-open.

mod load;

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use uuid::Uuid;
use voicecall::{CallType, CoachingMode, Purpose, Role, SegmentKind};

pub use load::{Window, load};

pub type Text = Option<Arc<str>>;

/// Somebody who works or worked here.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: Uuid,
    /// What reports call them; nobody else is called so.
    pub label: Arc<str>,
    /// The username, or the former system's id.
    pub external: Arc<str>,
    /// None for who is no agent.
    pub tier: Option<i32>,
    pub team: Text,
    pub team_id: Option<Uuid>,
}

#[derive(Clone, Debug)]
pub struct Queue {
    pub id: Uuid,
    pub name: Arc<str>,
    /// T of the service level.
    pub service_level_ms: i64,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub id: Uuid,
    pub number: Option<i64>,
    pub external: Text,
    pub conversation: Uuid,
    /// The calls of the conversation, a cause before its effects.
    pub chain: Range<u32>,
    pub call_type: CallType,
    pub purpose: Purpose,
    pub customer: Text,
    pub parent: Option<u32>,
    pub depth: i32,
    pub path: Arc<str>,
    pub from: Text,
    pub to: Text,
    pub user: Option<u32>,
    pub initiator: Option<u32>,
    pub target: Option<u32>,
    pub queue: Option<u32>,
    pub subject: Text,
    pub category: Text,
    pub disposition: Arc<str>,
    pub wrap_up_code: Text,
    pub disconnect_reason: Text,
    pub started: i64,
    pub queued: Option<i64>,
    pub answered: Option<i64>,
    pub ended: Option<i64>,
    pub imported: bool,
    pub legs: Range<u32>,
}

#[derive(Clone, Debug)]
pub struct Leg {
    pub id: Uuid,
    pub call: u32,
    pub user: Option<u32>,
    pub role: Role,
    pub ring: Option<i64>,
    pub answered: Option<i64>,
    pub ended: Option<i64>,
    pub end_reason: Text,
    pub number: Text,
    pub mos_hundredths: Option<i32>,
    pub loss_hundredths: Option<i32>,
    pub jitter_ms: Option<i32>,
    pub segments: Range<u32>,
}

#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub kind: SegmentKind,
    pub start: i64,
    pub end: i64,
}

#[derive(Clone, Debug)]
pub struct Status {
    pub person: u32,
    pub status: Arc<str>,
    pub start: i64,
    pub end: i64,
}

#[derive(Clone, Debug)]
pub struct Coaching {
    /// The coaching's own record.
    pub call: u32,
    pub supervisor: u32,
    pub agent: Option<u32>,
    pub mode: CoachingMode,
    pub start: i64,
    pub end: i64,
}

/// Who called about what: the key by which a customer's second call is known.
pub type Repeat = (Arc<str>, Text);

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub people: Vec<Person>,
    pub queues: Vec<Queue>,
    /// By conversation, then path.
    pub calls: Vec<Call>,
    /// By call.
    pub legs: Vec<Leg>,
    /// By leg, then time.
    pub segments: Vec<Segment>,
    pub statuses: Vec<Status>,
    pub coaching: Vec<Coaching>,
    /// When inbound calls of each customer about each matter began, sorted; seven days beyond the window on both sides.
    pub inbound: BTreeMap<Repeat, Vec<i64>>,
}

fn slice<'a, T>(list: &'a [T], range: &Range<u32>) -> &'a [T] {
    list.get(range.start as usize..range.end as usize).unwrap_or_default()
}

impl Ledger {
    pub fn call(&self, place: u32) -> &Call {
        &self.calls[place as usize]
    }

    pub fn leg(&self, place: u32) -> &Leg {
        &self.legs[place as usize]
    }

    pub fn person(&self, place: u32) -> &Person {
        &self.people[place as usize]
    }

    pub fn tier(&self, person: Option<u32>) -> Option<i32> {
        person.and_then(|person| self.people.get(person as usize)).and_then(|person| person.tier)
    }

    pub fn legs_of(&self, call: &Call) -> &[Leg] {
        slice(&self.legs, &call.legs)
    }

    pub fn segments_of(&self, leg: &Leg) -> &[Segment] {
        slice(&self.segments, &leg.segments)
    }

    /// The calls of its conversation, itself among them.
    pub fn chain_of(&self, call: &Call) -> &[Call] {
        slice(&self.calls, &call.chain)
    }

    /// Whom a call was for; of an answered consult of a queue, who answered it.
    pub fn target_of(&self, call: &Call) -> Option<u32> {
        if call.purpose == Purpose::Consult { self.consulted(call) } else { call.target }
    }

    /// The matter of a call: the case's category, or else the subject.
    pub fn matter(category: &Text, subject: &Text) -> Text {
        category.clone().or_else(|| subject.clone())
    }
}
