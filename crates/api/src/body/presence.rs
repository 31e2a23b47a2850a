//! What a user chose to be, and what that and their calls make of them.

use callcontrol::{LiveAgent, Organization};
use routing::{AgentView, Status, StatusKind, SystemState};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{PresenceKindWord, SystemStateWord, Time};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Presence {
    pub(crate) status: StatusShown,
    /// Chosen in a call; becomes the status when the call ends.
    pub(crate) pending_status: Option<StatusShown>,
    #[schema(value_type = SystemStateWord)]
    system_state: SystemState,
    /// Since when `system_state` holds; null for somebody who never signed in.
    since: Option<Time>,
    /// Whether a phone of theirs is registered.
    reachable: bool,
    /// When the running wrap-up ends by itself.
    wrap_up_until: Option<Time>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StatusShown {
    /// Null until the user chooses a status.
    id: Option<Uuid>,
    name: String,
    #[schema(value_type = PresenceKindWord)]
    kind: StatusKind,
}

impl Presence {
    pub(crate) fn of(view: &AgentView, organization: &Organization) -> Self {
        Self {
            status: StatusShown::of(view.status, organization),
            pending_status: view.pending_status.map(|status| StatusShown::of(status, organization)),
            system_state: view.system_state,
            since: Some(Time(view.since)),
            reachable: view.reachable,
            wrap_up_until: Time::some(view.wrap_up_until),
        }
    }

    /// Routing has not heard of somebody who was made this moment.
    pub(crate) fn of_agent(agent: Option<&LiveAgent>, organization: &Organization) -> Self {
        match agent {
            Some(agent) => Self::of(&agent.view, organization),
            None => Self {
                status: StatusShown::of(Status::SIGNED_OUT, organization),
                pending_status: None,
                system_state: SystemState::Offline,
                since: None,
                reachable: false,
                wrap_up_until: None,
            },
        }
    }
}

impl StatusShown {
    fn of(status: Status, organization: &Organization) -> Self {
        if status.id == Status::SIGNED_OUT.id {
            return Self { id: None, name: "Signed out".to_owned(), kind: status.kind };
        }
        let name = organization.presence_statuses.get(&status.id).map(|row| row.name.clone());
        Self { id: Some(status.id.0), name: name.unwrap_or_default(), kind: status.kind }
    }
}
