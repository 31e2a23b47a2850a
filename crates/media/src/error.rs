//! What can go wrong at media's door, by what the caller can do about it.

use terms::LegId;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// Refuse the call with 488: the far end speaks nothing that we speak.
    #[error("no codec in common")]
    NoCommonCodec,
    /// Refuse the message with 400: this is not a session description.
    #[error("the session description is malformed: {0}")]
    Malformed(&'static str),
    /// Refuse the call with 503: every media port is taken.
    #[error("no media port is free")]
    NoPort,
    /// The media plane is stopping or stopped; no leg will open any more.
    #[error("the media plane is stopped")]
    Stopped,
    /// There is no such leg, or no offer of ours to accept: open the leg first.
    #[error("leg {0} is unknown to media")]
    UnknownLeg(LegId),
    /// The engine could not start: the text says what the operating system or the codec refused.
    #[error("the media plane cannot start: {0}")]
    Start(String),
}
