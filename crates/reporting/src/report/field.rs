//! What rows can be filtered and grouped by.

use std::sync::Arc;

use chrono::{Datelike, Timelike};
use voicecall::{CallType, CoachingMode, Purpose, Role};

use super::{
    Options, calendar,
    row::{Row, Source},
};
use crate::{
    fact::OfferState,
    ledger::{Call, Ledger, Leg, Person, Status},
    metric::{Kind, Value},
};

/// What a field of a row says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    None,
    Bool(bool),
    Number(i64),
    /// Milliseconds UTC.
    Time(i64),
    Text(Arc<str>),
}

/// What an empty field is called in groups.
pub const NONE: &str = "(none)";

impl Cell {
    fn text(text: Option<&Arc<str>>) -> Self {
        text.cloned().map_or(Cell::None, Cell::Text)
    }

    fn word(word: &str) -> Self {
        Cell::Text(word.into())
    }

    fn maybe(word: Option<&str>) -> Self {
        word.map_or(Cell::None, Cell::word)
    }

    fn number(number: Option<i64>) -> Self {
        number.map_or(Cell::None, Cell::Number)
    }

    fn time(at: Option<i64>) -> Self {
        at.map_or(Cell::None, Cell::Time)
    }

    /// As an answer shows it.
    pub fn shown(&self, options: &Options) -> Value {
        match self {
            Cell::None => Value::Text(NONE.to_owned()),
            Cell::Bool(is) => Value::Bool(*is),
            Cell::Number(number) => Value::Int(*number),
            Cell::Time(at) => Value::Text(calendar::label(options.time_zone, *at)),
            Cell::Text(text) => Value::Text(text.to_string()),
        }
    }
}

/// None where the row's source has no such field: then it neither narrows the row nor groups it.
type Get = fn(&Ledger, &Options, &Row<'_>) -> Option<Cell>;

#[derive(Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    pub(crate) get: Get,
    /// Says who called; shown whole to those with `view_full_numbers` only.
    pub is_number: bool,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Field({})", self.name)
    }
}

pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

fn of_call(row: &Row<'_>, get: impl Fn(Call<'_>) -> Cell) -> Option<Cell> {
    row.call.map(get)
}

fn of_handover(row: &Row<'_>, get: impl Fn(Call<'_>) -> Cell) -> Option<Cell> {
    if row.source == Source::Base { None } else { of_call(row, get) }
}

fn of_leg(row: &Row<'_>, get: impl Fn(Leg<'_>) -> Cell) -> Option<Cell> {
    row.leg.map(get)
}

fn of_status(ledger: &Ledger, row: &Row<'_>, get: impl Fn(&Status) -> Cell) -> Option<Cell> {
    row.status.and_then(|at| ledger.statuses.get(at as usize)).map(get)
}

fn person(ledger: &Ledger, person: Option<u32>, get: impl Fn(&Person) -> Cell) -> Cell {
    person.map_or(Cell::None, |person| get(ledger.person(person)))
}

/// Of whoever the row is about on the other side; only links and coaching have one.
fn of_other(ledger: &Ledger, row: &Row<'_>, get: impl Fn(&Person) -> Cell) -> Option<Cell> {
    matches!(row.source, Source::Link | Source::Coaching).then(|| person(ledger, row.other, get))
}

fn label(person: &Person) -> Cell {
    Cell::Text(Arc::clone(&person.label))
}

fn tier(person: &Person) -> Cell {
    Cell::number(person.tier.map(i64::from))
}

fn team(person: &Person) -> Cell {
    Cell::text(person.team.as_ref())
}

pub fn call_type_word(call_type: CallType) -> &'static str {
    match call_type {
        CallType::Inbound => "inbound",
        CallType::Outbound => "outbound",
        CallType::Internal => "internal",
    }
}

pub fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Customer => "customer",
        Purpose::Consult => "consult",
        Purpose::Transfer => "transfer",
        Purpose::Participant => "participant",
        Purpose::Coaching => "coaching",
        Purpose::Direct => "direct",
        Purpose::Callback => "callback",
    }
}

pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Agent => "agent",
        Role::Specialist => "specialist",
        Role::Supervisor => "supervisor",
        Role::ThirdParty => "third_party",
    }
}

fn offer_word(state: OfferState) -> &'static str {
    match state {
        OfferState::Ringing => "ringing",
        OfferState::Accepted => "accepted",
        OfferState::Declined => "declined",
        OfferState::Missed => "missed",
        OfferState::Withdrawn => "withdrawn",
        OfferState::Failed => "failed",
    }
}

fn outcome(call: Call<'_>) -> Cell {
    Cell::word(match (call.is_answered(), call.purpose(), call.disposition()) {
        (false, ..) => "unanswered",
        (true, Purpose::Transfer, _) => "transferred",
        (true, _, "merged") => "took_over",
        (true, _, "conferenced") => "joined",
        (true, ..) => "advised",
    })
}

fn local(options: &Options, call: Call<'_>) -> chrono::NaiveDateTime {
    calendar::local(options.time_zone, call.started())
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

macro_rules! fields {
    ($($name:literal $title:literal $kind:ident $get:expr;)*) => {
        pub const FIELDS: &[Field] = &[$(Field {
            name: $name,
            title: $title,
            kind: Kind::$kind,
            get: $get,
            is_number: matches!($name.as_bytes(), b"customer" | b"from" | b"to" | b"number"),
        },)*];
    };
}

fields! {
    "call_type" "Call type" Text |_, _, r| of_call(r, |call| Cell::word(call_type_word(call.call_type())));
    "purpose" "Purpose" Text |_, _, r| of_call(r, |call| Cell::word(purpose_word(call.purpose())));
    "disposition" "Disposition" Text |_, _, r| of_call(r, |call| Cell::text(call.disposition_word()));
    "answered" "Answered" Boolean |_, _, r| of_call(r, |call| Cell::Bool(call.is_answered()));
    "root" "First call of its conversation" Boolean |_, _, r| of_call(r, |call| Cell::Bool(call.depth() == 0));
    "depth" "Causes above" Number |_, _, r| of_call(r, |call| Cell::Number(call.depth()));
    "origin" "Origin" Text |_, _, r| of_call(r, |call| Cell::word(if call.is_imported() { "import" } else { "journal" }));
    "queue" "Queue" Text |_, _, r| of_call(r, |call| {
        call.queue().map_or(Cell::None, |queue| Cell::Text(Arc::clone(&queue.name)))
    });
    "queue_id" "Queue's id" Text |_, _, r| of_call(r, |call| {
        call.queue().map_or(Cell::None, |queue| Cell::word(&queue.id.to_string()))
    });
    "subject" "Subject" Text |_, _, r| of_call(r, |call| Cell::text(call.subject()));
    "case_category" "Case category" Text |_, _, r| of_call(r, |call| Cell::text(call.category()));
    "customer" "Customer" Text |_, _, r| of_call(r, |call| Cell::maybe(call.customer()));
    "from" "From" Text |_, _, r| of_call(r, |call| Cell::maybe(call.from()));
    "to" "To" Text |_, _, r| of_call(r, |call| Cell::maybe(call.to()));
    "wrap_up_code" "Wrap-up code" Text |_, _, r| of_call(r, |call| Cell::text(call.wrap_up_code()));
    "disconnect_reason" "Disconnect reason" Text |_, _, r| of_call(r, |call| Cell::text(call.disconnect_reason()));
    "conversation_id" "Conversation" Text |_, _, r| of_call(r, |call| Cell::word(&call.conversation().to_string()));
    "voice_call_id" "VoiceCall" Text |_, _, r| of_call(r, |call| Cell::word(&call.id().to_string()));
    "external_id" "External id" Text |_, _, r| of_call(r, |call| Cell::maybe(call.external()));
    "started_at" "Started" Time |_, _, r| of_call(r, |call| Cell::Time(call.started()));
    "queued_at" "Queued" Time |_, _, r| of_call(r, |call| Cell::time(call.queued()));
    "answered_at" "Answered at" Time |_, _, r| of_call(r, |call| Cell::time(call.answered()));
    "ended_at" "Ended" Time |_, _, r| of_call(r, |call| Cell::time(call.ended()));
    "duration_seconds" "Duration" Seconds |_, _, r| of_call(r, |call| {
        Cell::number(call.ended().map(|ended| (ended - call.started()) / 1000))
    });
    "wait_seconds" "Wait" Seconds |_, _, r| of_call(r, |call| Cell::number(call.wait_ms().map(|ms| ms / 1000)));
    "hour_of_day" "Hour of day" Number |_, o, r| of_call(r, |call| Cell::Number(i64::from(local(o, call).hour())));
    "day_of_week" "Day of week" Text |_, o, r| of_call(r, |call| {
        let day = local(o, call).weekday().num_days_from_monday();
        Cell::word(DAYS.get(day as usize).copied().unwrap_or_default())
    });
    "agent" "Agent" Text |l, _, r| Some(person(l, r.agent, label));
    "agent_id" "Agent's id" Text |l, _, r| Some(person(l, r.agent, |person| Cell::Text(Arc::clone(&person.external))));
    "user_id" "User's id" Text |l, _, r| Some(person(l, r.agent, |person| Cell::word(&person.id.to_string())));
    "team_id" "Team's id" Text |l, _, r| Some(person(l, r.agent, |person| {
        person.team_id.map_or(Cell::None, |team| Cell::word(&team.to_string()))
    }));
    "team" "Team" Text |l, _, r| Some(person(l, r.agent, team));
    "tier" "Tier" Number |l, _, r| Some(person(l, r.agent, tier));
    "initiator" "Initiator" Text |l, _, r| of_call(r, |call| person(l, call.initiator(), label));
    "initiator_tier" "Initiator's tier" Number |l, _, r| of_call(r, |call| person(l, call.initiator(), tier));
    "initiator_team" "Initiator's team" Text |l, _, r| of_call(r, |call| person(l, call.initiator(), team));
    "target" "Target" Text |l, _, r| of_call(r, |call| person(l, call.called(), label));
    "target_tier" "Target's tier" Number |l, _, r| of_call(r, |call| person(l, call.called(), tier));
    "target_team" "Target's team" Text |l, _, r| of_call(r, |call| person(l, call.called(), team));
    "from_agent" "From" Text |l, _, r| of_link(l, r, r.agent, label);
    "from_tier" "From tier" Number |l, _, r| of_link(l, r, r.agent, tier);
    "to_agent" "To" Text |l, _, r| of_link(l, r, r.other, label);
    "to_tier" "To tier" Number |l, _, r| of_link(l, r, r.other, tier);
    "via" "By" Text |_, _, r| (r.source == Source::Link).then_some(())
        .and_then(|()| of_call(r, |call| Cell::word(purpose_word(call.purpose()))));
    "outcome" "Outcome" Text |_, _, r| (r.source == Source::Link).then_some(()).and_then(|()| of_call(r, outcome));
    "requester" "Asked by" Text |l, _, r| of_other(l, r, label);
    "requester_tier" "Asked by tier" Number |l, _, r| of_other(l, r, tier);
    "supervisor" "Supervisor" Text |l, _, r| of_other(l, r, label);
    "mode" "Mode" Text |_, _, r| r.coaching.map(|coaching| {
        Cell::word(match coaching.mode() {
            CoachingMode::Monitor => "monitor",
            CoachingMode::Whisper => "whisper",
            CoachingMode::Barge => "barge",
        })
    });
    "transfer_kind" "Kind of transfer" Text |_, _, r| of_handover(r, |call| Cell::maybe(call.transfer_kind()));
    "target_kind" "Kind of target" Text |_, _, r| of_handover(r, |call| Cell::maybe(call.target_kind()));
    "offer" "Offer" Text |_, _, r| of_leg(r, |leg| {
        if leg.is_offer() { Cell::word(offer_word(leg.offer_outcome())) } else { Cell::None }
    });
    "decline_reason" "Reason of declining" Text |_, _, r| of_leg(r, |leg| Cell::text(leg.said()));
    "role" "Role" Text |_, _, r| of_leg(r, |leg| Cell::word(role_word(leg.role())));
    "leg_answered" "Leg answered" Boolean |_, _, r| of_leg(r, |leg| Cell::Bool(leg.is_answered()));
    "end_reason" "End reason" Text |_, _, r| of_leg(r, |leg| Cell::text(leg.end_reason()));
    "number" "Number" Text |_, _, r| of_leg(r, |leg| Cell::maybe(leg.number()));
    "status" "Presence" Text |l, _, r| of_status(l, r, |status| Cell::Text(Arc::clone(&status.status)));
    "status_name" "Presence status" Text |l, _, r| of_status(l, r, |status| Cell::text(status.name.as_ref()));
    "cause" "Cause" Text |l, _, r| of_status(l, r, |status| Cell::text(status.cause.as_ref()));
    "set_by" "Set by" Text |l, _, r| of_status(l, r, |status| person(l, status.by, label));
    "reason" "Reason" Text |l, _, r| of_status(l, r, |status| Cell::text(status.reason.as_ref()));
    "start_at" "From" Time |l, _, r| of_status(l, r, |status| Cell::Time(status.start));
    "end_at" "To" Time |l, _, r| of_status(l, r, |status| Cell::Time(status.end));
}

/// Who links to whom; other rows have no such ends.
fn of_link(ledger: &Ledger, row: &Row<'_>, end: Option<u32>, get: impl Fn(&Person) -> Cell) -> Option<Cell> {
    (row.source == Source::Link).then(|| person(ledger, end, get))
}
