//! One definition of every measure, for live boards, records and reports alike.
//!
//! Intervals are half-open, times are milliseconds. A call has two sides, and what both did at the same time counts
//! once: the times of a record are read from **its side**.
//!
//! | purpose | its side |
//! | --- | --- |
//! | customer, transfer, callback | the customer's wires |
//! | consult, participant, coaching | the wires that were rung for it: the specialist's, the added party's, the supervisor's |
//! | direct | every wire |
//!
//! At a moment when none of its side takes part (the customer has left, nobody has been found yet), every wire counts.
//! At each moment a call is in one state, the first of these that any wire of its side is in: talk (`talk` or
//! `conference`), `hold`, `queue`, `ivr`, `park`. So these times never overlap, and their sum is at most the duration.

mod atom;
pub mod judge;
mod measure;

pub(crate) use atom::Atoms;
pub use atom::{Atom, Sums};
pub(crate) use measure::LOWEST_BASE;
pub use measure::{Formula, Kind, MEASURES, Measure, OverRows, Value, measure};

use serde::{Deserialize, Serialize};
use terms::Timestamp;
use voicecall::{Purpose, Role, SegmentKind};

/// The times of one VoiceCall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTimes {
    /// Somebody was being rung for it, whoever it was, once; for a queued call this lies within `queue_ms`.
    pub ring_ms: i64,
    /// Its side talked, to one or several.
    pub talk_ms: i64,
    /// Its side heard hold music: by a hold, a consult, or because the agent's wire was lost.
    pub hold_ms: i64,
    /// How often a person or a consult put its side on hold (a swap away from a consult's target is a hold of the consult).
    /// Lost wires do not count.
    pub hold_count: u32,
    /// The longest unbroken part of `hold_ms`.
    pub longest_hold_ms: i64,
    pub queue_ms: i64,
    pub ivr_ms: i64,
    pub park_ms: i64,
    /// After Conversation Work that its agents did for it, each counted.
    pub wrap_up_ms: i64,
}

/// Another call of the customer about the matter within this time is the same matter not resolved.
pub const FCR_MS: i64 = 7 * 24 * 3_600_000;
pub(crate) const INBOUND: &str = "inbound";

/// One wire's part in the call that is measured.
#[derive(Clone, Debug)]
pub struct LegTimes {
    pub leg: u32,
    pub role: Role,
    /// It was rung for this very call.
    pub own: bool,
    pub segments: Vec<(SegmentKind, Timestamp, Timestamp)>,
}

/// Whether a wire belongs to the side that a call of this purpose is measured by.
pub fn is_side(purpose: Purpose, role: Role, own: bool) -> bool {
    match purpose {
        Purpose::Customer | Purpose::Transfer | Purpose::Callback => role == Role::Customer,
        Purpose::Consult | Purpose::Participant | Purpose::Coaching => own,
        Purpose::Direct => true,
    }
}

/// Handling a customer: the calls whose agents wrap up, and whose legs count as handle time.
pub fn is_customer_call(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Customer | Purpose::Transfer | Purpose::Callback)
}

/// `holds` are the wires that were put on hold in this call, one entry each time.
pub fn call_times(purpose: Purpose, legs: &[LegTimes], holds: &[u32]) -> CallTimes {
    let mut times = CallTimes::default();
    let side = |leg: &LegTimes| is_side(purpose, leg.role, leg.own);
    let held = |leg: &&u32| legs.iter().any(|times| times.leg == **leg && side(times));
    times.hold_count = u32::try_from(holds.iter().filter(held).count()).unwrap_or(u32::MAX);
    let of_legs = |leg: &LegTimes| leg.segments.clone();
    times.wrap_up_ms = legs
        .iter()
        .flat_map(of_legs)
        .filter(|(kind, ..)| *kind == SegmentKind::Acw)
        .map(|(_, start, end)| end.ms_since(start))
        .sum();
    let mut borders: Vec<Timestamp> =
        legs.iter().flat_map(of_legs).flat_map(|(_, start, end)| [start, end]).collect();
    borders.sort_unstable();
    borders.dedup();
    let mut hold_run = 0;
    for pair in borders.windows(2) {
        let [start, end] = pair else { continue };
        let long = end.ms_since(*start);
        let (rings, state) = at(*start, legs, side);
        if rings {
            times.ring_ms += long;
        }
        hold_run = if state == Some(SegmentKind::Hold) { hold_run + long } else { 0 };
        times.longest_hold_ms = times.longest_hold_ms.max(hold_run);
        match state {
            Some(SegmentKind::Talk) => times.talk_ms += long,
            Some(SegmentKind::Hold) => times.hold_ms += long,
            Some(SegmentKind::Queue) => times.queue_ms += long,
            Some(SegmentKind::Ivr) => times.ivr_ms += long,
            Some(SegmentKind::Park) => times.park_ms += long,
            _ => {}
        }
    }
    times
}

/// Whether anybody rings at this moment, and the one state of the call's side.
fn at(moment: Timestamp, legs: &[LegTimes], side: impl Fn(&LegTimes) -> bool) -> (bool, Option<SegmentKind>) {
    let now: Vec<(bool, SegmentKind)> = legs
        .iter()
        .flat_map(|leg| leg.segments.iter().map(|segment| (side(leg), *segment)))
        .filter(|(_, (kind, start, end))| *start <= moment && moment < *end && *kind != SegmentKind::Acw)
        .map(|(side, (kind, ..))| (side, kind))
        .collect();
    let any_side = now.iter().any(|(side, _)| *side);
    let is =
        |kinds: &[SegmentKind]| now.iter().any(|(side, kind)| (*side || !any_side) && kinds.contains(kind));
    let state = if is(&[SegmentKind::Talk, SegmentKind::Conference]) {
        Some(SegmentKind::Talk)
    } else {
        [SegmentKind::Hold, SegmentKind::Queue, SegmentKind::Ivr, SegmentKind::Park]
            .into_iter()
            .find(|kind| is(&[*kind]))
    };
    (now.iter().any(|(_, kind)| *kind == SegmentKind::Ring), state)
}
