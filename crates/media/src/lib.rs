//! Carries, mixes and records the audio exactly as the hearing matrix says.

mod clock;
mod codec;
mod conceal;
mod config;
mod desk;
mod digit;
mod error;
mod frame;
mod handle;
mod jitter;
mod message;
mod mixer;
mod plan;
mod plane;
mod playout;
mod port;
mod quality;
mod report;
mod resample;
mod rtcp;
mod sdp;
mod session;
mod sound;
mod treatment;

pub use codec::g711;
pub use config::{Config, PortRange};
pub use error::MediaError;
pub use frame::{FRAME_SAMPLES_MAX, Frame, Rate};
pub use handle::{Answer, Handle, Health};
pub use mixer::mix;
pub use plan::MixPlan;
pub use report::Report;
pub use sound::{NotPlayable, Sound};
pub use treatment::packaged_prompt;
