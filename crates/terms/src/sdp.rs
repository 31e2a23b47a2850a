//! A session description as the wire carries it: media writes and reads it, signaling only carries it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

/// What the far end wants of us, as media read it from its description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    #[default]
    SendRecv,
    /// They only send: they put us on hold.
    SendOnly,
    RecvOnly,
    /// Neither sends: they put us on hold.
    Inactive,
}

impl Direction {
    /// Whether the far end has put us on hold.
    pub const fn is_hold(self) -> bool {
        matches!(self, Direction::SendOnly | Direction::Inactive)
    }
}
