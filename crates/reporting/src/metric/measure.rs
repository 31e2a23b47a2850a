//! Every measure by name: its formula over what was counted, and its definition in words.

use serde::Serialize;

use super::atom::{Atom, Atom::*, Sums};

/// A cell's value. A division by zero is null, not 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Boolean,
    Time,
    Interval,
    Count,
    Seconds,
    Minutes,
    /// A fraction, 0 to 1 (an occupancy above 1 would be an error in the records).
    Rate,
    Number,
}

/// Sums and differences of what was counted.
pub(crate) type Terms = &'static [(i64, Atom)];

#[derive(Clone, Copy, Debug)]
pub enum Formula {
    Count(Atom),
    /// How many different ones.
    Distinct(Atom),
    /// Milliseconds as seconds.
    Seconds(Atom),
    Minutes(Atom),
    Ratio(Terms, Terms),
    /// Milliseconds over a count, as seconds.
    Mean(Terms, Terms),
    /// Milliseconds over a count, as minutes.
    MeanMinutes(Terms, Terms),
    MeanMinutesOfDistinct(Atom, Atom),
    /// Hundredths over a count.
    Hundredths(Atom, Atom),
    /// 10,000 less hundredths, the greatest of which was kept.
    Lowest(Atom),
    Percentile(Atom, u64),
    /// Bounds of the 95 % score interval (Wilson 1927) of the first over the second.
    WilsonLow(Atom, Atom),
    WilsonHigh(Atom, Atom),
    /// The rate is at least the threshold, compared as whole numbers; or the interval's lower bound is.
    Flag(Atom, Atom),
    FlagSure(Atom, Atom),
    /// The change of the rate from the week before the last to the last.
    Trend,
    /// Counted over the rows of the answer, once they are there.
    OverRows(OverRows),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverRows {
    /// The rate drawn towards that of all rows, the more the fewer calls stand behind it.
    Shrunk,
    /// How likely so high a rate is by chance where the others' holds.
    P,
    /// The same with the number of rows looked at accounted for (Benjamini and Hochberg 1995).
    Q,
}

#[derive(Clone, Copy, Debug)]
pub struct Measure {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    pub formula: Formula,
    pub definition: &'static str,
}

/// The normal distribution's 97.5 % point.
const Z: f64 = 1.959_963_984_540_054;

fn float(number: i64) -> f64 {
    number as f64
}

/// Whole seconds stay whole.
pub(crate) fn seconds(ms: i64) -> Value {
    if ms % 1000 == 0 { Value::Int(ms / 1000) } else { Value::Float(float(ms) / 1000.0) }
}

fn over(number: i64, by: i64, unit: f64) -> Value {
    if by == 0 { Value::Null } else { Value::Float(float(number) / float(by) / unit) }
}

pub(crate) fn wilson(hits: i64, of: i64) -> Option<(f64, f64)> {
    if of <= 0 {
        return None;
    }
    let (n, p) = (float(of), float(hits) / float(of));
    let scale = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
    // At the ends of the scale the bound is the end itself, which the arithmetic only nears.
    let low = if hits == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if hits == of { 1.0 } else { (centre + half).min(1.0) };
    Some((low, high))
}

impl Formula {
    /// `threshold_permille` is the organization's training-gap threshold.
    pub fn value(self, sums: &Sums, threshold_permille: i64) -> Value {
        let of = |terms: Terms| terms.iter().map(|(factor, atom)| factor * sums.get(*atom)).sum::<i64>();
        let bound = |hits, all, choose: fn((f64, f64)) -> f64| {
            wilson(sums.get(hits), sums.get(all)).map_or(Value::Null, |bounds| Value::Float(choose(bounds)))
        };
        match self {
            Formula::Count(atom) => Value::Int(sums.get(atom)),
            Formula::Distinct(atom) => Value::Int(sums.distinct(atom)),
            Formula::Seconds(atom) => seconds(sums.get(atom)),
            Formula::Minutes(atom) => Value::Float(float(sums.get(atom)) / 60_000.0),
            Formula::Ratio(up, down) => over(of(up), of(down), 1.0),
            Formula::Mean(up, down) => over(of(up), of(down), 1_000.0),
            Formula::MeanMinutes(up, down) => over(of(up), of(down), 60_000.0),
            Formula::MeanMinutesOfDistinct(up, down) => over(sums.get(up), sums.distinct(down), 60_000.0),
            Formula::Hundredths(up, down) => over(sums.get(up), sums.get(down), 100.0),
            Formula::Lowest(atom) => match sums.get(atom) {
                0 => Value::Null,
                kept => Value::Float(float(LOWEST_BASE - kept) / 100.0),
            },
            Formula::Percentile(atom, percent) => sums.percentile(atom, percent).map_or(Value::Null, seconds),
            Formula::WilsonLow(hits, all) => bound(hits, all, |bounds| bounds.0),
            Formula::WilsonHigh(hits, all) => bound(hits, all, |bounds| bounds.1),
            Formula::Flag(hits, all) => match sums.get(all) {
                0 => Value::Null,
                all => Value::Bool(sums.get(hits) * 1000 >= threshold_permille * all),
            },
            Formula::FlagSure(hits, all) => match wilson(sums.get(hits), sums.get(all)) {
                None => Value::Null,
                Some((low, _)) => Value::Bool(low * 1000.0 >= float(threshold_permille)),
            },
            Formula::Trend => match (sums.get(RecentCalls), sums.get(EarlierCalls)) {
                (0, _) | (_, 0) => Value::Null,
                (recent, earlier) => Value::Float(
                    float(sums.get(RecentConsulted)) / float(recent)
                        - float(sums.get(EarlierConsulted)) / float(earlier),
                ),
            },
            Formula::OverRows(_) => Value::Null,
        }
    }

    /// Whether what is summed over the things behind it is milliseconds.
    pub fn sums_time(self) -> bool {
        match self {
            Formula::Seconds(_)
            | Formula::Minutes(_)
            | Formula::Mean(..)
            | Formula::MeanMinutes(..)
            | Formula::MeanMinutesOfDistinct(..)
            | Formula::Percentile(..) => true,
            Formula::Ratio(up, _) => up.iter().any(|(_, atom)| matches!(atom, Busy | ConsultReceivedMs)),
            _ => false,
        }
    }

    /// What a number is counted from: the calls it is a number of, and what is summed over them.
    pub fn behind(self) -> (Vec<Atom>, Vec<Atom>) {
        let atoms = |terms: Terms| terms.iter().map(|(_, atom)| *atom).collect::<Vec<_>>();
        match self {
            Formula::Count(atom)
            | Formula::Distinct(atom)
            | Formula::Seconds(atom)
            | Formula::Minutes(atom)
            | Formula::Lowest(atom)
            | Formula::Percentile(atom, _) => (vec![atom], vec![atom]),
            Formula::Ratio(up, down) | Formula::Mean(up, down) | Formula::MeanMinutes(up, down) => {
                (atoms(down), atoms(up))
            }
            Formula::MeanMinutesOfDistinct(up, down) | Formula::Hundredths(up, down) => {
                (vec![down], vec![up])
            }
            Formula::WilsonLow(hits, all)
            | Formula::WilsonHigh(hits, all)
            | Formula::Flag(hits, all)
            | Formula::FlagSure(hits, all) => (vec![all], vec![hits]),
            Formula::Trend => (vec![RecentCalls, EarlierCalls], vec![RecentConsulted, EarlierConsulted]),
            Formula::OverRows(_) => (vec![TierOne], vec![TierOneConsulted]),
        }
    }
}

/// What `Formula::Lowest` is counted back from.
pub(crate) const LOWEST_BASE: i64 = 10_000;

impl Measure {
    /// What requests and answers call it; where types mean different things by a name, the type stands before it here.
    pub fn public(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

/// By its name here.
pub fn measure(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}

macro_rules! measures {
    ($($name:literal $title:literal $kind:ident ($formula:expr) $definition:literal;)*) => {
        /// All measures; a report type offers some of them.
        pub const MEASURES: &[Measure] = &[$(Measure {
            name: $name,
            title: $title,
            kind: Kind::$kind,
            formula: $formula,
            definition: $definition,
        },)*];
    };
}

use Formula::{
    Count, Distinct, Flag, FlagSure, Hundredths, Lowest, Mean, MeanMinutes, MeanMinutesOfDistinct, Minutes,
    OverRows as Rows, Percentile, Ratio, Seconds, Trend, WilsonHigh, WilsonLow,
};

measures! {
    "calls" "Calls" Count (Count(Calls)) "VoiceCalls, each at the moment it started.";
    "answered_calls" "Answered" Count (Count(CallsAnswered)) "VoiceCalls that somebody answered, each at its answer.";
    "answer_rate" "Answer rate" Rate (Ratio(&[(1, CallsAnswered)], &[(1, Calls)])) "Answered calls over calls.";
    "abandoned_calls" "Abandoned calls" Count (Count(CallsAbandoned)) "VoiceCalls of the disposition abandoned, each at its end.";
    "duration_seconds" "Duration" Seconds (Seconds(CallMs)) "Seconds from the start to the end of the VoiceCalls, split at interval borders.";
    "mean_duration_seconds" "Mean duration" Seconds (Mean(&[(1, CallMs)], &[(1, Calls)])) "Duration over calls.";
    "interactions" "Interactions" Count (Count(Interactions)) "Inbound root calls, each at the moment it started.";
    "answered_interactions" "Answered interactions" Count (Count(InteractionsAnswered)) "Inbound root calls that somebody answered, each at its answer.";
    "transferred_interactions" "Transferred interactions" Count (Count(InteractionsTransferred)) "Answered Inbound root calls with at least one call of the purpose transfer.";
    "transfer_rate" "Transfer rate" Rate (Ratio(&[(1, InteractionsTransferred)], &[(1, InteractionsAnswered)])) "Answered interactions with at least one transfer call over answered interactions.";
    "consulted_interactions" "Consulted interactions" Count (Count(InteractionsConsulted)) "Answered Inbound root calls with at least one answered consult.";
    "voice_calls.consult_rate" "Consult rate" Rate (Ratio(&[(1, InteractionsConsulted)], &[(1, InteractionsAnswered)])) "Answered interactions with at least one answered consult over answered interactions; not consults over calls.";
    "first_contact_resolution" "First contact resolution" Rate (Ratio(&[(1, Resolved)], &[(1, RepeatKnown)])) "Answered interactions with no other Inbound root call of the same customer about the same case category (or, without one, subject) within 7 x 24 hours before or after, over answered interactions whose customer is known.";
    "resolved_interactions" "Resolved at first contact" Count (Count(Resolved)) "The numerator of first_contact_resolution.";
    "customer_calls_answered" "Answered customer calls" Count (Count(CustomerCallsAnswered)) "Answered Inbound and Outbound calls of the purpose customer, transfer or callback.";
    "internal_calls_answered" "Answered internal calls" Count (Count(InternalAnswered)) "Answered Internal calls of the purpose consult or direct; coaching is not counted.";
    "internal_call_rate" "Internal-call rate" Rate (Ratio(&[(1, InternalAnswered)], &[(1, CustomerCallsAnswered)])) "Answered Internal calls (consult or direct, not coaching) over answered customer calls.";
    "escalated_calls" "Escalated" Count (Count(Escalated)) "Answered Inbound root calls whose first answering agent is of tier 1, with an answered consult with, or a transfer answered by, an agent of tier 2 or above.";
    "tier_one_calls" "Tier-1 calls" Count (Count(TierOne)) "Answered Inbound root calls whose first answering agent is of tier 1, each at its answer.";
    "escalation_rate" "Escalation rate" Rate (Ratio(&[(1, Escalated)], &[(1, TierOne)])) "Tier-1 calls with an answered consult with, or a transfer answered by, an agent of tier 2 or above, over tier-1 calls.";
    "consult_minutes_per_call" "Consult minutes per customer call" Minutes (MeanMinutes(&[(1, ConsultMs)], &[(1, InteractionsAnswered)])) "Minutes of talk and conference of the consulted side of Internal consults, over answered interactions.";
    "longest_hold_seconds" "Longest hold" Seconds (Seconds(LongestHold)) "The longest single hold segment of an agent's leg on a customer call.";
    "longest_hold_interaction_seconds" "Longest hold of an interaction" Seconds (Seconds(LongestHoldInteraction)) "The most hold seconds of the agents' legs on the customer calls of one conversation, summed.";
    "legs" "Legs" Count (Count(Legs)) "Call legs, each at the moment it rang (or was answered, where it did not ring).";
    "answered_legs" "Answered legs" Count (Count(LegsAnswered)) "Call legs that were answered, each at its answer.";
    "missed_legs" "Missed legs" Count (Count(LegsMissed)) "Call legs that rang and were not answered, each at its end.";
    "offers" "Offers" Count (Count(Legs)) "Times an agent was rung for a customer's call that waited in a queue, each when the ringing began.";
    "accepted_offers" "Accepted" Count (Count(OffersAccepted)) "Offers that the agent answered, each at its answer.";
    "declined_offers" "Declined" Count (Count(OffersDeclined)) "Offers that the agent declined, each at its end.";
    "missed_offers" "Missed" Count (Count(OffersMissed)) "Offers that rang until their time was over, each at its end.";
    "withdrawn_offers" "Withdrawn" Count (Count(OffersWithdrawn)) "Offers that were taken back because the caller left or was served otherwise, each at its end.";
    "failed_offers" "Failed" Count (Count(OffersFailed)) "Offers to a phone that could not be reached, was busy or was lost, each at its end.";
    "acceptance_rate" "Acceptance rate" Rate (Ratio(&[(1, OffersAccepted)], &[(1, Legs)])) "Accepted offers over offers.";
    "mean_ring_seconds" "Mean ring" Seconds (Mean(&[(1, Ring)], &[(1, Legs)])) "Ring seconds over offers.";
    "ring_seconds" "Ring" Seconds (Seconds(Ring)) "Seconds of ring segments, split at interval borders.";
    "talk_seconds" "Talk" Seconds (Seconds(Talk)) "Seconds of talk segments, split at interval borders: of a customer's call its agents' legs, of another call the called side's, so that no second counts twice.";
    "hold_seconds" "Hold" Seconds (Seconds(Hold)) "Seconds of hold segments of the same legs as talk_seconds.";
    "conference_seconds" "Conference" Seconds (Seconds(Conference)) "Seconds of conference segments of the same legs as talk_seconds.";
    "monitor_seconds" "Monitor" Seconds (Seconds(Monitor)) "Seconds in which a supervisor listened unheard.";
    "whisper_seconds" "Whisper" Seconds (Seconds(Whisper)) "Seconds in which only the coached agent heard the supervisor.";
    "barge_seconds" "Barge" Seconds (Seconds(Barge)) "Seconds in which everybody heard the supervisor.";
    "wrap_up_seconds" "Wrap-up" Seconds (Seconds(Acw)) "Seconds of After Conversation Work, split at interval borders.";
    "queue_seconds" "Queue" Seconds (Seconds(Waiting)) "Seconds of queue segments.";
    "ivr_seconds" "IVR" Seconds (Seconds(Ivr)) "Seconds of IVR segments.";
    "park_seconds" "Park" Seconds (Seconds(Park)) "Seconds of park segments.";
    "hold_count" "Holds" Count (Count(HoldCount)) "Hold segments of the same legs as talk_seconds, each at its start.";
    "mean_talk_seconds" "Mean talk" Seconds (Mean(&[(1, Talk), (1, Conference)], &[(1, CallsAnswered)])) "Talk and conference seconds over answered calls.";
    "mos" "Quality (MOS)" Number (Hundredths(MosSum, MosCount)) "The mean of the legs' mean opinion scores (1 to 4.5), of legs that were measured.";
    "mos_lowest" "Lowest quality" Number (Lowest(MosLowest)) "The lowest mean opinion score of any leg.";
    "handled" "Handled" Count (Count(HandledLegs)) "Answered agents' legs of customer calls, each at its answer.";
    "handle_seconds" "Handle time" Seconds (Seconds(Handle)) "Talk, hold, conference and wrap-up seconds of answered agents' legs of customer calls, each second charged to one agent, split at interval borders.";
    "aht_seconds" "Average handle time" Seconds (Mean(&[(1, Handle)], &[(1, HandledLegs)])) "handle_seconds over handled.";
    "handle_seconds_p90" "Handle time, 90 % below" Seconds (Percentile(HandleSample, 90)) "The handle time that 90 % of the handled legs do not exceed, from an exact histogram.";
    "agents.talk_seconds" "Talk" Seconds (Seconds(HandleTalk)) "Talk seconds of answered agents' legs of customer calls: the talk part of handle_seconds.";
    "agents.hold_seconds" "Hold" Seconds (Seconds(HandleHold)) "Hold seconds of answered agents' legs of customer calls: the hold part of handle_seconds.";
    "agents.conference_seconds" "Conference" Seconds (Seconds(HandleConference)) "Conference seconds of answered agents' legs of customer calls: the conference part of handle_seconds.";
    "agents.wrap_up_seconds" "Wrap-up" Seconds (Seconds(HandleAcw)) "Wrap-up seconds of answered agents' legs of customer calls: the wrap-up part of handle_seconds.";
    "offered" "Offered" Count (Count(Offered)) "Entries of a call into a queue, each at the moment it was queued.";
    "answered" "Answered" Count (Count(QueueAnswered)) "Queue entries that an agent answered, each at its answer.";
    "abandoned" "Abandoned" Count (Count(QueueAbandoned)) "Queue entries whose caller left while waiting, each at its end; who asked to be called back did not abandon.";
    "abandon_rate" "Abandon rate" Rate (Ratio(&[(1, QueueAbandoned)], &[(1, Offered)])) "Abandoned over offered.";
    "short_abandoned" "Short abandons" Count (Count(ShortAbandoned)) "Abandoned queue entries that waited less than 5 seconds.";
    "callback_requested" "Callback requested" Count (Count(CallbackRequested)) "Queue entries whose caller asked to be called back.";
    "asa_seconds" "Average speed of answer" Seconds (Mean(&[(1, Wait)], &[(1, QueueAnswered)])) "The mean time from queue entry to answer, of answered entries only, ringing and missed offers included.";
    "mean_abandon_seconds" "Mean time to abandon" Seconds (Mean(&[(1, AbandonWait)], &[(1, QueueAbandoned)])) "The mean time from queue entry to end, of abandoned entries.";
    "longest_wait_seconds" "Longest wait" Seconds (Seconds(LongestWait)) "The longest time from queue entry to answer or abandon.";
    "wait_seconds_p50" "Wait, half below" Seconds (Percentile(WaitSample, 50)) "The wait that half of the answered entries do not exceed, from an exact histogram.";
    "wait_seconds_p90" "Wait, 90 % below" Seconds (Percentile(WaitSample, 90)) "The wait that 90 % of the answered entries do not exceed, from an exact histogram.";
    "wait_seconds_p95" "Wait, 95 % below" Seconds (Percentile(WaitSample, 95)) "The wait that 95 % of the answered entries do not exceed, from an exact histogram.";
    "answered_in_time" "Answered in time" Count (Count(InTime)) "Queue entries answered within T, T included; T is the queue's service_level_seconds.";
    "service_level_offered" "Service level (offered)" Rate (Ratio(&[(1, InTime)], &[(1, Offered)])) "Answered within T over offered.";
    "service_level_excluding_short" "Service level (without short abandons)" Rate (Ratio(&[(1, InTime)], &[(1, Offered), (-1, ShortAbandoned)])) "Answered within T over offered less abandons of under 5 seconds.";
    "service_level_answered" "Service level (answered)" Rate (Ratio(&[(1, InTime)], &[(1, QueueAnswered)])) "Answered within T over answered.";
    "service_level_abandons_met" "Service level (abandons in time met)" Rate (Ratio(&[(1, InTime), (1, AbandonedInTime)], &[(1, Offered)])) "Answered or abandoned within T over offered.";
    "service_level_abandons_missed" "Service level (late abandons missed)" Rate (Ratio(&[(1, InTime)], &[(1, QueueAnswered), (1, AbandonedLate)])) "Answered within T over answered plus abandoned after T.";
    "training_gaps.calls" "Calls" Count (Count(TierOne)) "Answered Inbound root calls whose first answering agent is of tier 1, each at its answer.";
    "consulted" "Consulted" Count (Count(TierOneConsulted)) "Of these calls, those with at least one answered Internal consult of an agent of tier 1 with an agent of tier 2 or above.";
    "consult_rate" "Consult rate" Rate (Ratio(&[(1, TierOneConsulted)], &[(1, TierOne)])) "Consulted over calls.";
    "wilson_low" "95 % interval, low" Rate (WilsonLow(TierOneConsulted, TierOne)) "The lower bound of the Wilson 95 % score interval of the consult rate.";
    "wilson_high" "95 % interval, high" Rate (WilsonHigh(TierOneConsulted, TierOne)) "The upper bound of the Wilson 95 % score interval of the consult rate.";
    "consults" "Consults" Count (Count(TierOneConsults)) "The answered Internal consults, of tier 1 with tier 2 or above, of these calls.";
    "consult_seconds" "Consult seconds" Seconds (Seconds(TierOneConsultMs)) "Talk and conference seconds of these consults, on the specialist's side.";
    "consult_minutes_per_consulted" "Minutes per consulted call" Minutes (MeanMinutes(&[(1, TierOneConsultMs)], &[(1, TierOneConsulted)])) "Specialist minutes of these consults over consulted calls: what a gap costs.";
    "escalated" "Escalated" Count (Count(Escalated)) "Of these calls, those with an answered consult with, or a transfer answered by, an agent of tier 2 or above.";
    "flagged" "Training gap" Boolean (Flag(TierOneConsulted, TierOne)) "The consult rate is at or above the organization's threshold (30 % by default), compared exactly.";
    "flagged_surely" "Training gap, surely" Boolean (FlagSure(TierOneConsulted, TierOne)) "The lower bound of the Wilson interval is at or above the threshold: not the noise of a small cell.";
    "trend" "Trend" Number (Trend) "The consult rate of the last seven days less that of the seven days before, counted back from the newest call.";
    "consult_rate_shrunk" "Consult rate, shrunk" Rate (Rows(OverRows::Shrunk)) "The consult rate drawn towards that of all rows by an empirical Bayes (beta-binomial) estimate: the fewer the calls, the more.";
    "p_value" "Chance" Rate (Rows(OverRows::P)) "How likely a rate at least this high is where the rate of the other rows holds (exact binomial, one-sided).";
    "q_value" "False-discovery rate" Rate (Rows(OverRows::Q)) "The p_value adjusted for looking at many rows (Benjamini-Hochberg): mark rows below 0.05 and one in twenty marks is wrong.";
    "attempts" "Attempts" Count (Count(Attempts)) "Internal consults and transfers, answered or not, each at its start.";
    "escalations" "Answered" Count (Count(EdgesAnswered)) "Answered Internal consults and answered transfers, each at its answer.";
    "answered_consults" "Answered consults" Count (Count(EdgeConsults)) "Answered Internal consults, each at its answer.";
    "answered_transfers" "Answered transfers" Count (Count(EdgeTransfers)) "Transfers that somebody answered, each at its answer.";
    "escalations.consult_seconds" "Consult seconds" Seconds (Seconds(EdgeConsultMs)) "Talk and conference seconds of the consulted side of Internal consults.";
    "conversations" "Conversations" Count (Distinct(EdgeConversations)) "Different conversations with such a consult or transfer.";
    "consults_offered" "Consults asked for" Count (Count(ConsultsOffered)) "Internal consults that somebody was asked for, answered or not, each at its start.";
    "consults_received" "Consults received" Count (Count(ConsultsReceived)) "Answered Internal consults, counted for who was consulted, each at its answer.";
    "consults_made" "Consults made" Count (Count(ConsultsMade)) "Answered Internal consults, counted for who asked, each at its answer.";
    "consults_made_seconds" "Consult seconds asked for" Seconds (Seconds(EdgeConsultMs)) "Talk and conference seconds, on the consulted side, of the Internal consults that the agent asked for; the customer's hold meanwhile is in hold_seconds.";
    "agents.consults_received" "Consults received" Count (Count(ConsultsTaken)) "Answered Internal consults in which the agent was consulted, each at its answer.";
    "transferred_out" "Transferred out" Count (Count(EdgeTransfers)) "Transfers by the agent that somebody answered, each at its answer; transfer_kind tells warm from blind, target_kind to whom.";
    "transferred_in" "Transferred in" Count (Count(TransfersTaken)) "Transfers that the agent answered, each at its answer.";
    "consult_received_seconds" "Consult seconds received" Seconds (Seconds(ConsultReceivedMs)) "Talk and conference seconds of Internal consults on the consulted side.";
    "advised" "Advised" Count (Count(Advised)) "Answered consults after which the customer stayed with who asked.";
    "took_over" "Took over" Count (Count(TookOver)) "Answered consults that ended in a transfer to who was consulted (merged).";
    "joined" "Joined" Count (Count(Joined)) "Answered consults that went on as a conference.";
    "specialist_utilisation" "Specialist utilisation" Rate (Ratio(&[(1, ConsultReceivedMs)], &[(1, SignedIn)])) "Consult seconds received over signed-in seconds.";
    "coaching_sessions" "Coaching sessions" Count (Distinct(CoachingSessions)) "Different coachings.";
    "coached_calls" "Coached conversations" Count (Distinct(CoachedCalls)) "Different conversations that were coached or listened to.";
    "coached_agents" "Coached agents" Count (Distinct(CoachedAgents)) "Different agents who were coached or listened to.";
    "coaching_seconds" "Coaching" Seconds (Seconds(CoachingMs)) "Whisper and barge seconds on calls where the agent is the target; listening alone is apart, in monitor_seconds.";
    "coaching_minutes_per_agent" "Coaching minutes per agent" Minutes (MeanMinutesOfDistinct(CoachingMs, CoachedAgents)) "Whisper and barge minutes over the different agents coached.";
    "signed_in_seconds" "Signed in" Seconds (Seconds(SignedIn)) "Seconds of any presence but offline.";
    "available_seconds" "Available" Seconds (Seconds(Available)) "Seconds of the presence available.";
    "busy_seconds" "Busy" Seconds (Seconds(Busy)) "Seconds in which any leg of the agent was in a segment other than ring; what happens at once counts once.";
    "idle_seconds" "Idle" Seconds (Seconds(Idle)) "Available seconds that are neither busy nor ringing.";
    "ringing_seconds" "Ringing" Seconds (Seconds(RingTime)) "Seconds in which a leg of the agent rang.";
    "occupancy" "Occupancy" Rate (Ratio(&[(1, Busy)], &[(1, Busy), (1, Idle)])) "Busy over busy and idle.";
    "utilisation" "Utilisation" Rate (Ratio(&[(1, Busy)], &[(1, SignedIn)])) "Busy over signed in.";
    "intervals" "Intervals" Count (Count(Statuses)) "Presence intervals, each at its start.";
    "seconds" "Time" Seconds (Seconds(StatusMs)) "Seconds of the presence intervals, split at interval borders.";
    "minutes" "Time" Minutes (Minutes(StatusMs)) "Minutes of the presence intervals.";
    "in_call_seconds" "At capacity" Seconds (Seconds(StatusInCall)) "Seconds of the presence intervals in which any leg of the agent was in a segment other than ring.";
    "capacity_used" "Mean capacity used" Rate (Ratio(&[(1, StatusInCall)], &[(1, StatusMs)])) "in_call_seconds over the seconds of the presence intervals: a call takes all of a person's capacity.";
}
