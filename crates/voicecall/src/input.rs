//! What comes in: commands of people and the router, signals of the wires, and time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use terms::{
    ConversationId, EndReason, OfferId, PhoneNumber, PromptId, Quality, QueueId, SkillId, Timestamp, Token,
    UserId, WrapUpCodeId,
};

use crate::{record::CoachingMode, wish::Wishes};

/// On whose word a command comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    User(UserId),
    Router,
    System,
}

/// Whom a consult, transfer or invitation is for. A user comes with the router's token: free, and now taken for this.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    User { token: Token, auto_answer: bool },
    Number(PhoneNumber),
    Queue { queue: QueueId, skills: Vec<(SkillId, u8)> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attachment {
    /// Stays with the conversation whoever handles it.
    Conversation,
    /// Goes where the coached agent goes.
    Agent,
}

/// Where waiting work goes that its queue gives up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverflowTo {
    Queue(QueueId),
    External(PhoneNumber),
    Voicemail,
    Callback,
    HangUp,
    /// What the queue has for the key that the customer pressed.
    Steps,
}

/// Why its queue gave waiting work up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverflowCause {
    MaxWait,
    QueueFull,
    NobodySignedIn,
    /// The queue, or the person, is no more.
    TargetRemoved,
    /// The person whom the entry flow rang did not answer.
    NobodyAnswered,
    /// The customer pressed a key.
    CallerChose,
    /// A supervisor took the customer out.
    Withdrawn,
}

/// What the conversation is about. In a change, None leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Details {
    pub subject: Option<String>,
    pub case_category: Option<String>,
    pub related_record: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// Intents, imperative. `leg` and `agent_leg` are ordinals. "Own" is the live leg of the acting user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    // --- the entry flow and the router
    /// Play a prompt to the waiting customer (greeting); the flow goes on when `PromptFinished` comes.
    Play {
        prompt: PromptId,
    },
    /// Play a menu's prompt and wait for a key, for so long after the prompt is over. `menu` names the answer.
    AskDigit {
        menu: String,
        prompt: Option<PromptId>,
        silence_ms: i64,
    },
    /// Take down what the customer says, for this queue, until they have said it.
    TakeMessage {
        queue: QueueId,
    },
    /// The message is over.
    EndMessage {
        how: MessageEnd,
    },
    /// Put the customer into a queue (flow), or out for one user (a direct number).
    Enqueue {
        target: QueueOrUser,
        skills: Vec<(SkillId, u8)>,
        priority: u8,
    },
    /// The router offers the waiting work to this agent; `token` was taken for it.
    Offer {
        offer: OfferId,
        token: Token,
        auto_answer: bool,
        ring_ms: i64,
    },
    /// The router takes the offer back (time-out, DND, sign-out).
    WithdrawOffer {
        offer: OfferId,
        reason: EndReason,
    },
    /// The router gives the waiting work up, or the customer leaves by a key. What is for the entry flow (voicemail, callback, hanging
    /// up, steps) leaves the customer in it.
    Overflow {
        to: OverflowTo,
        /// In the queue that it goes to.
        priority: u8,
        cause: OverflowCause,
    },
    /// The customer is called back in this conversation.
    ContinueIn {
        conversation: ConversationId,
    },
    /// A callback takes its place in line.
    LineUp {
        queue: QueueId,
        /// Since when the customer has waited.
        since: Timestamp,
        skills: Vec<(SkillId, u8)>,
        priority: u8,
        not_before: Option<Timestamp>,
    },
    /// A callback cannot be made now: it keeps its place, and rests until then.
    Rest {
        until: Timestamp,
    },
    /// Whom the waiting work would like best.
    Wish {
        wishes: Wishes,
    },
    /// Waiting work counts its age from here: the customer had waited before.
    KeepAge {
        since: Timestamp,
    },
    /// This user gets the waiting customer next; whom they do not get goes back to the head of the queue.
    Assign {
        user: UserId,
    },
    /// A callback that rings the customer first: their turn has come.
    DialCustomer,
    /// The router can place the work nowhere (overflow to hang up, a user who is not there).
    AbandonWork {
        reason: EndReason,
    },
    /// An outbound or direct call: dial the far end once the caller is there (ordinal 0 up), or at once if it already is.
    DialFar {
        target: Target,
    },

    // --- people in the conversation
    Decline {
        reason: Option<String>,
    },
    /// None: every customer.
    Hold {
        leg: Option<u32>,
    },
    Resume {
        leg: Option<u32>,
    },
    /// None: own leg.
    Mute {
        leg: Option<u32>,
    },
    Unmute {
        leg: Option<u32>,
    },
    SendDigits {
        digits: String,
    },
    StartConsult {
        target: Target,
        note: Option<String>,
    },
    SwapConsult,
    MergeConsult,
    /// Warm transfer: the customer and the target go on, the agent's wire ends.
    CompleteTransfer,
    CancelConsult,
    /// Blind transfer.
    Transfer {
        target: Target,
    },
    AddParticipant {
        target: Target,
    },
    RemoveParticipant {
        leg: u32,
    },
    /// The others go on.
    Leave,
    Park {
        slot: String,
    },
    /// Take a parked customer; `token` is the retrieving user's own.
    Retrieve {
        token: Token,
        auto_answer: bool,
    },
    PauseRecording,
    ResumeRecording,
    RaiseHand,
    LowerHand,
    SetDetails {
        details: Details,
    },
    /// Also after the end: the agent's result.
    WrapUp {
        code: Option<WrapUpCodeId>,
        resolution: Option<String>,
        notes: Option<String>,
    },
    /// Ends everything for everybody.
    HangUp,

    // --- supervisors
    StartCoaching {
        token: Token,
        mode: CoachingMode,
        agent_leg: Option<u32>,
        attach_to: Attachment,
    },
    ChangeCoachingMode {
        mode: CoachingMode,
    },
    StopCoaching,
    /// The supervisor replaces the coached agent.
    TakeOver,
    /// By the system: the grant of this supervisor is gone.
    RevokeCoaching {
        supervisor: UserId,
    },
    /// By the system: this server lost the wires of its former life.
    LoseNode,
}

/// What ended a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageEnd {
    /// The caller pressed `#`.
    Key,
    /// Nothing was said for a while.
    Silence,
    /// It is as long as one may be.
    Limit,
    /// The caller hung up.
    HungUp,
    /// This server lost the call.
    NodeLost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueOrUser {
    Queue(QueueId),
    User(UserId),
}

/// What a wire did, subject first. `leg` is an ordinal. Signals may come twice, late or in another order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// It is answered: by them (we dialed) or by us (they called), and audio can flow.
    LegAnswered {
        leg: u32,
    },
    /// Our dialing failed, or their wire could not be answered.
    LegFailed {
        leg: u32,
        reason: EndReason,
    },
    /// The far end said goodbye, or the wire is known to be gone for good.
    LegEnded {
        leg: u32,
        reason: EndReason,
    },
    /// It rings and already speaks (a provisional answer with media).
    EarlyMedia {
        leg: u32,
    },
    /// No RTP and no word from it for too long; it may come back.
    WireLost {
        leg: u32,
    },
    WireBack {
        leg: u32,
    },
    /// The phone's own hold key.
    PhoneHeld {
        leg: u32,
    },
    PhoneResumed {
        leg: u32,
    },
    PromptFinished {
        leg: u32,
        prompt: PromptId,
    },
    /// A key was pressed on this wire.
    DigitPressed {
        leg: u32,
        digit: char,
    },
    Measured {
        leg: u32,
        quality: Quality,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    Command {
        by: Actor,
        command: Command,
    },
    Signal(Signal),
    /// Time went on: whatever is due happens, earliest first, one deadline a tick.
    Tick,
}

/// Why the conversation will not do this now; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejected {
    #[error("the conversation has ended")]
    Ended,
    #[error("this is not possible in the present state of the call")]
    NotNow,
    #[error("you are not a party of this call")]
    NotAParty,
    #[error("there is no such party in this call")]
    UnknownLeg,
    #[error("this person is already in the call")]
    AlreadyHere,
    #[error("there is no consult")]
    NoConsult,
    #[error("a consult is already going on; complete or cancel it first")]
    ConsultGoingOn,
    #[error("the consult target has not answered yet")]
    ConsultRinging,
    #[error("the customer has left")]
    CustomerGone,
    #[error("the call already has six participants")]
    Full,
    #[error("four supervisors are already on this call")]
    TooManyCoaches,
    #[error("you are not coaching this call")]
    NotCoaching,
    #[error("there is no agent to coach in this call")]
    NobodyToCoach,
    #[error("the party is already on hold")]
    AlreadyHeld,
    #[error("the party is not on hold")]
    NotHeld,
    #[error("only the person who was muted may unmute")]
    NotYours,
    #[error("a supervisor muted you: they open your microphone again, or leave")]
    MutedBySupervisor,
    #[error("not available in an ephemeral internal call; nothing of it is kept")]
    Ephemeral,
    #[error("there is nobody waiting here")]
    NothingWaiting,
    #[error("the offer is no longer valid")]
    StaleOffer,
    #[error("the call is not recorded")]
    NotRecording,
    #[error("nothing is due")]
    NothingDue,
    #[error("nothing would change")]
    NoChange,
}

impl Input {
    pub fn by_user(user: UserId, command: Command) -> Self {
        Input::Command { by: Actor::User(user), command }
    }
}
