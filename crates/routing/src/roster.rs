//! The router's own knowledge of each agent: status, reachability, token.

use std::collections::BTreeSet;

use terms::{ConversationId, QueueId, Timestamp};

use crate::{
    Agent, AgentView, Availability, AvailabilityKind, Status, StatusKind, SystemState, Token, Unavailable,
    index::GroupId, selection::Place, timers::TimerKey,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunningWrapUp {
    pub(crate) root: ConversationId,
    pub(crate) started: Timestamp,
    pub(crate) until: Timestamp,
    /// `None` when no queue sets a limit.
    pub(crate) extensions_left: Option<u32>,
    pub(crate) timer: TimerKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentSlot {
    pub(crate) agent: Agent,
    /// The group of the agent's skills.
    pub(crate) group: GroupId,
    pub(crate) status: Status,
    pub(crate) pending: Option<Status>,
    pub(crate) reachable: bool,
    pub(crate) missed: bool,
    pub(crate) missed_in_a_row: u32,
    pub(crate) token: Token,
    pub(crate) wrap_up: Option<RunningWrapUp>,
    /// The queue of the last item taken, whose wrap-up rules hold.
    pub(crate) last_queue: Option<QueueId>,
    pub(crate) idle_since: Timestamp,
    pub(crate) state: SystemState,
    pub(crate) since: Timestamp,
    /// The `idle_since` under which the queues list this agent as free.
    pub(crate) listed: Option<Timestamp>,
    /// Items that wait for this person and are not being offered.
    pub(crate) direct: BTreeSet<Place>,
}

impl AgentSlot {
    pub(crate) fn new(agent: Agent, group: GroupId, now: Timestamp) -> Self {
        Self {
            agent,
            group,
            status: Status::SIGNED_OUT,
            pending: None,
            reachable: false,
            missed: false,
            missed_in_a_row: 0,
            token: Token::None,
            wrap_up: None,
            last_queue: None,
            idle_since: now,
            state: SystemState::Offline,
            since: now,
            listed: None,
            direct: BTreeSet::new(),
        }
    }

    /// Whether work could reach the agent now or as soon as what they are at is over.
    pub(crate) fn takes_work(&self) -> bool {
        self.status.kind == StatusKind::Online && !self.missed && self.reachable
    }
    pub(crate) fn is_free(&self) -> bool {
        self.takes_work() && self.token == Token::None
    }

    pub(crate) fn system_state(&self) -> SystemState {
        match (self.token, self.status.kind) {
            (Token::Offer(_), _) => SystemState::Offering,
            (Token::Call(_), _) => SystemState::InCall,
            (Token::Acw(_), _) => SystemState::Acw,
            (Token::None, StatusKind::Offline) => SystemState::Offline,
            (Token::None, StatusKind::Dnd) => SystemState::Dnd,
            (Token::None, StatusKind::Busy) => SystemState::Busy,
            (Token::None, StatusKind::Online) if self.missed => SystemState::Missed,
            (Token::None, StatusKind::Online) => SystemState::Available,
        }
    }

    /// Why somebody else cannot ring the agent now. What they chose comes before what they are at.
    pub(crate) fn unavailable(&self) -> Option<Unavailable> {
        match self.status.kind {
            StatusKind::Offline => Some(Unavailable::Offline),
            StatusKind::Dnd => Some(Unavailable::Dnd),
            StatusKind::Busy => Some(Unavailable::Busy),
            StatusKind::Online if !self.reachable => Some(Unavailable::Unreachable),
            StatusKind::Online if self.missed || self.token != Token::None => Some(Unavailable::Busy),
            StatusKind::Online => None,
        }
    }

    pub(crate) fn availability(&self) -> Availability {
        let reason = self.unavailable();
        let kind = match reason {
            None => AvailabilityKind::Available,
            Some(Unavailable::Busy | Unavailable::Dnd) => AvailabilityKind::Busy,
            Some(Unavailable::Offline | Unavailable::Unreachable | Unavailable::Unknown) => {
                AvailabilityKind::Offline
            }
        };
        Availability { kind, reason }
    }

    pub(crate) fn view(&self) -> AgentView {
        AgentView {
            user: self.agent.id,
            status: self.status,
            pending_status: self.pending,
            system_state: self.state,
            since: self.since,
            reachable: self.reachable,
            token: self.token,
            wrap_up_until: self.wrap_up.as_ref().map(|wrap_up| wrap_up.until),
        }
    }
}
