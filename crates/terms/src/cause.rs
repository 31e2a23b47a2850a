//! Why a leg ended, in the words of the API.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a leg (and the VoiceCall it was the last party of) ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody here ended it: hang up, leave, remove, stop.
    HungUp,
    /// The far end said goodbye.
    RemoteHangup,
    /// This party handed the call over.
    Transferred,
    /// A consult that became a transfer.
    Merged,
    Declined,
    NoAnswer,
    Busy,
    Unreachable,
    /// Called off before it was answered.
    Cancelled,
    /// The agent's wire broke and did not come back in time.
    AgentLost,
    /// No RTP for too long.
    MediaTimeout,
    /// This server stopped or died under the call.
    NodeLost,
    /// Refused by rule: limit, policy, unknown number.
    Rejected,
    /// The permission that carried the leg was taken away.
    PermissionRevoked,
}

impl EndReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            EndReason::HungUp => "hung_up",
            EndReason::RemoteHangup => "remote_hangup",
            EndReason::Transferred => "transferred",
            EndReason::Merged => "merged",
            EndReason::Declined => "declined",
            EndReason::NoAnswer => "no_answer",
            EndReason::Busy => "busy",
            EndReason::Unreachable => "unreachable",
            EndReason::Cancelled => "cancelled",
            EndReason::AgentLost => "agent_lost",
            EndReason::MediaTimeout => "media_timeout",
            EndReason::NodeLost => "node_lost",
            EndReason::Rejected => "rejected",
            EndReason::PermissionRevoked => "permission_revoked",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
