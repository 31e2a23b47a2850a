//! The words every other crate shares: typed ids, addresses, time, hang-up causes, the hearing matrix, and every limit in the product.

pub mod address;
pub mod cause;
pub mod hearing;
pub mod id;
pub mod limits;
pub mod quality;
pub mod sdp;
pub mod time;

pub use address::{Extension, PhoneNumber, SipUri};
pub use cause::EndReason;
pub use hearing::{Channel, HearingMatrix, Listener, MusicId, PromptId, Source, Tone};
pub use id::*;
pub use quality::Quality;
pub use sdp::{Direction, Sdp};
pub use time::{Deadline, DeadlineReason, Timestamp};
