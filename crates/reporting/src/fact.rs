//! What a conversation's events come to: one record each for the conversation, its VoiceCalls, its call legs, their
//! segments, and what happened around them. Times are milliseconds UTC, intervals half-open, ids those of the outside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use terms::{
    ConversationId, EndReason, OfferId, PhoneNumber, Quality, QueueId, Timestamp, TrunkId, UserId,
    WrapUpCodeId,
};
use uuid::Uuid;
use voicecall::{CallType, CoachingMode, Disposition, Party, Purpose, Role, SegmentKind, State};

/// An agent's After Conversation Work for one conversation, as routing says it; no end while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WrapUp {
    pub user: UserId,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
}

/// Everything that one conversation's events say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversationFacts {
    pub conversation: ConversationFact,
    /// In the order of their ordinals; ordering by `path` lists a cause before its effects.
    pub voice_calls: Vec<VoiceCallFact>,
    /// In the order of wire and VoiceCall.
    pub call_legs: Vec<CallLegFact>,
    /// Of each call leg in the order of time.
    pub segments: Vec<SegmentFact>,
    pub coaching_intervals: Vec<CoachingInterval>,
    pub holds: Vec<HoldFact>,
    pub offers: Vec<OfferFact>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversationFact {
    pub id: ConversationId,
    /// `wrap_up` when the conversation has ended and somebody still wraps up.
    pub state: State,
    pub opened_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub end_reason: Option<EndReason>,
    pub ephemeral: bool,
    pub subject: Option<String>,
    pub case_category: Option<String>,
    pub related_record: Option<String>,
    pub attributes: BTreeMap<String, String>,
    /// The queue of the customer's present (or last) call.
    pub queue: Option<QueueId>,
    /// Number of facts so far.
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoiceCallFact {
    pub id: Uuid,
    pub ordinal: u32,
    pub conversation: ConversationId,
    pub call_type: CallType,
    pub purpose: Purpose,
    /// The call that caused this one.
    pub parent: Option<Uuid>,
    /// Where the customer was before, and went after.
    pub previous: Option<Uuid>,
    pub next: Option<Uuid>,
    /// Causes above this call; 0 for a root.
    pub depth: u32,
    /// The ordinals from the root down, four digits each, joined by `/`: ordered by it, a cause comes before its effects.
    pub path: String,
    pub from: Party,
    pub to: Option<Party>,
    /// Who answered or handles it: of a coaching the supervisor; of an outbound call its caller, answered or not; else
    /// the user who answered last.
    pub user: Option<UserId>,
    pub initiator: Option<UserId>,
    /// Who answered it or was rung last; of a coaching the coached agent.
    pub target: Option<UserId>,
    pub queue: Option<QueueId>,
    pub trunk: Option<TrunkId>,
    /// The conversation's: an Internal call is about what the call behind it is about.
    pub subject: Option<String>,
    pub case_category: Option<String>,
    pub related_record: Option<String>,
    pub disposition: Disposition,
    pub end_reason: Option<EndReason>,
    pub resolution: Option<String>,
    pub notes: Option<String>,
    pub wrap_up_code: Option<WrapUpCodeId>,
    pub started_at: Timestamp,
    /// When it began to wait in a queue or for one user, the first time.
    pub queued_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// From start to end; none while it is open.
    pub duration_ms: Option<i64>,
    pub times: crate::metric::CallTimes,
    /// The lowest score of its wires, 100 to 450.
    pub mos_hundredths: Option<u16>,
}

/// One wire's part in one VoiceCall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallLegFact {
    pub id: Uuid,
    /// The wire, and its ordinal.
    pub leg_id: Uuid,
    pub leg: u32,
    pub voice_call: Uuid,
    pub call: u32,
    pub user: Option<UserId>,
    /// None for a user or an anonymous caller.
    pub number: Option<PhoneNumber>,
    /// The last one it had in this call.
    pub role: Role,
    /// When it began to take part.
    pub ring_at: Timestamp,
    /// When it was answered, or (for a wire that was up before) when it first spoke in this call.
    pub answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub end_reason: Option<EndReason>,
    pub quality: Option<Quality>,
}

/// What a wire did in a VoiceCall from `start` up to, not including, `end`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentFact {
    pub id: Uuid,
    pub call_leg: Uuid,
    pub leg: u32,
    pub call: u32,
    pub voice_call: Uuid,
    pub kind: SegmentKind,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
}

/// One supervisor in one mode with one agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoachingInterval {
    pub id: Uuid,
    /// The coaching's own record; its parent is the coached call.
    pub voice_call: Uuid,
    pub call: u32,
    pub supervisor: UserId,
    pub agent: Option<UserId>,
    pub mode: CoachingMode,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
}

/// One time that somebody was put on hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldFact {
    pub id: Uuid,
    pub voice_call: Uuid,
    pub leg_id: Uuid,
    /// The wire on hold, and the call it is on hold in (ordinals).
    pub leg: u32,
    pub call: u32,
    /// Who pressed hold, or started or swapped the consult.
    pub by: Option<UserId>,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferState {
    Ringing,
    Accepted,
    Declined,
    /// Rang until its time was over.
    Missed,
    /// Taken back: the caller left, or the router changed its mind.
    Withdrawn,
    /// The phone could not be reached, was busy, or was lost.
    Failed,
}

/// One offer of waiting work to one agent, and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfferFact {
    pub id: OfferId,
    pub leg: u32,
    pub call: u32,
    pub queue: Option<QueueId>,
    pub user: UserId,
    pub offered_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub state: OfferState,
    /// What the agent said when declining, else why it ended.
    pub reason: Option<String>,
}
