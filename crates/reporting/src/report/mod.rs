//! Reports: what is asked, checked against what there is, counted from the ledger, and what lies behind each number.

pub mod calendar;
mod count;
mod field;
mod over;
mod period;
mod plan;
mod row;
mod run;
mod split;
mod time;
mod types;
mod watch;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

pub use calendar::Interval;
pub use field::{Cell, FIELDS, Field, NONE, call_type_word, field, purpose_word, role_word};
pub use period::{PERIODS, settled};
pub use plan::{Plan, Wrong, plan};
pub use run::{Behind, Column, Item, Report, drill, masked_text, run, run_watched};
pub use types::{TYPES, Type, type_of};
pub use watch::Watch;

use crate::ledger::Window;

/// A report as it is asked for; names are checked by `plan`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[serde(rename = "type")]
    pub of: String,
    #[serde(default)]
    pub filters: Vec<FilterRequest>,
    /// One of `PERIODS`, beside the filters; `settled` makes dates of it.
    #[serde(default)]
    pub period: Option<String>,
    #[serde(default)]
    pub cross_filter: Option<CrossRequest>,
    /// None asks for the type's own grouping, an empty list for one row.
    #[serde(default)]
    pub group_by: Option<Vec<String>>,
    #[serde(default)]
    pub interval: Option<String>,
    #[serde(default)]
    pub measures: Option<Vec<String>>,
    /// None asks for the organization's.
    #[serde(default)]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub sort: Json,
    #[serde(default)]
    pub limit: Option<u64>,
    /// T of the service level, in place of the queues' own.
    #[serde(default)]
    pub service_level_seconds: Option<u32>,
    /// `split` (at interval borders, the default) or `at_end` (whole, where all about the leg is over).
    #[serde(default)]
    pub durations: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterRequest {
    pub field: String,
    pub op: String,
    #[serde(default)]
    pub value: Json,
}

/// Rows with, or without, a call like this below theirs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossRequest {
    #[serde(default)]
    pub with: Option<LikeRequest>,
    #[serde(default)]
    pub without: Option<LikeRequest>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LikeRequest {
    #[serde(default)]
    pub call_type: Json,
    #[serde(default)]
    pub purpose: Json,
    #[serde(default)]
    pub answered: Option<bool>,
    #[serde(default)]
    pub initiator_tier: Json,
    #[serde(default)]
    pub target_tier: Json,
    #[serde(default)]
    pub filters: Vec<FilterRequest>,
}

/// One permission set's reach: people of these teams and calls of these queues, both; None is all. A call without a
/// queue passes the second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub teams: Option<Vec<Uuid>>,
    pub queues: Option<Vec<Uuid>>,
}

/// What the organization and the asker bring along.
#[derive(Clone, Debug)]
pub struct Asker {
    /// None is everything, an empty list nothing.
    pub reaches: Option<Vec<Reach>>,
    pub sees_full_numbers: bool,
    pub time_zone: Tz,
    pub threshold_permille: i64,
}

/// How to count.
#[derive(Clone, Debug)]
pub struct Options {
    pub time_zone: Tz,
    pub interval: Option<Interval>,
    pub service_level_ms: Option<i64>,
    pub short_abandon_ms: i64,
    pub book_at_end: bool,
    pub threshold_permille: i64,
    /// The time that the filters on `started_at` leave; the time of people is counted within it.
    pub window: Window,
    /// When the newest call started: trends are counted back from it.
    pub newest: i64,
}

const WEEK_MS: i64 = 7 * 24 * 3_600_000;

impl Options {
    /// The part of an interval that lies in the window.
    pub fn clip(&self, start: i64, end: i64) -> Option<(i64, i64)> {
        let start = self.window.from.map_or(start, |from| from.max(start));
        let end = self.window.to.map_or(end, |to| to.min(end));
        (start < end).then_some((start, end))
    }

    /// 0 in the last seven days, 1 in the seven before.
    pub fn week_of(&self, at: i64) -> Option<i64> {
        (at <= self.newest).then(|| (self.newest - at) / WEEK_MS)
    }
}
