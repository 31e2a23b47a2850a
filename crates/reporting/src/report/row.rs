//! What a report's rows are: where each comes from, and what it is counted as.

use voicecall::{CallType, CoachingMode, Purpose, Role, SegmentKind};

use super::{Options, time::PersonTimes};
use crate::{
    ledger::{Call, Ledger, Leg, Segment},
    metric::{Atom, LOWEST_BASE},
};

/// Which facts a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Call,
    Leg,
    /// A consult somebody made, was asked for, or a transfer.
    Link,
    Coaching,
    /// The time of one person.
    Time,
    Status,
}

/// One row, by places in the ledger. What a source does not have is None, and neither narrows nor groups it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) source: Source,
    pub(crate) call: Option<u32>,
    pub(crate) leg: Option<u32>,
    pub(crate) agent: Option<u32>,
    /// Whom the agent had to do with: who asked, who was consulted, who listened.
    pub(crate) other: Option<u32>,
    /// Of a status or a coaching.
    pub(crate) item: Option<u32>,
}

impl Row {
    pub(crate) fn of(source: Source) -> Self {
        Self { source, call: None, leg: None, agent: None, other: None, item: None }
    }
}

/// Where counts go.
pub(crate) trait Sink {
    /// What the counts that follow are about, for whoever asks what is behind a number.
    fn about(&mut self, call: Option<u32>, leg: Option<u32>);
    fn add(&mut self, atom: Atom, at: i64, amount: i64);
    /// Milliseconds, split at interval borders (or booked whole at `booked`, where the request says so).
    fn span(&mut self, atom: Atom, start: i64, end: i64, booked: i64);
    fn sample(&mut self, atom: Atom, at: i64, ms: i64);
    /// One of a kind that is counted once.
    fn note(&mut self, atom: Atom, at: i64, one: u32);
}

/// What counting needs beside the row.
pub(crate) struct Counting<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) options: &'a Options,
    pub(crate) times: &'a PersonTimes,
}

pub(crate) type Each = fn(&Counting<'_>, &mut dyn FnMut(&Row));

fn places(length: usize) -> std::ops::Range<u32> {
    0..u32::try_from(length).unwrap_or(u32::MAX)
}

fn call_row(at: u32, agent: Option<u32>) -> Row {
    Row { call: Some(at), agent, ..Row::of(Source::Call) }
}

/// Every VoiceCall, by who handled it.
pub(crate) fn calls(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    for at in places(counting.ledger.calls.len()) {
        take(&call_row(at, counting.ledger.call(at).user));
    }
}

pub(crate) fn queue_entries(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    for at in places(counting.ledger.calls.len()) {
        let call = counting.ledger.call(at);
        if call.is_offered() {
            take(&call_row(at, call.user));
        }
    }
}

/// The training gaps' denominator, by who answered first.
pub(crate) fn tier_one_calls(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    for at in places(counting.ledger.calls.len()) {
        let call = counting.ledger.call(at);
        if counting.ledger.is_tier_one(call) {
            take(&call_row(at, counting.ledger.first_answering(call)));
        }
    }
}

pub(crate) fn legs(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    for at in places(counting.ledger.legs.len()) {
        let leg = counting.ledger.leg(at);
        take(&Row { call: Some(leg.call), leg: Some(at), agent: leg.user, ..Row::of(Source::Leg) });
    }
}

/// Legs of people who work here, the consults they made, how they were coached, and their time.
pub(crate) fn agents(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    legs(counting, &mut |row| {
        if row.agent.is_some() {
            take(row);
        }
    });
    consults(counting, &mut |row| take(&Row { agent: row.other, other: row.agent, ..*row }));
    coaching(counting, take);
    times(counting, take);
}

/// Internal consults by who was consulted.
fn consults(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    let ledger = counting.ledger;
    for at in places(ledger.calls.len()) {
        let call = ledger.call(at);
        if call.purpose == Purpose::Consult && call.call_type == CallType::Internal {
            let (agent, other) = (ledger.consulted(call), call.initiator);
            take(&Row { call: Some(at), agent, other, ..Row::of(Source::Link) });
        }
    }
}

/// Consults by who was consulted, and the time of those who are: of tier 2 and above, or consulted at least once.
pub(crate) fn specialists(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    let ledger = counting.ledger;
    let mut consulted = vec![false; ledger.people.len()];
    consults(counting, &mut |row| {
        if let (Some(agent), Some(call)) = (row.agent, row.call)
            && ledger.call(call).is_consult()
            && let Some(consulted) = consulted.get_mut(agent as usize)
        {
            *consulted = true;
        }
        take(row);
    });
    times(counting, &mut |row| {
        let specialist = ledger.tier(row.agent).is_some_and(|tier| tier >= 2);
        let asked = row.agent.and_then(|agent| consulted.get(agent as usize)).copied().unwrap_or_default();
        if specialist || asked {
            take(row);
        }
    });
}

/// Internal consults and transfers, from whom to whom; and the tier-1 calls that they are held against.
pub(crate) fn escalations(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    let ledger = counting.ledger;
    consults(counting, &mut |row| take(&Row { agent: row.other, other: row.agent, ..*row }));
    for at in places(ledger.calls.len()) {
        let call = ledger.call(at);
        if call.purpose == Purpose::Transfer && call.is_customers() {
            let to = ledger.first_answering(call).or(call.target);
            take(&Row { call: Some(at), agent: from_whom(ledger, call), other: to, ..Row::of(Source::Link) });
        }
    }
    tier_one_calls(counting, take);
}

/// Who handed the customer over: who transferred, or else who had the call that caused this one.
fn from_whom(ledger: &Ledger, call: &Call) -> Option<u32> {
    let cause = call.parent.map(|parent| ledger.call(parent));
    call.initiator.or_else(|| cause.and_then(|cause| cause.initiator.or(cause.user)))
}

pub(crate) fn coaching(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    for at in places(counting.ledger.coaching.len()) {
        let coaching = &counting.ledger.coaching[at as usize];
        take(&Row {
            call: Some(coaching.call),
            agent: coaching.agent,
            other: Some(coaching.supervisor),
            item: Some(at),
            ..Row::of(Source::Coaching)
        });
    }
}

fn times(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    for at in places(counting.ledger.people.len()) {
        if counting.times.is_seen(at) {
            take(&Row { agent: Some(at), ..Row::of(Source::Time) });
        }
    }
}

pub(crate) fn statuses(counting: &Counting<'_>, take: &mut dyn FnMut(&Row)) {
    for at in places(counting.ledger.statuses.len()) {
        let status = &counting.ledger.statuses[at as usize];
        take(&Row { agent: Some(status.person), item: Some(at), ..Row::of(Source::Status) });
    }
}

/// What a row is counted as: everything that any measure of its source can ask for.
pub(crate) fn emit(counting: &Counting<'_>, row: &Row, sink: &mut dyn Sink) {
    sink.about(row.call, row.leg);
    match (row.source, row.call, row.leg, row.item) {
        (Source::Call, Some(call), ..) => emit_call(counting, call, sink),
        (Source::Leg, _, Some(leg), _) => emit_leg(counting, leg, sink),
        (Source::Link, Some(call), ..) => emit_link(counting, call, sink),
        (Source::Coaching, _, _, Some(item)) => emit_coaching(counting, item, sink),
        (Source::Time, ..) => {
            if let Some(agent) = row.agent {
                counting.times.emit(counting, agent, sink);
            }
        }
        (Source::Status, _, _, Some(item)) => emit_status(counting, item, sink),
        _ => {}
    }
}

fn emit_call(counting: &Counting<'_>, at: u32, sink: &mut dyn Sink) {
    let ledger = counting.ledger;
    let call = ledger.call(at);
    sink.add(Atom::Calls, call.started, 1);
    if let Some(ended) = call.ended {
        sink.span(Atom::CallMs, call.started, ended, ended);
        if call.is_abandoned() {
            sink.add(Atom::CallsAbandoned, ended, 1);
        }
    }
    if let Some(answered) = call.answered {
        sink.add(Atom::CallsAnswered, answered, 1);
        if call.is_customers() {
            sink.add(Atom::CustomerCallsAnswered, answered, 1);
        }
        if call.call_type == CallType::Internal && matches!(call.purpose, Purpose::Consult | Purpose::Direct)
        {
            sink.add(Atom::InternalAnswered, answered, 1);
        }
    }
    for leg in ledger.measured(call) {
        emit_segments(counting, leg, sink);
    }
    if call.is_customers() {
        let (longest, _) = ledger.holds(call);
        sink.add(Atom::LongestHold, call.started, longest);
    }
    if call.is_interaction() {
        emit_interaction(counting, at, sink);
    }
    emit_queue(counting, call, sink);
}

fn emit_interaction(counting: &Counting<'_>, at: u32, sink: &mut dyn Sink) {
    let ledger = counting.ledger;
    let call = ledger.call(at);
    sink.add(Atom::Interactions, call.started, 1);
    let of_customer = ledger.chain_of(call).iter().filter(|call| call.is_customers());
    sink.add(Atom::LongestHoldInteraction, call.started, of_customer.map(|call| ledger.holds(call).1).sum());
    let Some(answered) = call.answered else { return };
    sink.add(Atom::InteractionsAnswered, answered, 1);
    let chain = ledger.chain_of(call);
    if chain.iter().any(|call| call.purpose == Purpose::Transfer) {
        sink.add(Atom::InteractionsTransferred, answered, 1);
    }
    if chain.iter().any(Call::is_consult) {
        sink.add(Atom::InteractionsConsulted, answered, 1);
    }
    if let Some(repeated) = ledger.is_repeated(call) {
        sink.add(Atom::RepeatKnown, answered, 1);
        if !repeated {
            sink.add(Atom::Resolved, answered, 1);
        }
    }
    emit_tier_one(counting, at, sink);
    for (at, consult) in ledger.chained(call).filter(|(_, call)| call.is_internal_consult()) {
        sink.about(Some(at), None);
        spans(ledger.consult_seconds(consult), Atom::ConsultMs, sink);
    }
    sink.about(Some(at), None);
}

fn emit_tier_one(counting: &Counting<'_>, at: u32, sink: &mut dyn Sink) {
    let ledger = counting.ledger;
    let call = ledger.call(at);
    let Some(answered) = call.answered.filter(|_| ledger.is_tier_one(call)) else { return };
    let consulted = ledger.training_consults(call).next().is_some();
    sink.add(Atom::TierOne, answered, 1);
    let hit = i64::from(consulted);
    sink.add(Atom::TierOneConsulted, answered, hit);
    match counting.options.week_of(call.started) {
        Some(0) => {
            sink.add(Atom::RecentCalls, answered, 1);
            sink.add(Atom::RecentConsulted, answered, hit);
        }
        Some(1) => {
            sink.add(Atom::EarlierCalls, answered, 1);
            sink.add(Atom::EarlierConsulted, answered, hit);
        }
        _ => {}
    }
    if ledger.is_escalated(call) {
        sink.add(Atom::Escalated, answered, 1);
    }
    for (consult_at, consult) in ledger.training_consults(call) {
        sink.about(Some(consult_at), None);
        sink.add(Atom::TierOneConsults, consult.answered.unwrap_or(consult.started), 1);
        spans(ledger.consult_seconds(consult), Atom::TierOneConsultMs, sink);
    }
    sink.about(Some(at), None);
}

fn spans<'a>(segments: impl Iterator<Item = &'a Segment>, atom: Atom, sink: &mut dyn Sink) {
    for segment in segments {
        sink.span(atom, segment.start, segment.end, segment.end);
    }
}

fn emit_queue(counting: &Counting<'_>, call: &Call, sink: &mut dyn Sink) {
    let (Some(queue), Some(queued)) = (call.queue, call.queued) else { return };
    let options = counting.options;
    let in_time = options.service_level_ms.unwrap_or(counting.ledger.queues[queue as usize].service_level_ms);
    sink.add(Atom::Offered, queued, 1);
    if let (Some(answered), Some(wait)) = (call.answered, call.wait_ms()) {
        sink.add(Atom::QueueAnswered, answered, 1);
        sink.add(Atom::Wait, answered, wait);
        sink.sample(Atom::WaitSample, answered, wait);
        sink.add(Atom::LongestWait, answered, wait);
        if wait <= in_time {
            sink.add(Atom::InTime, answered, 1);
        }
    } else if let Some(ended) = call.ended {
        let wait = ended - queued;
        if call.is_abandoned() {
            sink.add(Atom::QueueAbandoned, ended, 1);
            sink.add(Atom::AbandonWait, ended, wait);
            sink.add(Atom::LongestWait, ended, wait);
            let met = if wait <= in_time { Atom::AbandonedInTime } else { Atom::AbandonedLate };
            sink.add(met, ended, 1);
            if wait < options.short_abandon_ms {
                sink.add(Atom::ShortAbandoned, ended, 1);
            }
        } else if &*call.disposition == "callback_requested" {
            sink.add(Atom::CallbackRequested, ended, 1);
        }
    }
}

fn atom_of(kind: SegmentKind) -> Atom {
    match kind {
        SegmentKind::Ring => Atom::Ring,
        SegmentKind::Talk => Atom::Talk,
        SegmentKind::Hold => Atom::Hold,
        SegmentKind::Conference => Atom::Conference,
        SegmentKind::Monitor => Atom::Monitor,
        SegmentKind::Whisper => Atom::Whisper,
        SegmentKind::Barge => Atom::Barge,
        SegmentKind::Acw => Atom::Acw,
        SegmentKind::Queue => Atom::Waiting,
        SegmentKind::Ivr => Atom::Ivr,
        SegmentKind::Park => Atom::Park,
    }
}

/// When everything about the leg is over, its wrap-up too.
fn over(counting: &Counting<'_>, leg: &Leg) -> i64 {
    let segments = counting.ledger.segments_of(leg).iter().map(|segment| segment.end);
    segments.max().or(leg.ended).unwrap_or_default()
}

fn emit_segments(counting: &Counting<'_>, leg: &Leg, sink: &mut dyn Sink) {
    let booked = over(counting, leg);
    for segment in counting.ledger.segments_of(leg) {
        sink.span(atom_of(segment.kind), segment.start, segment.end, booked);
        if segment.kind == SegmentKind::Hold {
            sink.add(Atom::HoldCount, segment.start, 1);
        }
    }
}

fn emit_leg(counting: &Counting<'_>, at: u32, sink: &mut dyn Sink) {
    let ledger = counting.ledger;
    let leg = ledger.leg(at);
    let call = ledger.call(leg.call);
    let began = leg.ring.or(leg.answered).unwrap_or(call.started);
    sink.add(Atom::Legs, began, 1);
    match (leg.answered, leg.ended) {
        (Some(answered), _) => sink.add(Atom::LegsAnswered, answered, 1),
        (None, Some(ended)) if leg.ring.is_some() => sink.add(Atom::LegsMissed, ended, 1),
        (None, _) => {}
    }
    emit_segments(counting, leg, sink);
    if let Some(mos) = leg.mos_hundredths {
        sink.add(Atom::MosSum, began, i64::from(mos));
        sink.add(Atom::MosCount, began, 1);
        sink.add(Atom::MosLowest, began, LOWEST_BASE - i64::from(mos));
    }
    if let Some(answered) = leg.answered.filter(|_| leg.is_agents() && call.is_customers()) {
        emit_handle(counting, leg, answered, sink);
    }
}

/// Each second of each agent's leg of a customer's call is charged to that agent, and to nobody else.
fn emit_handle(counting: &Counting<'_>, leg: &Leg, answered: i64, sink: &mut dyn Sink) {
    let booked = over(counting, leg);
    sink.add(Atom::HandledLegs, answered, 1);
    let mut handle = 0;
    for segment in counting.ledger.segments_of(leg) {
        let part = match segment.kind {
            SegmentKind::Talk => Atom::HandleTalk,
            SegmentKind::Hold => Atom::HandleHold,
            SegmentKind::Conference => Atom::HandleConference,
            SegmentKind::Acw => Atom::HandleAcw,
            _ => continue,
        };
        for atom in [Atom::Handle, part] {
            sink.span(atom, segment.start, segment.end, booked);
        }
        handle += segment.end - segment.start;
    }
    sink.sample(Atom::HandleSample, answered, handle);
}

fn emit_link(counting: &Counting<'_>, at: u32, sink: &mut dyn Sink) {
    let ledger = counting.ledger;
    let call = ledger.call(at);
    let consult = call.purpose == Purpose::Consult;
    sink.add(Atom::Attempts, call.started, 1);
    if consult {
        sink.add(Atom::ConsultsOffered, call.started, 1);
    }
    let Some(answered) = call.answered else { return };
    sink.add(Atom::EdgesAnswered, answered, 1);
    sink.note(Atom::EdgeConversations, answered, call.chain.start);
    if !consult {
        sink.add(Atom::EdgeTransfers, answered, 1);
        return;
    }
    for atom in [Atom::EdgeConsults, Atom::ConsultsReceived, Atom::ConsultsMade] {
        sink.add(atom, answered, 1);
    }
    let outcome = match &*call.disposition {
        "merged" => Atom::TookOver,
        "conferenced" => Atom::Joined,
        _ => Atom::Advised,
    };
    sink.add(outcome, answered, 1);
    for atom in [Atom::EdgeConsultMs, Atom::ConsultReceivedMs] {
        spans(ledger.consult_seconds(call), atom, sink);
    }
}

fn emit_coaching(counting: &Counting<'_>, at: u32, sink: &mut dyn Sink) {
    let coaching = &counting.ledger.coaching[at as usize];
    let (start, end) = (coaching.start, coaching.end);
    let mode = match coaching.mode {
        CoachingMode::Monitor => Atom::Monitor,
        CoachingMode::Whisper => Atom::Whisper,
        CoachingMode::Barge => Atom::Barge,
    };
    sink.span(mode, start, end, end);
    if coaching.mode != CoachingMode::Monitor {
        sink.span(Atom::CoachingMs, start, end, end);
    }
    sink.note(Atom::CoachingSessions, start, coaching.call);
    sink.note(Atom::CoachedCalls, start, counting.ledger.call(coaching.call).chain.start);
    if let Some(agent) = coaching.agent {
        sink.note(Atom::CoachedAgents, start, agent);
    }
}

fn emit_status(counting: &Counting<'_>, at: u32, sink: &mut dyn Sink) {
    let status = &counting.ledger.statuses[at as usize];
    let Some((start, end)) = counting.options.clip(status.start, status.end) else { return };
    sink.add(Atom::Statuses, start, 1);
    sink.span(Atom::StatusMs, start, end, end);
    for (start, end) in counting.times.in_call(status.person, start, end) {
        sink.span(Atom::StatusInCall, start, end, end);
    }
}

/// Whether a leg keeps its person busy: customers' wires and external ones have none.
pub(crate) fn keeps_busy(leg: &Leg) -> bool {
    leg.user.is_some() && leg.role != Role::Customer
}
