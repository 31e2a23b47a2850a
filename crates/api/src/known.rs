//! Known: one conversation as its facts tell it, live or ended, and who may see it.

use std::{collections::BTreeSet, sync::Arc};

use access::{Area, Permission};
use callcontrol::{LiveConversation, Organization, Recorded};
use reporting::{ConversationFacts, WrapUp, query};
use terms::{ConversationId, Timestamp, UserId};
use voicecall::{Actor, CoachingMode, Command, Conversation, Event, Input, Opening, Purpose, Role, State};

use crate::{Faces, caller::Caller, problem::Problem};

/// A conversation with the facts that made it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) opening: Arc<Opening>,
    pub(crate) conversation: Conversation,
    pub(crate) version: u64,
    pub(crate) facts: Vec<Recorded>,
    /// Agents in wrap-up for it.
    pub(crate) wrapping_up: Vec<UserId>,
    /// Wrap-ups that are over, of an ended one.
    pub(crate) wrap_ups: Vec<WrapUp>,
}

impl From<LiveConversation> for Known {
    fn from(live: LiveConversation) -> Self {
        Self {
            opening: live.opening,
            conversation: live.conversation,
            version: live.version,
            facts: live.facts,
            wrapping_up: live.wrapping_up,
            wrap_ups: Vec::new(),
        }
    }
}

impl Known {
    /// From the first fact of a stream on.
    pub(crate) fn opened(opening: Opening, at: Timestamp) -> Self {
        let event = Event::Opened { opening: Box::new(opening.clone()) };
        Self {
            conversation: Conversation::open(&opening),
            opening: Arc::new(opening),
            version: 1,
            facts: vec![Recorded { at, event }],
            wrapping_up: Vec::new(),
            wrap_ups: Vec::new(),
        }
    }

    pub(crate) fn take(&mut self, at: Timestamp, event: &Event) {
        self.conversation.apply(event);
        self.facts.push(Recorded { at, event: event.clone() });
        self.version += 1;
    }

    pub(crate) fn id(&self) -> ConversationId {
        self.opening.id
    }

    pub(crate) fn fold(&self, now: Timestamp) -> ConversationFacts {
        let facts = self.facts.iter().map(|fact| (fact.at, &fact.event));
        reporting::fold(&self.opening, facts, &self.wrap_ups, now)
    }

    /// Where it stands, in the words of the API.
    pub(crate) fn state(&self) -> State {
        match self.conversation.state() {
            State::Ended if !self.wrapping_up.is_empty() => State::WrapUp,
            state => state,
        }
    }

    /// Who has or had a wire in it.
    pub(crate) fn parties(&self) -> BTreeSet<UserId> {
        let legs = self.conversation.legs().iter();
        legs.filter_map(|leg| leg.party.user()).chain(self.wrapping_up.iter().copied()).collect()
    }

    /// The team of the agent who has it (of an ended one: who had it last) and the queue: what scopes are compared with.
    pub(crate) fn area(&self, organization: &Organization) -> Area {
        let staff = |live: bool| {
            let legs = self.conversation.legs().iter();
            legs.filter(move |leg| leg.is_staff() && leg.role != Role::Supervisor && leg.is_live() == live)
        };
        let agent = match self.conversation.is_ended() {
            false => staff(true).find(|leg| leg.role == Role::Agent).or_else(|| staff(true).next()),
            true => staff(false).rfind(|leg| leg.role == Role::Agent).or_else(|| staff(false).next_back()),
        };
        let area = match agent.and_then(|leg| leg.party.user()) {
            Some(user) => Area::of_agent(organization.users.get(&user).and_then(|row| row.team)),
            None => Area::anywhere(),
        };
        area.in_queue(self.conversation.queue())
    }

    /// One's own always; others by `view_live` (ended ones also by `view_reports`) within scope, parked ones by `park`;
    /// ephemeral ones never.
    pub(crate) fn is_visible_to(&self, caller: &Caller, organization: &Organization) -> bool {
        if self.parties().contains(&caller.user()) {
            // A direct call's parties know of it only while it lasts.
            return !self.opening.ephemeral || !self.conversation.is_ended();
        }
        if self.opening.ephemeral {
            return false;
        }
        let area = self.area(organization);
        caller.permits(Permission::ViewLive, &area)
            || (self.conversation.is_ended() && caller.permits(Permission::ViewReports, &area))
            || (!self.conversation.is_ended() && coaches(caller, &area))
            || self.may_be_retrieved_by(caller, &area)
    }

    /// A parked customer waits for anybody who may park here, whether they were in the call or not.
    fn may_be_retrieved_by(&self, caller: &Caller, area: &Area) -> bool {
        self.conversation.parked().is_some() && caller.permits(Permission::Park, area)
    }

    /// What a call of which nothing is kept looked like at its end, for the answer to the very hang-up that ended it.
    pub(crate) fn forgotten(mut self, now: Timestamp) -> Self {
        let input = Input::Command { by: Actor::System, command: Command::HangUp };
        for event in self.conversation.decide(&input, now).unwrap_or_default() {
            self.take(now, &event);
        }
        self
    }

    /// Supervisors' wires that this caller must not know of: nobody sees a monitor, and who sees a whisper is the
    /// organization's choice.
    pub(crate) fn hidden_legs(
        &self,
        caller: &Caller,
        organization: &Organization,
        facts: &ConversationFacts,
    ) -> BTreeSet<u32> {
        let area = self.area(organization);
        if caller.permits(Permission::ViewLive, &area)
            || caller.permits(Permission::ViewReports, &area)
            || coaches(caller, &area)
        {
            return BTreeSet::new();
        }
        let visible = organization.settings.coaching_visible;
        let shows = |mode: CoachingMode| match mode {
            CoachingMode::Monitor => visible.monitor,
            CoachingMode::Whisper => visible.whisper,
            CoachingMode::Barge => true,
        };
        let legs = self.conversation.legs().iter().enumerate();
        legs.filter(|(_, leg)| leg.party.user() != Some(caller.user()))
            .filter(|(_, leg)| {
                leg.role == Role::Supervisor
                    && self
                        .conversation
                        .calls()
                        .get(leg.call as usize)
                        .is_some_and(|call| call.purpose == Purpose::Coaching)
            })
            .filter(|(_, leg)| {
                let mut modes = facts.coaching_intervals.iter().filter(|interval| interval.call == leg.call);
                !modes.any(|interval| shows(interval.mode))
            })
            .filter_map(|(ordinal, _)| u32::try_from(ordinal).ok())
            .collect()
    }
}

/// Whoever may coach here may see what they coach.
fn coaches(caller: &Caller, area: &Area) -> bool {
    [Permission::Monitor, Permission::Whisper, Permission::Barge]
        .into_iter()
        .any(|permission| caller.permits(permission, area))
}

/// A live conversation, or one that the journal still has.
pub(crate) async fn find(faces: &Faces, id: ConversationId) -> Result<Known, Problem> {
    if let Some(live) = faces.calls.conversation(id).await? {
        return Ok(Known::from(*live));
    }
    kept(faces, id).await?.ok_or_else(|| Problem::not_found("conversation"))
}

/// From this node's journal or the database's copy of it.
pub(crate) async fn kept(faces: &Faces, id: ConversationId) -> Result<Option<Known>, Problem> {
    let events = query::conversation_events(faces.store.database(), &faces.journal, id).await?;
    Ok(events.map(|events| {
        let at = events.opening.at;
        let mut known = Known::opened(events.opening, at);
        for (at, event) in &events.facts {
            known.take(*at, event);
        }
        known.wrap_ups = events.wrap_ups;
        known
    }))
}

/// One that the caller may see; what they may not see does not exist for them.
pub(crate) async fn find_visible(
    faces: &Faces,
    caller: &Caller,
    id: ConversationId,
) -> Result<Known, Problem> {
    let known = find(faces, id).await?;
    if known.is_visible_to(caller, &faces.calls.organization()) {
        Ok(known)
    } else {
        Err(Problem::not_found("conversation"))
    }
}
