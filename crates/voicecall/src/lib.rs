//! Decides what happens in a conversation and who hears whom; pure, deterministic, replayable.

pub mod conversation;
pub mod desired;
pub mod event;
pub mod input;
pub mod leg;
pub mod opening;
pub mod part;
pub mod record;

pub use conversation::{Conversation, State};
pub use desired::{Desired, DesiredLeg, Recording, Wire, Work, WorkTarget};
pub use event::{Event, HeldBy};
pub use input::{Actor, Attachment, Command, Details, Input, Rejected, Signal, Target};
pub use leg::{Leg, LegState, Party, Role};
pub use opening::{AnswerWhen, Opening, Policy};
pub use part::{Part, SegmentKind};
pub use record::{CallType, CoachingMode, Disposition, Purpose, VoiceCall};
