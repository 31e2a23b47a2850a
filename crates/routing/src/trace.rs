//! Recorded traces: events in, decisions out, row for row, through the router's public door.
//!
//! A trace is a JSON object with `name`, `why`, `config`, `events`, `until` and `expect`; times are whole seconds.
//! The rows of one instant stand in the order: timers as they were made, then the event's own row, then the offers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Model, Pool, ServiceChannel, StatusKind};

mod run;

pub use run::{Replayed, replay};

/// A trace cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    #[error("the file is no array of traces: {0}")]
    NotTraces(String),
    #[error("trace {trace}: event {number} cannot be read: {why}")]
    Event { trace: String, number: usize, why: String },
    #[error("trace {trace}: event {number} is earlier than the one before it")]
    OutOfOrder { trace: String, number: usize },
    #[error("trace {trace}: `until` is earlier than the last event")]
    EndsEarly { trace: String },
    #[error("trace {trace}: event {number} names {what} `{name}`, which is not there")]
    Unknown { trace: String, number: usize, what: &'static str, name: String },
    #[error("trace {trace}: expected row {number} is no [second, kind, ...]")]
    Row { trace: String, number: usize },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub model: Model,
    /// Wrap-up after every voice item, in seconds.
    pub acw: u32,
    pub reset_steps_on_decline: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    config: Config,
    events: Vec<Value>,
    until: i64,
    expect: Vec<Value>,
}

/// One trace, checked as far as that goes without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub name: String,
    pub why: String,
    pub config: Config,
    pub(crate) events: Vec<(i64, Event)>,
    pub(crate) until: i64,
    pub expect: Vec<Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    pub(crate) all: Vec<(String, u8)>,
    pub(crate) any: Vec<(String, u8)>,
    pub(crate) not: Vec<(String, u8)>,
    pub(crate) agents: Vec<String>,
    pub(crate) expiry: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cap {
    pub(crate) primary: u32,
    pub(crate) interruptible: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Accept,
    Snooze,
    Decline,
    Cancel,
}

/// Where an item goes that waited too long, as its row says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Over {
    Queue,
    Voicemail,
    Callback,
    External,
    #[default]
    HangUp,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "e", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Event {
    Agent {
        id: String,
        #[serde(default = "online")]
        status: StatusKind,
        #[serde(default)]
        queues: BTreeMap<String, (u32, u32)>,
        #[serde(default)]
        skills: BTreeMap<String, u8>,
        channels: Option<BTreeSet<ServiceChannel>>,
        cap: Option<Cap>,
    },
    Status {
        id: String,
        status: StatusKind,
    },
    Enqueue {
        id: String,
        queue: String,
        #[serde(default)]
        channel: ServiceChannel,
        #[serde(default)]
        ctype: Pool,
        #[serde(default = "one")]
        weight: u32,
        prio: Option<u32>,
        #[serde(default)]
        prio2: u32,
        #[serde(default)]
        boost: u32,
        #[serde(default)]
        steps: Vec<Step>,
        preferred: Option<String>,
        max_wait: Option<u32>,
        overflow: Option<Over>,
    },
    Accept {
        id: String,
        agent: String,
    },
    Decline {
        id: String,
        agent: String,
    },
    Cancel {
        id: String,
    },
    End {
        id: String,
    },
    Outbound {
        id: String,
        agent: String,
    },
    Consult {
        id: String,
        requester: String,
        target: String,
        root: String,
    },
    Prompt {
        id: String,
        act: Act,
        #[serde(rename = "for")]
        seconds: Option<u32>,
    },
}

fn online() -> StatusKind {
    StatusKind::Online
}
fn one() -> u32 {
    1
}

impl Over {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Over::Queue => "queue",
            Over::Voicemail => "voicemail",
            Over::Callback => "callback",
            Over::External => "external",
            Over::HangUp => "hang_up",
        }
    }
}

/// Reads an array of traces. What is not of the format is refused, with the place where it stands.
pub fn read(text: &str) -> Result<Vec<Trace>, TraceError> {
    let raw: Vec<Raw> =
        serde_json::from_str(text).map_err(|error| TraceError::NotTraces(error.to_string()))?;
    raw.into_iter().map(check).collect()
}

fn check(raw: Raw) -> Result<Trace, TraceError> {
    let Raw { name, why, config, events: raw_events, until, expect } = raw;
    let mut events: Vec<(i64, Event)> = Vec::with_capacity(raw_events.len());
    for (index, mut value) in raw_events.into_iter().enumerate() {
        let number = index + 1;
        let unreadable = |why: String| TraceError::Event { trace: name.clone(), number, why };
        let time = value.as_object_mut().and_then(|fields| fields.remove("t"));
        let at = time.as_ref().and_then(Value::as_i64).filter(|at| (0..=1_000_000_000).contains(at));
        let at = at.ok_or_else(|| unreadable("`t` is not a whole second".to_owned()))?;
        let event = serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))?;
        if events.last().is_some_and(|(before, _)| *before > at) {
            return Err(TraceError::OutOfOrder { trace: name, number });
        }
        events.push((at, event));
    }
    if events.last().is_some_and(|(last, _)| *last > until) {
        return Err(TraceError::EndsEarly { trace: name });
    }
    for (index, row) in expect.iter().enumerate() {
        let fields = row.as_array().filter(|fields| fields.len() >= 2);
        if fields.is_none_or(|fields| !fields[0].is_i64() || !fields[1].is_string()) {
            return Err(TraceError::Row { trace: name, number: index + 1 });
        }
    }
    Ok(Trace { name, why, config, events, until, expect })
}

/// Where the decisions leave the expected rows: the row's number, what was expected and what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub number: usize,
    pub expected: Option<Value>,
    pub came: Option<Value>,
}

/// The first row that differs, if any does.
pub fn first_difference(expected: &[Value], came: &[Value]) -> Option<Difference> {
    let longest = expected.len().max(came.len());
    let differs = (0..longest).find(|index| expected.get(*index) != came.get(*index))?;
    Some(Difference {
        number: differs + 1,
        expected: expected.get(differs).cloned(),
        came: came.get(differs).cloned(),
    })
}

pub(crate) fn row(second: i64, fields: &[&str]) -> Value {
    let mut row = vec![json!(second)];
    row.extend(fields.iter().map(|field| json!(field)));
    Value::Array(row)
}
