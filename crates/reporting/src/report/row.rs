//! What a report's rows are: where each comes from, and what it is counted as.

use std::ops::Range;

use voicecall::{CallType, CoachingMode, Purpose, Role, SegmentKind};

use super::{Options, time::PersonTimes};
use crate::{
    fact::OfferState,
    ledger::{Call, Coaching, Ledger, Leg, Segment},
    metric::{Atom, Atoms, LOWEST_BASE},
};

/// Which facts a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Call,
    /// A call that others are held against: it is not grouped by what only those others are.
    Base,
    Leg,
    /// A consult somebody made, was asked for, or a transfer.
    Link,
    /// The same of who was consulted or got the customer, beside `Link`.
    Taken,
    Coaching,
    /// The time of one person.
    Time,
    Status,
}

/// One row. What a source does not have is None, and neither narrows nor groups it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) source: Source,
    pub(crate) call: Option<Call<'a>>,
    pub(crate) leg: Option<Leg<'a>>,
    pub(crate) agent: Option<u32>,
    /// Whom the agent had to do with: who asked, who was consulted, who listened.
    pub(crate) other: Option<u32>,
    pub(crate) coaching: Option<Coaching<'a>>,
    /// Place in the ledger.
    pub(crate) status: Option<u32>,
}

impl<'a> Row<'a> {
    pub(crate) fn of(source: Source) -> Self {
        Self { source, call: None, leg: None, agent: None, other: None, coaching: None, status: None }
    }

    pub(super) fn of_call(call: Call<'a>, agent: Option<u32>) -> Self {
        Row { call: Some(call), agent, ..Row::of(Source::Call) }
    }
}

/// Where counts go.
pub(crate) trait Sink {
    /// What the counts that follow are about, for whoever asks what is behind a number.
    fn about(&mut self, call: Option<u32>, leg: Option<u32>);
    /// Whether any of these is asked for; what is not need not be worked out.
    fn wants(&self, atoms: Atoms) -> bool;
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
    /// Which of the ledger's pages are counted; what lies in none, people's time, is counted with the first.
    pub(crate) pages: Range<usize>,
}

pub(crate) type Each = for<'a> fn(&Counting<'a>, &mut dyn FnMut(&Row<'a>));

impl<'a> Counting<'a> {
    fn each_call(&self, take: impl FnMut(Call<'a>)) {
        self.ledger.each_call(self.pages.clone(), self.options.window, take);
    }

    fn is_first(&self) -> bool {
        self.pages.start == 0
    }
}

/// Every VoiceCall, by who handled it.
pub(crate) fn calls<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    counting.each_call(|call| take(&Row::of_call(call, call.user())));
}

pub(crate) fn queue_entries<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    counting.each_call(|call| {
        if call.is_offered() {
            take(&Row::of_call(call, call.user()));
        }
    });
}

/// The training gaps' denominator, by who answered first.
pub(crate) fn tier_one_calls<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    counting.each_call(|call| {
        if call.is_tier_one() {
            take(&Row::of_call(call, call.first_answering()));
        }
    });
}

/// Each time an agent was rung for a call that waited.
pub(crate) fn offers<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    legs(counting, &mut |row| {
        if row.leg.is_some_and(|leg| leg.is_offer()) {
            take(row);
        }
    });
}

pub(crate) fn legs<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    counting.each_call(|call| {
        for leg in call.legs() {
            take(&Row { call: Some(call), leg: Some(leg), agent: leg.user(), ..Row::of(Source::Leg) });
        }
    });
}

/// Legs of people who work here, the consults and transfers they made and took, how they were coached, and their time.
pub(crate) fn agents<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    legs(counting, &mut |row| {
        if row.agent.is_some() {
            take(row);
        }
    });
    links(counting, &mut |row| {
        let taken = Row { source: Source::Taken, agent: row.other, other: row.agent, ..*row };
        [row, &taken].into_iter().filter(|row| row.agent.is_some()).for_each(&mut *take);
    });
    coaching(counting, take);
    times(counting, take);
}

/// Internal consults by who was consulted.
fn consults<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    counting.each_call(|call| {
        if call.purpose() == Purpose::Consult && call.call_type() == CallType::Internal {
            let (agent, other) = (call.consulted(), call.initiator());
            take(&Row { call: Some(call), agent, other, ..Row::of(Source::Link) });
        }
    });
}

/// Consults by who was consulted, and the time of those who are: of tier 2 and above, or consulted at least once.
pub(crate) fn specialists<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    let ledger = counting.ledger;
    consults(counting, take);
    if !counting.is_first() {
        return;
    }
    let mut consulted = vec![false; ledger.people.len()];
    let everywhere = Counting { pages: 0..ledger.pages(), ..*counting };
    consults(&everywhere, &mut |row| {
        if let (Some(agent), true) = (row.agent, row.call.is_some_and(Call::is_consult))
            && let Some(consulted) = consulted.get_mut(agent as usize)
        {
            *consulted = true;
        }
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
pub(crate) fn escalations<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    links(counting, take);
    tier_one_calls(counting, &mut |row| take(&Row { source: Source::Base, ..*row }));
}

fn links<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    consults(counting, &mut |row| take(&Row { agent: row.other, other: row.agent, ..*row }));
    counting.each_call(|call| {
        if call.purpose() == Purpose::Transfer && call.is_customers() {
            let to = call.first_answering().or(call.target());
            take(&Row { call: Some(call), agent: from_whom(call), other: to, ..Row::of(Source::Link) });
        }
    });
}

/// Who handed the customer over: who transferred, or else who had the call that caused this one.
fn from_whom(call: Call<'_>) -> Option<u32> {
    let cause = call.parent();
    call.initiator().or_else(|| cause.and_then(|cause| cause.initiator().or(cause.user())))
}

pub(crate) fn coaching<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    counting.ledger.each_coaching(counting.pages.clone(), counting.options.window, |coaching| {
        take(&Row {
            call: Some(coaching.call()),
            agent: coaching.agent(),
            other: coaching.supervisor(),
            coaching: Some(coaching),
            ..Row::of(Source::Coaching)
        });
    });
}

fn times<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    let people = if counting.is_first() { counting.ledger.people.len() } else { 0 };
    for at in (0..).take(people) {
        if counting.times.is_seen(at) {
            take(&Row { agent: Some(at), ..Row::of(Source::Time) });
        }
    }
}

pub(crate) fn statuses<'a>(counting: &Counting<'a>, take: &mut dyn FnMut(&Row<'a>)) {
    let statuses = counting.ledger.statuses.iter().zip(0..);
    for (status, at) in statuses.filter(|_| counting.is_first()) {
        take(&Row { agent: Some(status.person), status: Some(at), ..Row::of(Source::Status) });
    }
}

/// What a row is counted as: everything that any measure of its source can ask for.
pub(crate) fn emit(counting: &Counting<'_>, row: &Row<'_>, sink: &mut dyn Sink) {
    sink.about(row.call.map(Call::place), row.leg.map(Leg::place));
    match (row.source, row.call, row.leg) {
        (Source::Call | Source::Base, Some(call), _) => emit_call(counting, call, sink),
        (Source::Leg, Some(call), Some(leg)) => emit_leg(call, leg, sink),
        (Source::Link, Some(call), _) => emit_link(call, sink),
        (Source::Taken, Some(call), _) => emit_taken(call, sink),
        (Source::Coaching, ..) => {
            if let Some(coaching) = row.coaching {
                emit_coaching(coaching, sink);
            }
        }
        (Source::Time, ..) => {
            if let Some(agent) = row.agent {
                counting.times.emit(agent, sink);
            }
        }
        (Source::Status, ..) => {
            if let Some(status) = row.status {
                emit_status(counting, status, sink);
            }
        }
        _ => {}
    }
}

/// What of an interaction needs the calls around it.
const OF_CHAIN: Atoms =
    Atoms::of(&[Atom::InteractionsTransferred, Atom::InteractionsConsulted, Atom::ConsultMs]);
const OF_TIER_ONE: Atoms = Atoms::of(&[
    Atom::TierOne,
    Atom::TierOneConsulted,
    Atom::TierOneConsults,
    Atom::TierOneConsultMs,
    Atom::Escalated,
    Atom::RecentCalls,
    Atom::RecentConsulted,
    Atom::EarlierCalls,
    Atom::EarlierConsulted,
]);
const OF_QUEUE: Atoms = Atoms::of(&[
    Atom::Offered,
    Atom::QueueAnswered,
    Atom::QueueAbandoned,
    Atom::Wait,
    Atom::AbandonWait,
    Atom::InTime,
    Atom::AbandonedInTime,
    Atom::AbandonedLate,
    Atom::ShortAbandoned,
    Atom::CallbackRequested,
    Atom::LongestWait,
    Atom::WaitSample,
]);
const OF_SEGMENTS: Atoms = Atoms::of(&[
    Atom::Ring,
    Atom::Talk,
    Atom::Hold,
    Atom::Conference,
    Atom::Monitor,
    Atom::Whisper,
    Atom::Barge,
    Atom::Acw,
    Atom::Waiting,
    Atom::Ivr,
    Atom::Park,
    Atom::HoldCount,
]);
const OF_OFFERS: Atoms = Atoms::of(&[
    Atom::OffersAccepted,
    Atom::OffersDeclined,
    Atom::OffersMissed,
    Atom::OffersWithdrawn,
    Atom::OffersFailed,
]);
const OF_HANDLE: Atoms = Atoms::of(&[
    Atom::HandledLegs,
    Atom::Handle,
    Atom::HandleTalk,
    Atom::HandleHold,
    Atom::HandleConference,
    Atom::HandleAcw,
    Atom::HandleSample,
]);

fn emit_call(counting: &Counting<'_>, call: Call<'_>, sink: &mut dyn Sink) {
    sink.add(Atom::Calls, call.started(), 1);
    if let Some(ended) = call.ended() {
        sink.span(Atom::CallMs, call.started(), ended, ended);
        if sink.wants(Atoms::of(&[Atom::CallsAbandoned])) && call.is_abandoned() {
            sink.add(Atom::CallsAbandoned, ended, 1);
        }
    }
    if let Some(answered) = call.answered() {
        sink.add(Atom::CallsAnswered, answered, 1);
        if call.is_customers() {
            sink.add(Atom::CustomerCallsAnswered, answered, 1);
        }
        if call.call_type() == CallType::Internal
            && matches!(call.purpose(), Purpose::Consult | Purpose::Direct)
        {
            sink.add(Atom::InternalAnswered, answered, 1);
        }
    }
    if sink.wants(OF_SEGMENTS) {
        call.measured().for_each(|leg| emit_segments(leg, sink));
    }
    if sink.wants(Atoms::of(&[Atom::LongestHold])) && call.is_customers() {
        sink.add(Atom::LongestHold, call.started(), call.holds().0);
    }
    if call.is_interaction() {
        emit_interaction(counting, call, sink);
    }
    if sink.wants(OF_QUEUE) {
        emit_queue(counting, call, sink);
    }
}

fn emit_interaction(counting: &Counting<'_>, call: Call<'_>, sink: &mut dyn Sink) {
    sink.add(Atom::Interactions, call.started(), 1);
    if sink.wants(Atoms::of(&[Atom::LongestHoldInteraction])) {
        let of_customer = call.chain().filter(|call| call.is_customers());
        sink.add(Atom::LongestHoldInteraction, call.started(), of_customer.map(|call| call.holds().1).sum());
    }
    let Some(answered) = call.answered() else { return };
    sink.add(Atom::InteractionsAnswered, answered, 1);
    if sink.wants(OF_CHAIN) {
        if call.chain().any(|call| call.purpose() == Purpose::Transfer) {
            sink.add(Atom::InteractionsTransferred, answered, 1);
        }
        if call.chain().any(Call::is_consult) {
            sink.add(Atom::InteractionsConsulted, answered, 1);
        }
        for consult in call.chain().filter(|call| call.is_internal_consult()) {
            sink.about(Some(consult.place()), None);
            spans(consult.consult_seconds(), Atom::ConsultMs, sink);
        }
        sink.about(Some(call.place()), None);
    }
    if sink.wants(Atoms::of(&[Atom::RepeatKnown, Atom::Resolved]))
        && let Some(repeated) = call.is_repeated()
    {
        sink.add(Atom::RepeatKnown, answered, 1);
        if !repeated {
            sink.add(Atom::Resolved, answered, 1);
        }
    }
    if sink.wants(OF_TIER_ONE) && call.is_tier_one() {
        emit_tier_one(counting, call, answered, sink);
    }
}

fn emit_tier_one(counting: &Counting<'_>, call: Call<'_>, answered: i64, sink: &mut dyn Sink) {
    let consulted = call.training_consults().next().is_some();
    sink.add(Atom::TierOne, answered, 1);
    let hit = i64::from(consulted);
    sink.add(Atom::TierOneConsulted, answered, hit);
    match counting.options.week_of(call.started()) {
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
    if sink.wants(Atoms::of(&[Atom::Escalated])) && call.is_escalated() {
        sink.add(Atom::Escalated, answered, 1);
    }
    if !consulted {
        return;
    }
    for consult in call.training_consults() {
        sink.about(Some(consult.place()), None);
        sink.add(Atom::TierOneConsults, consult.answered().unwrap_or(consult.started()), 1);
        spans(consult.consult_seconds(), Atom::TierOneConsultMs, sink);
    }
    sink.about(Some(call.place()), None);
}

fn spans(segments: impl Iterator<Item = Segment>, atom: Atom, sink: &mut dyn Sink) {
    for segment in segments {
        sink.span(atom, segment.start, segment.end, segment.end);
    }
}

fn emit_queue(counting: &Counting<'_>, call: Call<'_>, sink: &mut dyn Sink) {
    let (Some(queue), Some(queued)) = (call.queue(), call.queued()) else { return };
    let options = counting.options;
    let in_time = options.service_level_ms.unwrap_or(queue.service_level_ms);
    sink.add(Atom::Offered, queued, 1);
    if let (Some(answered), Some(wait)) = (call.answered(), call.wait_ms()) {
        sink.add(Atom::QueueAnswered, answered, 1);
        sink.add(Atom::Wait, answered, wait);
        sink.sample(Atom::WaitSample, answered, wait);
        sink.add(Atom::LongestWait, answered, wait);
        if wait <= in_time {
            sink.add(Atom::InTime, answered, 1);
        }
    } else if let Some(ended) = call.ended() {
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
        } else if call.disposition() == "callback_requested" {
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
fn over(leg: Leg<'_>) -> i64 {
    leg.segments().map(|segment| segment.end).max().or(leg.ended()).unwrap_or_default()
}

fn emit_segments(leg: Leg<'_>, sink: &mut dyn Sink) {
    let booked = over(leg);
    for segment in leg.segments() {
        sink.span(atom_of(segment.kind), segment.start, segment.end, booked);
        if segment.kind == SegmentKind::Hold {
            sink.add(Atom::HoldCount, segment.start, 1);
        }
    }
}

fn emit_leg(call: Call<'_>, leg: Leg<'_>, sink: &mut dyn Sink) {
    let began = leg.ring().or(leg.answered()).unwrap_or(call.started());
    sink.add(Atom::Legs, began, 1);
    match (leg.answered(), leg.ended()) {
        (Some(answered), _) => sink.add(Atom::LegsAnswered, answered, 1),
        (None, Some(ended)) if leg.ring().is_some() => sink.add(Atom::LegsMissed, ended, 1),
        (None, _) => {}
    }
    if sink.wants(OF_OFFERS) && leg.is_offer() {
        emit_offer(leg, sink);
    }
    if sink.wants(OF_SEGMENTS) {
        emit_segments(leg, sink);
    }
    if let Some(mos) = leg.mos_hundredths() {
        sink.add(Atom::MosSum, began, mos);
        sink.add(Atom::MosCount, began, 1);
        sink.add(Atom::MosLowest, began, LOWEST_BASE - mos);
    }
    if let Some(answered) = leg.answered().filter(|_| leg.is_agents() && call.is_customers())
        && sink.wants(OF_HANDLE)
    {
        emit_handle(leg, answered, sink);
    }
}

/// Each second of each agent's leg of a customer's call is charged to that agent, and to nobody else.
fn emit_handle(leg: Leg<'_>, answered: i64, sink: &mut dyn Sink) {
    let booked = over(leg);
    sink.add(Atom::HandledLegs, answered, 1);
    let mut handle = 0;
    for segment in leg.segments() {
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

fn emit_link(call: Call<'_>, sink: &mut dyn Sink) {
    let consult = call.purpose() == Purpose::Consult;
    sink.add(Atom::Attempts, call.started(), 1);
    if consult {
        sink.add(Atom::ConsultsOffered, call.started(), 1);
    }
    let Some(answered) = call.answered() else { return };
    sink.add(Atom::EdgesAnswered, answered, 1);
    sink.note(Atom::EdgeConversations, answered, call.conversation_place());
    if !consult {
        sink.add(Atom::EdgeTransfers, answered, 1);
        return;
    }
    for atom in [Atom::EdgeConsults, Atom::ConsultsReceived, Atom::ConsultsMade] {
        sink.add(atom, answered, 1);
    }
    let outcome = match call.disposition() {
        "merged" => Atom::TookOver,
        "conferenced" => Atom::Joined,
        _ => Atom::Advised,
    };
    sink.add(outcome, answered, 1);
    for atom in [Atom::EdgeConsultMs, Atom::ConsultReceivedMs] {
        spans(call.consult_seconds(), atom, sink);
    }
}

fn emit_taken(call: Call<'_>, sink: &mut dyn Sink) {
    let Some(answered) = call.answered() else { return };
    let consult = call.purpose() == Purpose::Consult;
    sink.add(if consult { Atom::ConsultsTaken } else { Atom::TransfersTaken }, answered, 1);
}

/// At the moment the offer ended; it began with its leg.
fn emit_offer(leg: Leg<'_>, sink: &mut dyn Sink) {
    let ended = leg.answered().or(leg.ended()).or(leg.ring()).unwrap_or_default();
    let atom = match leg.offer_outcome() {
        OfferState::Accepted => Atom::OffersAccepted,
        OfferState::Declined => Atom::OffersDeclined,
        OfferState::Missed => Atom::OffersMissed,
        OfferState::Withdrawn => Atom::OffersWithdrawn,
        OfferState::Failed => Atom::OffersFailed,
        OfferState::Ringing => return,
    };
    sink.add(atom, ended, 1);
}

fn emit_coaching(coaching: Coaching<'_>, sink: &mut dyn Sink) {
    let (start, end, call) = (coaching.start(), coaching.end(), coaching.call());
    let mode = match coaching.mode() {
        CoachingMode::Monitor => Atom::Monitor,
        CoachingMode::Whisper => Atom::Whisper,
        CoachingMode::Barge => Atom::Barge,
    };
    sink.span(mode, start, end, end);
    if coaching.mode() != CoachingMode::Monitor {
        sink.span(Atom::CoachingMs, start, end, end);
    }
    sink.note(Atom::CoachingSessions, start, call.place());
    sink.note(Atom::CoachedCalls, start, call.conversation_place());
    if let Some(agent) = coaching.agent() {
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
    if &*status.status == "available" && sink.wants(Atoms::of(&[Atom::Idle])) {
        for (start, end) in counting.times.idle(status.person, start, end) {
            sink.span(Atom::Idle, start, end, end);
        }
    }
}

/// Whether a leg keeps its person busy: customers' wires and external ones have none.
pub(crate) fn keeps_busy(leg: Leg<'_>) -> bool {
    leg.user().is_some() && leg.role() != Role::Customer
}
