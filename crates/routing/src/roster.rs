//! The router's own knowledge of each agent: status, reachability, token.

use std::collections::{BTreeMap, BTreeSet};

use terms::{CallbackPromptId, ConversationId, OfferId, QueueId, Timestamp};

use crate::{
    Agent, AgentView, Availability, AvailabilityKind, Capacity, ItemId, Load, Status, StatusKind,
    SystemState, Token, Unavailable, capacity::Lane, index::GroupId, rest::RunningRest, selection::Place,
    timers::TimerKey,
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

/// Under what the queues list an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) idle_since: Timestamp,
    pub(crate) lanes: [bool; 3],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentSlot {
    pub(crate) agent: Agent,
    /// The group of the agent's skills.
    pub(crate) group: GroupId,
    pub(crate) status: Status,
    pub(crate) pending: Option<Status>,
    pub(crate) reachable: bool,
    /// Counted as present by their queues.
    pub(crate) present: bool,
    pub(crate) missed: bool,
    pub(crate) missed_in_a_row: u32,
    pub(crate) token: Token,
    /// The recall that gets this agent's token before any other work.
    pub(crate) reserved_for: Option<CallbackPromptId>,
    /// Units of both pools that work beside voice takes, offered or accepted.
    pub(crate) used: Capacity,
    /// Open offers of such work.
    pub(crate) ringing: BTreeSet<OfferId>,
    /// Such work in hand.
    pub(crate) in_hand: BTreeMap<ItemId, Load>,
    pub(crate) wrap_up: Option<RunningWrapUp>,
    pub(crate) rest: Option<RunningRest>,
    /// The queue of the last item taken, whose wrap-up rules hold.
    pub(crate) last_queue: Option<QueueId>,
    /// The queue's call in hand, and since when.
    pub(crate) handles: Option<(QueueId, Timestamp)>,
    pub(crate) idle_since: Timestamp,
    pub(crate) state: SystemState,
    pub(crate) since: Timestamp,
    /// How the queues list this agent; `None` when they have no room at all.
    pub(crate) listed: Option<Listed>,
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
            present: false,
            missed: false,
            missed_in_a_row: 0,
            token: Token::None,
            reserved_for: None,
            used: Capacity::NONE,
            ringing: BTreeSet::new(),
            in_hand: BTreeMap::new(),
            wrap_up: None,
            rest: None,
            last_queue: None,
            handles: None,
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
    /// Signed in at a phone that can be rung, whatever they are at.
    pub(crate) fn is_present(&self) -> bool {
        self.status.kind != StatusKind::Offline && self.reachable
    }
    /// Whether a call could be offered to the agent now.
    pub(crate) fn is_free(&self) -> bool {
        self.takes_work() && self.rest.is_none() && self.has_line()
    }
    /// Whether the voice token could be taken for somebody else's sake, whatever the agent chose to be.
    pub(crate) fn has_line(&self) -> bool {
        self.token == Token::None && self.reserved_for.is_none() && self.used.primary == 0
    }
    /// Whether the agent is at work, takes this channel and has room for this much of it.
    pub(crate) fn can_take(&self, load: Load) -> bool {
        if !self.takes_work() || self.rest.is_some() || !self.agent.channels.contains(&load.channel) {
            return false;
        }
        let left = |pool| self.agent.capacity.of(pool).saturating_sub(self.used.of(pool));
        match load.lane() {
            Lane::Voice => self.has_line(),
            Lane::Primary => self.primary_is_open() && load.units() <= left(load.pool),
            Lane::Interruptible => load.units() <= left(load.pool),
        }
    }
    /// Voice takes all primary capacity, wrap-up and a promised recall included.
    fn primary_is_open(&self) -> bool {
        self.token == Token::None && self.reserved_for.is_none()
    }
    /// In which kinds of room there is any left.
    pub(crate) fn lanes(&self) -> [bool; 3] {
        let beside_voice = self.agent.channels.iter().any(|channel| *channel != crate::ServiceChannel::Voice);
        let open = |lane| match lane {
            Lane::Voice => self.agent.channels.contains(&crate::ServiceChannel::Voice) && self.has_line(),
            Lane::Primary => {
                beside_voice && self.primary_is_open() && self.used.primary < self.agent.capacity.primary
            }
            Lane::Interruptible => {
                beside_voice && self.used.interruptible < self.agent.capacity.interruptible
            }
        };
        let at_work = self.takes_work() && self.rest.is_none();
        Lane::ALL.map(|lane| at_work && open(lane))
    }
    pub(crate) fn listing(&self) -> Option<Listed> {
        let lanes = self.lanes();
        lanes.contains(&true).then_some(Listed { idle_since: self.idle_since, lanes })
    }
    /// Takes what the load needs for an offer.
    pub(crate) fn hold(&mut self, offer: OfferId, load: Load) {
        if load.lane() == Lane::Voice {
            self.token = Token::Offer(offer);
        } else {
            self.ringing.insert(offer);
            self.take_room(load);
        }
    }
    /// Gives back what an offer held.
    pub(crate) fn let_go(&mut self, offer: OfferId, load: Load) {
        if load.lane() == Lane::Voice {
            self.token = Token::None;
        } else if self.ringing.remove(&offer) {
            self.give_room(load);
        }
    }
    /// Every open offer of theirs.
    pub(crate) fn rings(&self) -> Vec<OfferId> {
        let of_voice = match self.token {
            Token::Offer(offer) => Some(offer),
            Token::None | Token::Call(_) | Token::Acw(_) => None,
        };
        of_voice.into_iter().chain(self.ringing.iter().copied()).collect()
    }
    pub(crate) fn take_room(&mut self, load: Load) {
        *self.used.of_mut(load.pool) += load.units();
    }
    pub(crate) fn give_room(&mut self, load: Load) {
        let used = self.used.of_mut(load.pool);
        *used = used.saturating_sub(load.units());
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
            (Token::None, StatusKind::Online) if self.reserved_for.is_some() => SystemState::Busy,
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
            StatusKind::Online if self.missed || !self.has_line() => Some(Unavailable::Busy),
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
            used: self.used,
            wrap_up_until: self.wrap_up.as_ref().map(|wrap_up| wrap_up.until),
            rests_until: self.rest.map(|rest| rest.until),
        }
    }
}
