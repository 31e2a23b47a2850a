//! Named bundles of permissions with a scope, and the four that every organization starts with.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use terms::PermissionSetId;

use crate::{Permission, Reach, Scope};

/// A named bundle of permissions that holds within one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionSet {
    pub id: PermissionSetId,
    pub name: String,
    pub grants: BTreeSet<Permission>,
    pub scope: Scope,
}

/// A permission set that the product brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    pub id: PermissionSetId,
    pub name: &'static str,
    pub grants: &'static [Permission],
}

/// Answers, calls, consults and hands over.
pub const AGENT: BuiltIn = BuiltIn {
    id: PermissionSetId::from_number(0x7a6d_0001),
    name: "agent",
    grants: &[
        Permission::PlaceCalls,
        Permission::PlaceExternalCalls,
        Permission::TakeCalls,
        Permission::Consult,
        Permission::Transfer,
        Permission::AddParticipants,
        Permission::Park,
        Permission::RecordControl,
    ],
};

/// Coaches, sees the floor, moves waiting work; takes no calls unless also an agent.
pub const SUPERVISOR: BuiltIn = BuiltIn {
    id: PermissionSetId::from_number(0x7a6d_0002),
    name: "supervisor",
    grants: &[
        Permission::PlaceCalls,
        Permission::Monitor,
        Permission::Whisper,
        Permission::Barge,
        Permission::TakeOver,
        Permission::ViewLive,
        Permission::ViewReports,
        Permission::PlayRecordings,
        Permission::SetPresenceOfOthers,
        Permission::ManageWaiting,
    ],
};

/// Reads and exports reports; hears and changes nothing.
pub const ANALYST: BuiltIn = BuiltIn {
    id: PermissionSetId::from_number(0x7a6d_0003),
    name: "analyst",
    grants: &[Permission::ViewReports, Permission::ExportReports],
};

/// Sets the organization up; coaching is not among it and has to be granted by name.
pub const ADMINISTRATOR: BuiltIn = BuiltIn {
    id: PermissionSetId::from_number(0x7a6d_0004),
    name: "administrator",
    grants: &[
        Permission::ViewLive,
        Permission::ViewReports,
        Permission::ExportReports,
        Permission::ViewFullNumbers,
        Permission::SetPresenceOfOthers,
        Permission::ManageWaiting,
        Permission::ManageSettings,
        Permission::ManageFlows,
        Permission::ManageWebhooks,
        Permission::ManageUsers,
        Permission::ManageRouting,
        Permission::ManageTrunks,
        Permission::ManageRecording,
        Permission::GrantPermissionSets,
        Permission::ViewAudit,
        Permission::ImportHistory,
    ],
};

/// The built-in sets, in the order people expect to see them.
pub const BUILT_IN: [BuiltIn; 4] = [AGENT, SUPERVISOR, ANALYST, ADMINISTRATOR];

impl BuiltIn {
    /// The set as a row of its own, holding everywhere.
    pub fn to_set(self) -> PermissionSet {
        PermissionSet {
            id: self.id,
            name: self.name.to_owned(),
            grants: self.grants.iter().copied().collect(),
            scope: Scope { teams: Reach::All, queues: Reach::All },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_supervisor_set_opens_somebody_elses_call() {
        let coaching = [Permission::Monitor, Permission::Whisper, Permission::Barge, Permission::TakeOver];
        for set in BUILT_IN {
            let opens = coaching.iter().any(|permission| set.grants.contains(permission));
            assert_eq!(opens, set == SUPERVISOR, "{}", set.name);
        }
    }

    #[test]
    fn together_the_built_in_sets_grant_every_permission() {
        let together: BTreeSet<_> = BUILT_IN.iter().flat_map(|set| set.grants).copied().collect();
        assert_eq!(together, Permission::ALL.iter().copied().collect());
    }

    #[test]
    fn a_permission_set_survives_json() {
        let set = SUPERVISOR.to_set();
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(serde_json::from_str::<PermissionSet>(&text).unwrap(), set);
    }
}
