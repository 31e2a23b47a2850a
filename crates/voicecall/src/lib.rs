//! Decides what happens in a conversation and who hears whom; pure, deterministic, replayable.

#![warn(clippy::wildcard_enum_match_arm)]

mod apply;
pub mod conversation;
mod decide;
pub mod desired;
pub mod event;
mod hearing;
pub mod input;
pub mod invariant;
pub mod leg;
pub mod message;
pub mod opening;
pub mod part;
pub mod record;
mod room;
pub mod upcast;
pub mod wish;

pub use conversation::{
    Coaching, Consult, ConsultPhase, Conversation, Handover, Home, Message, Parked, State,
};
pub use desired::{Desired, DesiredLeg, Recording, Wire, Work, WorkTarget};
pub use event::{Event, HeldBy};
pub use input::{
    Actor, Attachment, Command, Details, Input, MessageEnd, OverflowCause, OverflowTo, QueueOrUser, Rejected,
    Signal, Target,
};
pub use invariant::Broken;
pub use leg::{Leg, LegState, Party, Role};
pub use opening::{AnswerWhen, CallbackOf, CallbackOrder, Opening, Policy};
pub use part::{Part, SegmentKind};
pub use record::{CallType, CoachingMode, Disposition, Purpose, VoiceCall};
pub use wish::{Wish, Wishes};
