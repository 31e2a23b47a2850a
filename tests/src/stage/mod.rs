//! The harness that the stories stand on. Phones, ears and drivers share no code with the product: they are an
//! independent judge of it.

pub mod baresip;
pub mod browser;
pub mod client;
pub mod clock;
pub mod ear;
pub mod error;
pub mod g711;
pub mod phone;
pub mod place;
pub mod postgres;
pub mod rtp;
pub mod server;
pub mod sipp;
pub mod skip;
pub mod tone;
pub mod voice;
pub mod wait;
pub mod wav;

pub use error::{Result, StageError};
