//! The permissions of the product; the API, the database and the console use the same words.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        /// One thing a user may be granted; nothing is granted by default.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Permission {
            $($(#[$doc])* $name,)*
        }

        impl Permission {
            pub const ALL: &'static [Permission] = &[$(Permission::$name,)*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Permission::$name => $word,)*
                }
            }
        }
    };
}

permissions! {
    /// Call colleagues, queues and extensions.
    PlaceCalls = "place_calls",
    /// Call phone numbers, on top of `place_calls`.
    PlaceExternalCalls = "place_external_calls",
    /// Be offered work from queues.
    TakeCalls = "take_calls",
    Consult = "consult",
    Transfer = "transfer",
    AddParticipants = "add_participants",
    Park = "park",
    /// Pause and resume the recording of one's own call.
    RecordControl = "record_control",
    Monitor = "monitor",
    Whisper = "whisper",
    Barge = "barge",
    /// Become the agent of a coached call.
    TakeOver = "take_over",
    /// See live conversations, agents and queues.
    ViewLive = "view_live",
    ViewReports = "view_reports",
    ExportReports = "export_reports",
    PlayRecordings = "play_recordings",
    /// See customers' numbers whole instead of masked.
    ViewFullNumbers = "view_full_numbers",
    SetPresenceOfOthers = "set_presence_of_others",
    /// Reprioritize, assign and withdraw waiting work.
    ManageWaiting = "manage_waiting",
    ManageSettings = "manage_settings",
    ManageFlows = "manage_flows",
    ManageWebhooks = "manage_webhooks",
    /// Users, teams and skills.
    ManageUsers = "manage_users",
    /// Queues, routing, presence statuses and wrap-up codes.
    ManageRouting = "manage_routing",
    /// Trunks and numbers.
    ManageTrunks = "manage_trunks",
    /// Recording policies and retention.
    ManageRecording = "manage_recording",
    /// Write permission sets and give them to users.
    GrantPermissionSets = "grant_permission_sets",
    ViewAudit = "view_audit",
    ImportHistory = "import_history",
}

/// The word names no permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a permission")]
pub struct UnknownPermission(pub String);

impl FromStr for Permission {
    type Err = UnknownPermission;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.as_str() == word)
            .ok_or_else(|| UnknownPermission(word.to_owned()))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_has_one_word_in_rust_json_and_text() {
        for permission in Permission::ALL.iter().copied() {
            let json = serde_json::to_string(&permission).unwrap();
            assert_eq!(json, format!("\"{}\"", permission.as_str()));
            assert_eq!(permission.as_str().parse(), Ok(permission));
        }
        assert_eq!(Permission::ALL.len(), 29);
    }

    #[test]
    fn a_word_that_is_no_permission_is_refused() {
        assert_eq!("fly".parse::<Permission>(), Err(UnknownPermission("fly".into())));
    }
}
