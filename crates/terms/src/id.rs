//! Typed ids. Outside the product every id is a UUID; inside, a leg and a VoiceCall are numbered within their
//! conversation, so that deciding needs no randomness.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// An id for tests and fixed rows: the number, as a UUID.
            pub const fn from_number(number: u128) -> Self {
                Self(Uuid::from_u128(number))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// Everyone who can hear each other; the one aggregate.
    ConversationId,
    UserId, TeamId, QueueId, SkillId, PermissionSetId,
    TrunkId, NumberId, CallFlowId, QuickConnectId,
    PresenceStatusId, PresenceConfigId,
    /// One offer of one work item to one agent; every accept and decline names it.
    OfferId,
    /// A busy colleague's prompt to call back.
    CallbackPromptId,
    RecordingId, WrapUpCodeId, BusinessHoursId, UploadedPromptId, SavedReportId, ReportScheduleId, ReportExportId, AlertRuleId, AlertId,
    /// What a caller left behind for somebody who was not there.
    MessageId,
    /// What a client sent once; journaled with its effect.
    CommandId,
    /// An API client that signs in with client credentials.
    ClientId,
}

/// The router's word that this user was free and is now taken for the conversation that asked. Only the router (and
/// tests) make one; every leg to a user needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Token {
    pub user: UserId,
}

impl Token {
    pub const fn taken(user: UserId) -> Self {
        Self { user }
    }
}

/// One wire to one endpoint, numbered within its conversation. Ordinal 0 is the wire that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LegId {
    pub conversation: ConversationId,
    pub ordinal: u32,
}

impl LegId {
    pub const fn new(conversation: ConversationId, ordinal: u32) -> Self {
        Self { conversation, ordinal }
    }
    /// The UUID that the outside knows this leg by.
    pub fn external(&self) -> Uuid {
        external(self.conversation, "leg", self.ordinal)
    }
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.conversation, self.ordinal)
    }
}

impl MessageId {
    /// A caller leaves one message in a conversation, so its name follows from that.
    pub fn left_in(conversation: ConversationId) -> Self {
        Self(external(conversation, "message", 0))
    }
    /// Its sound, within the directory that keeps them.
    pub fn file_name(&self) -> String {
        format!("{}.wav", self.0)
    }
}

/// One linked record of a conversation, numbered within it. Ordinal 0 is the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VoiceCallId {
    pub conversation: ConversationId,
    pub ordinal: u32,
}

impl VoiceCallId {
    pub const fn new(conversation: ConversationId, ordinal: u32) -> Self {
        Self { conversation, ordinal }
    }
    /// The UUID that the outside knows this VoiceCall by.
    pub fn external(&self) -> Uuid {
        external(self.conversation, "voice_call", self.ordinal)
    }
}

fn external(conversation: ConversationId, kind: &str, ordinal: u32) -> Uuid {
    Uuid::new_v5(&conversation.0, format!("{kind}/{ordinal}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_and_a_voice_call_of_one_ordinal_have_different_stable_uuids() {
        let conversation = ConversationId::from_number(7);
        let leg = LegId::new(conversation, 1).external();
        assert_eq!(leg, LegId::new(conversation, 1).external());
        assert_ne!(leg, VoiceCallId::new(conversation, 1).external());
        assert_ne!(leg, LegId::new(conversation, 2).external());
    }
}
