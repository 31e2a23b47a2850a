//! Facts, past tense. The journal keeps them as JSON with the time beside; a change here needs a note in `upcast`.

use serde::{Deserialize, Serialize};
use terms::{
    ConversationId, EndReason, OfferId, PromptId, Quality, QueueId, SkillId, Timestamp, UserId, WrapUpCodeId,
};

use crate::{
    desired::WorkTarget,
    input::{Attachment, Details, MessageEnd, OverflowCause, OverflowTo, Target},
    leg::{Party, Role},
    opening::Opening,
    record::{CoachingMode, Disposition, VoiceCall},
    wish::Wishes,
};

/// On whose account a party is held: a person's hold key, or the consult that put everybody aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    User(UserId),
    Consult,
}

/// `leg`, `call`, `from`, `to` are ordinals. A `LegAdded` or `CallOpened` always takes the next ordinal of its list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// First in every stream.
    Opened {
        opening: Box<Opening>,
    },

    // --- records and wires: the small facts of which everything is made
    CallOpened {
        call: u32,
        record: Box<VoiceCall>,
    },
    CallAnswered {
        call: u32,
        by: Option<UserId>,
    },
    CallClosed {
        call: u32,
        disposition: Disposition,
        reason: EndReason,
    },
    /// A wire we dial now.
    LegAdded {
        leg: u32,
        party: Party,
        role: Role,
        call: u32,
        auto_answer: bool,
        offer: Option<OfferId>,
        deadline: Option<Timestamp>,
    },
    LegAnswered {
        leg: u32,
    },
    LegEnded {
        leg: u32,
        reason: EndReason,
    },
    WireLost {
        leg: u32,
        deadline: Timestamp,
    },
    WireBack {
        leg: u32,
    },
    /// A trunk speaks before the far end answers.
    EarlyMedia {
        leg: u32,
    },
    /// The party's part in the call changed (the specialist becomes the agent, the supervisor takes over).
    RoleChanged {
        leg: u32,
        role: Role,
    },

    /// An outbound or direct call whose caller is not up yet: dialed when they are.
    FarNamed {
        target: Target,
    },

    // --- waiting
    PromptStarted {
        prompt: PromptId,
    },
    PromptEnded {
        prompt: PromptId,
    },
    /// A menu waits for a key: until its prompt is over, then until this time.
    DigitAwaited {
        menu: String,
        silence_ms: i64,
        until: Option<Timestamp>,
    },
    /// The customer's answer to a menu.
    DigitPressed {
        menu: String,
        digit: char,
    },
    /// Nobody pressed a key in time.
    DigitMissed {
        menu: String,
    },
    /// What the customer says is taken down, until this time at the latest.
    MessageStarted {
        call: u32,
        queue: QueueId,
        until: Timestamp,
    },
    /// How long it was by the clock.
    MessageEnded {
        call: u32,
        how: MessageEnd,
        ms: i64,
    },
    Queued {
        call: u32,
        target: WorkTarget,
        since: Timestamp,
        skills: Vec<(SkillId, u8)>,
        priority: u8,
        head: bool,
    },
    /// Whom the waiting work would like best, from now on.
    Wished {
        call: u32,
        wishes: Wishes,
    },
    /// No longer waiting: answered, or given up.
    Dequeued,
    /// The queue gave the waiting customer up, or was left by a key; what follows says where to.
    Overflowed {
        from: Option<QueueId>,
        to: OverflowTo,
        cause: OverflowCause,
    },
    /// The customer is called back there; this call of theirs is over, or about to be.
    ContinuesIn {
        call: u32,
        conversation: ConversationId,
    },
    /// A callback's turn has come: its customer is rung until this time.
    CustomerDialed {
        leg: u32,
        deadline: Timestamp,
    },
    /// Whoever gets the call back did not answer; they are rung again at this time.
    RecallPaused {
        until: Timestamp,
    },
    RecallRepeated,
    AgentOffered {
        leg: u32,
        offer: OfferId,
        user: UserId,
    },
    OfferEnded {
        leg: u32,
        offer: OfferId,
        user: UserId,
        reason: EndReason,
        note: Option<String>,
    },
    Parked {
        slot: String,
        by: UserId,
        deadline: Timestamp,
    },
    Retrieved {
        by: UserId,
    },

    // --- talking
    /// Customer and agent (or the far end of an outbound or direct call) are joined.
    Connected {
        leg: u32,
    },
    Held {
        leg: u32,
        by: HeldBy,
    },
    Resumed {
        leg: u32,
    },
    Muted {
        leg: u32,
        by: UserId,
    },
    Unmuted {
        leg: u32,
    },
    /// The digits go out with this fact and are not kept.
    DigitsSent {
        leg: u32,
        by: UserId,
        #[serde(skip)]
        digits: String,
    },

    // --- consult and transfer
    /// `leg` is None while the consult waits in a queue.
    ConsultStarted {
        initiator: u32,
        leg: Option<u32>,
        call: u32,
        note: Option<String>,
    },
    /// The queue found somebody: the consult rings this leg.
    ConsultOffered {
        leg: u32,
    },
    ConsultConnected,
    ConsultSwapped {
        to_customer: bool,
    },
    ConsultMerged,
    ConsultEnded {
        reason: EndReason,
    },
    /// Warm: `from` handed the customer to `to`; `call` is the new VoiceCall.
    TransferCompleted {
        from: u32,
        to: u32,
        call: u32,
    },
    /// Blind: the customer hears ringing or music, the agent is free.
    TransferStarted {
        by: UserId,
        call: u32,
        leg: Option<u32>,
    },
    TransferFailed {
        by: UserId,
        reason: EndReason,
    },
    /// The transferring agent (or the queue) gets the customer back.
    TransferRecalled {
        to: WorkTarget,
    },
    /// A blind transfer reached its target.
    TransferConnected {
        leg: u32,
    },
    ParticipantAdded {
        leg: u32,
        by: UserId,
    },

    // --- coaching
    CoachingStarted {
        leg: u32,
        call: u32,
        supervisor: UserId,
        agent_leg: u32,
        mode: CoachingMode,
        attach_to: Attachment,
    },
    CoachingConnected {
        leg: u32,
    },
    CoachingModeChanged {
        leg: u32,
        mode: CoachingMode,
    },
    /// The coached agent changed (transfer): whisper falls back to monitor until re-chosen.
    CoachingMoved {
        leg: u32,
        agent_leg: u32,
    },
    CoachingEnded {
        leg: u32,
        reason: EndReason,
    },
    TakenOver {
        leg: u32,
        from: u32,
    },

    // --- around it
    RecordingPaused,
    RecordingResumed,
    HandRaised {
        by: UserId,
    },
    HandLowered {
        by: UserId,
    },
    DetailsChanged {
        details: Details,
    },
    QualityMeasured {
        leg: u32,
        quality: Quality,
    },
    /// Also after the end.
    WrappedUp {
        by: UserId,
        code: Option<WrapUpCodeId>,
        resolution: Option<String>,
        notes: Option<String>,
    },
    Ended {
        reason: EndReason,
    },
}
