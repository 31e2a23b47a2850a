//! What people ask of conversations, with the permission each asking needs.

use access::{Area, Guarded, Permission, Requirement};
use routing::{PromptAct, PromptState};
use store::journal::CommandRecord;
use terms::{CallbackPromptId, ConversationId, LegId, Timestamp, UserId, WrapUpCodeId};
use voicecall::{Attachment, CoachingMode, Command, Details, Rejected};

use crate::organization::Destination;

/// A command for one conversation, with the area it happens in (the agents' teams and the queue), as `Handle::area` told.
#[derive(Clone, Debug)]
pub struct ConversationCommand {
    pub conversation: ConversationId,
    pub area: Area,
    pub action: Action,
    /// Compare and set: refused as stale when the conversation has moved on.
    pub version: Option<u64>,
    /// The client's idempotency key and the hash of its body; journaled with the effect.
    pub key: Option<CommandKey>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandKey {
    pub key: String,
    pub body_hash: String,
}

#[derive(Clone, Debug)]
pub enum Action {
    Decline { reason: Option<String> },
    Hold { leg: Option<LegId> },
    Resume { leg: Option<LegId> },
    Mute { leg: Option<LegId> },
    Unmute { leg: Option<LegId> },
    SendDigits { digits: String },
    StartConsult { to: Destination, note: Option<String> },
    SwapConsult,
    MergeConsult,
    CompleteTransfer,
    CancelConsult,
    Transfer { to: Destination },
    AddParticipant { to: Destination },
    RemoveParticipant { leg: LegId },
    Leave,
    Park,
    Retrieve,
    PauseRecording,
    ResumeRecording,
    RaiseHand,
    LowerHand,
    SetDetails { details: Details },
    WrapUp { code: Option<WrapUpCodeId>, resolution: Option<String>, notes: Option<String>, done: bool },
    ExtendWrapUp,
    HangUp,
    StartCoaching { mode: CoachingMode, agent_leg: Option<LegId>, attach_to: Attachment },
    ChangeCoachingMode { mode: CoachingMode },
    StopCoaching,
    TakeOver,
}

pub(crate) fn coaching_permission(mode: CoachingMode) -> Permission {
    match mode {
        CoachingMode::Monitor => Permission::Monitor,
        CoachingMode::Whisper => Permission::Whisper,
        CoachingMode::Barge => Permission::Barge,
    }
}

/// Every one of these permissions, in this area.
fn every(permissions: Vec<Permission>, area: &Area) -> Requirement {
    Requirement::All(permissions.into_iter().map(|one| Requirement::Permission(one, area.clone())).collect())
}

fn reach(permission: Permission, to: &Destination) -> Vec<Permission> {
    match to {
        Destination::Number(_) => vec![permission, Permission::PlaceExternalCalls],
        Destination::User(_) | Destination::Queue { .. } => vec![permission],
        Destination::Emergency(_) => vec![],
    }
}

impl Action {
    /// The permissions it needs, all of them; none means: being a party of the call is enough.
    pub fn permissions(&self) -> Vec<Permission> {
        match self {
            Action::Decline { .. }
            | Action::Hold { .. }
            | Action::Resume { .. }
            | Action::Mute { .. }
            | Action::Unmute { .. }
            | Action::SendDigits { .. }
            | Action::Leave
            | Action::RaiseHand
            | Action::LowerHand
            | Action::SetDetails { .. }
            | Action::WrapUp { .. }
            | Action::ExtendWrapUp
            | Action::HangUp
            | Action::StopCoaching => vec![],
            Action::StartConsult { to, .. } => reach(Permission::Consult, to),
            Action::SwapConsult | Action::MergeConsult | Action::CancelConsult => vec![Permission::Consult],
            Action::CompleteTransfer => vec![Permission::Transfer],
            Action::Transfer { to } => reach(Permission::Transfer, to),
            Action::AddParticipant { to } => reach(Permission::AddParticipants, to),
            Action::RemoveParticipant { .. } => vec![Permission::AddParticipants],
            Action::Park | Action::Retrieve => vec![Permission::Park],
            Action::PauseRecording | Action::ResumeRecording => vec![Permission::RecordControl],
            Action::StartCoaching { mode, .. } | Action::ChangeCoachingMode { mode } => {
                vec![coaching_permission(*mode)]
            }
            Action::TakeOver => vec![Permission::TakeOver],
        }
    }

    /// Actions that concern somebody else's work and so depend on scope; the rest concern the caller's own call.
    pub fn is_scoped(&self) -> bool {
        matches!(
            self,
            Action::StartCoaching { .. }
                | Action::ChangeCoachingMode { .. }
                | Action::TakeOver
                | Action::Retrieve
        )
    }
}

impl Guarded for ConversationCommand {
    fn requirement(&self) -> Requirement {
        let area = if self.action.is_scoped() { self.area.clone() } else { Area::anywhere() };
        every(self.action.permissions(), &area)
    }
}

/// A new call from a user to somebody.
#[derive(Clone, Debug)]
pub struct PlaceCall {
    pub to: Destination,
    pub queue: Option<terms::QueueId>,
    pub details: Details,
    pub key: Option<CommandKey>,
}

impl Guarded for PlaceCall {
    fn requirement(&self) -> Requirement {
        every(reach(Permission::PlaceCalls, &self.to), &Area::anywhere())
    }
}

/// A change of presence: one's own, or of others in scope.
#[derive(Clone, Debug)]
pub struct SetPresence {
    pub user: UserId,
    pub own: bool,
    pub area: Area,
    pub status: terms::PresenceStatusId,
    /// Why somebody else is moved.
    pub reason: Option<String>,
}

impl Guarded for SetPresence {
    fn requirement(&self) -> Requirement {
        if self.own {
            Requirement::SignedIn
        } else {
            every(vec![Permission::SetPresenceOfOthers], &self.area)
        }
    }
}

/// What is done about a callback prompt: the colleague it was left for answers it, the asker takes it back.
#[derive(Clone, Debug)]
pub struct ActOnPrompt {
    pub prompt: CallbackPromptId,
    pub act: PromptAct,
}

impl Guarded for ActOnPrompt {
    /// Whose prompt it is decides, and the router knows that.
    fn requirement(&self) -> Requirement {
        Requirement::SignedIn
    }
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub conversation: ConversationId,
    /// The version after it; facts are durable.
    pub version: u64,
}

/// Why not; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no such conversation")]
    NotFound,
    #[error("the conversation has moved on to version {current}")]
    Stale { current: u64 },
    #[error("{0}")]
    Rejected(Rejected),
    #[error("this person is in a call")]
    TargetBusy,
    #[error("this person is in a call and has been asked to call back")]
    TargetAsked { prompt: CallbackPromptId },
    #[error("there is no such callback prompt")]
    PromptUnknown,
    #[error("there is no such voicemail")]
    MessageUnknown,
    #[error("the caller withheld their number")]
    NumberWithheld,
    #[error("the callback prompt is {}", state.word())]
    PromptMoved { state: PromptState },
    #[error("this person does not take calls now (do not disturb)")]
    TargetDnd,
    #[error("this person is offline, or no phone of theirs is registered")]
    TargetOffline,
    #[error("there is no such person, queue or number")]
    TargetUnknown,
    #[error("no trunk can reach this number")]
    NoTrunk,
    #[error("every trunk carries as many calls as it may; try again when one has ended")]
    TrunksFull,
    #[error("you are in a call already: end it first, or add whom you want to it")]
    CallerBusy,
    #[error("you are in wrap-up after your last call: end it first (wrap-up with `done`)")]
    CallerWrapsUp,
    #[error("none of your phones is registered")]
    CallerOffline,
    #[error("the organization's limit of calls is reached")]
    LimitReached { retry_after_seconds: u32 },
    #[error("the same idempotency key came with another body")]
    KeyReused,
    #[error("the server has too much to do; try again in a moment")]
    Overloaded,
    #[error("the server could not make this durable; nothing was done")]
    NotDurable,
    #[error("wrap-up cannot be extended any more")]
    NoMoreExtensions,
    #[error("you are not in wrap-up")]
    NotInWrapUp,
    #[error("the permission {0} is missing")]
    Forbidden(Permission),
    #[error("there is no such presence status")]
    UnknownStatus,
}

impl From<Rejected> for Refused {
    fn from(rejected: Rejected) -> Self {
        Refused::Rejected(rejected)
    }
}

/// What the journal remembers of a command that had its effect.
pub(crate) fn remembered(by: UserId, key: CommandKey, accepted: &Accepted, at: Timestamp) -> CommandRecord {
    let answer = serde_json::json!({ "conversation": accepted.conversation, "version": accepted.version });
    CommandRecord { key: key.key, principal: by.0, body_hash: key.body_hash, answer: answer.to_string(), at }
}

/// Turns an API-level action into the core's command where no token is needed.
pub(crate) fn plain(action: &Action) -> Option<Command> {
    Some(match action {
        Action::Decline { reason } => Command::Decline { reason: reason.clone() },
        Action::Hold { leg } => Command::Hold { leg: leg.map(|l| l.ordinal) },
        Action::Resume { leg } => Command::Resume { leg: leg.map(|l| l.ordinal) },
        Action::Mute { leg } => Command::Mute { leg: leg.map(|l| l.ordinal) },
        Action::Unmute { leg } => Command::Unmute { leg: leg.map(|l| l.ordinal) },
        Action::SendDigits { digits } => Command::SendDigits { digits: digits.clone() },
        Action::SwapConsult => Command::SwapConsult,
        Action::MergeConsult => Command::MergeConsult,
        Action::CompleteTransfer => Command::CompleteTransfer,
        Action::CancelConsult => Command::CancelConsult,
        Action::RemoveParticipant { leg } => Command::RemoveParticipant { leg: leg.ordinal },
        Action::Leave => Command::Leave,
        Action::PauseRecording => Command::PauseRecording,
        Action::ResumeRecording => Command::ResumeRecording,
        Action::RaiseHand => Command::RaiseHand,
        Action::LowerHand => Command::LowerHand,
        Action::SetDetails { details } => Command::SetDetails { details: details.clone() },
        Action::WrapUp { code, resolution, notes, .. } => {
            Command::WrapUp { code: *code, resolution: resolution.clone(), notes: notes.clone() }
        }
        Action::HangUp => Command::HangUp,
        Action::ChangeCoachingMode { mode } => Command::ChangeCoachingMode { mode: *mode },
        Action::StopCoaching => Command::StopCoaching,
        Action::TakeOver => Command::TakeOver,
        Action::StartConsult { .. }
        | Action::Transfer { .. }
        | Action::AddParticipant { .. }
        | Action::Park
        | Action::Retrieve
        | Action::ExtendWrapUp
        | Action::StartCoaching { .. } => return None,
    })
}
