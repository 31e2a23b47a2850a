//! Recovery: replay what is open, close truthfully what this server lost, and go on.

use std::{collections::BTreeMap, sync::Arc};

use routing::{CallbackPrompt, Status, StatusCause};
use serde::{Deserialize, Serialize};
use store::journal::{Journal, JournalError, Record};
use terms::{CallbackPromptId, ConversationId, PhoneNumber, QueueId, Timestamp, UserId};
use voicecall::{Actor, Command, Event, Input};

use crate::{
    Organization, message,
    shard::{Batch, Owned, Shard},
    view::Recorded,
};

/// What the routing stream keeps: chosen presence and wrap-up. Tokens and waiting work follow from the conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RoutingFact {
    PresenceSet {
        user: UserId,
        status: Status,
        /// What made it so; none in journals of before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<StatusCause>,
        /// Whose choice it was: their own, or a supervisor's. None where nobody chose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// What the supervisor said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Missed {
        user: UserId,
    },
    WrapUpStarted {
        user: UserId,
        root: ConversationId,
        until: Timestamp,
    },
    WrapUpExtended {
        user: UserId,
        until: Timestamp,
    },
    WrapUpEnded {
        user: UserId,
        root: ConversationId,
    },
    /// A callback prompt as it stands from now on.
    PromptChanged {
        prompt: Box<CallbackPrompt>,
    },
    /// Somebody hung up while waiting, and is as old as they were when they call again in time.
    PlaceKept {
        queue: QueueId,
        number: PhoneNumber,
        since: Timestamp,
        until: Timestamp,
    },
    /// They did.
    PlaceTaken {
        queue: QueueId,
        number: PhoneNumber,
    },
    /// Who took a customer's last call in a queue, where the queue remembers that.
    LastAgent {
        queue: QueueId,
        number: PhoneNumber,
        user: UserId,
        until: Timestamp,
    },
    /// This node lived at this time, with calls going on.
    Alive,
    /// Everybody's chosen presence, so that what stands before it in the stream is needed no more.
    Roster {
        chosen: Vec<(UserId, Status)>,
    },
}

impl RoutingFact {
    pub fn kind(&self) -> &'static str {
        match self {
            RoutingFact::PresenceSet { .. } => "presence_set",
            RoutingFact::Missed { .. } => "missed",
            RoutingFact::WrapUpStarted { .. } => "wrap_up_started",
            RoutingFact::WrapUpExtended { .. } => "wrap_up_extended",
            RoutingFact::WrapUpEnded { .. } => "wrap_up_ended",
            RoutingFact::PromptChanged { .. } => "prompt_changed",
            RoutingFact::PlaceKept { .. } => "place_kept",
            RoutingFact::PlaceTaken { .. } => "place_taken",
            RoutingFact::LastAgent { .. } => "last_agent",
            RoutingFact::Alive => "alive",
            RoutingFact::Roster { .. } => "roster",
        }
    }

    /// Recovery may start here, and the journal may forget what came before.
    pub(crate) fn stands_alone(&self) -> bool {
        matches!(self, RoutingFact::Roster { .. })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("event {position} of {stream} cannot be read: {why}")]
    Unreadable { stream: String, position: i64, why: String },
}

/// What recovery found.
pub struct Recovered {
    pub shard: Shard,
    /// The closing facts of the calls this server lost; append them before anything else.
    pub batch: Batch,
    pub conversations: usize,
}

/// Reads the journal and closes what was open: its wires died with the process that held them.
pub async fn recover(
    journal: &Journal,
    organization: Arc<Organization>,
    now: Timestamp,
) -> Result<Recovered, RecoverError> {
    let mut shard = Shard::new(organization, now);
    let routing = journal.read_stream("routing").await?;
    let mut alive = Timestamp::default();
    let mut prompts: BTreeMap<CallbackPromptId, CallbackPrompt> = BTreeMap::new();
    for record in &routing {
        shard.routing_version = record.version;
        alive = alive.max(record.at);
        let fact = read(record)?;
        shard.restore_routing(&fact, record.at);
        if let RoutingFact::PromptChanged { prompt } = fact {
            prompts.insert(prompt.id, *prompt);
        }
    }
    let mut messages = Vec::new();
    for stream in journal.open_messages().await? {
        messages.extend(message::replay(&stream, &journal.read_stream(&stream).await?)?);
    }
    let mut lost = Vec::new();
    for stream in journal.open_streams().await? {
        let records = journal.read_stream(&stream).await?;
        let Some((owned, last)) = replay(&records)? else { continue };
        alive = alive.max(last);
        lost.push((owned.conversation.id(), last));
        shard.restore_conversation(owned);
    }
    shard.restore_prompts(prompts, now);
    for (id, last) in &lost {
        // The call was certainly still there when this node last gave a sign of life, and at its own last fact.
        shard.lose(*id, alive.max(*last).min(now));
    }
    shard.restore_messages(messages, now);
    let conversations = lost.len();
    shard.note_roster(now);
    let batch = shard.handle([], now);
    Ok(Recovered { shard, batch, conversations })
}

pub(crate) fn read<T: for<'de> Deserialize<'de>>(record: &Record) -> Result<T, RecoverError> {
    serde_json::from_str(&record.payload).map_err(|error| RecoverError::Unreadable {
        stream: record.stream.clone(),
        position: record.position,
        why: error.to_string(),
    })
}

fn replay(records: &[Record]) -> Result<Option<(Owned, Timestamp)>, RecoverError> {
    let mut owned: Option<Owned> = None;
    let mut last = Timestamp::default();
    for record in records {
        let event: Event = read(record)?;
        last = record.at;
        match (&mut owned, &event) {
            (None, Event::Opened { opening }) => owned = Some(Owned::new(Arc::new((**opening).clone()))),
            (Some(owned), event) => owned.conversation.apply(event),
            (None, _) => return Ok(None),
        }
        if let Some(owned) = &mut owned {
            owned.facts.push(Recorded { at: record.at, event });
        }
    }
    Ok(owned.map(|owned| (owned, last)))
}

impl Shard {
    fn restore_routing(&mut self, fact: &RoutingFact, at: Timestamp) {
        match fact {
            RoutingFact::PresenceSet { user, status, .. } => {
                self.router.handle(&routing::Input::PresenceSet { user: *user, status: *status }, at);
            }
            RoutingFact::PlaceKept { .. } | RoutingFact::PlaceTaken { .. } => self.restore_place(fact),
            RoutingFact::LastAgent { .. } => self.restore_last_agent(fact),
            RoutingFact::WrapUpStarted { .. }
            | RoutingFact::WrapUpExtended { .. }
            | RoutingFact::WrapUpEnded { .. }
            | RoutingFact::Missed { .. }
            | RoutingFact::PromptChanged { .. }
            | RoutingFact::Alive => {}
            RoutingFact::Roster { chosen } => {
                for (user, status) in chosen {
                    self.router.handle(&routing::Input::PresenceSet { user: *user, status: *status }, at);
                }
            }
        }
    }

    /// The roster of this start, and once a day while it runs: the routing stream never grows past some days.
    pub(crate) fn note_roster(&mut self, now: Timestamp) {
        self.roster_noted = now;
        let chosen = |agent: routing::AgentView| (agent.user, agent.pending_status.unwrap_or(agent.status));
        let chosen = self.router.agents().map(chosen).collect();
        self.append_routing(&RoutingFact::Roster { chosen }, now);
        let kept = self.kept_places(now).into_iter().chain(self.kept_last_agents(now));
        for fact in kept.collect::<Vec<_>>() {
            self.append_routing(&fact, now);
        }
        let live: Vec<_> = self.router.prompts().filter(|prompt| prompt.state.is_live()).cloned().collect();
        for prompt in live {
            self.append_routing(&RoutingFact::PromptChanged { prompt: Box::new(prompt) }, now);
        }
    }

    /// A prompt outlives a restart as far as the conversation it is about does; else it ends with that, and is told so.
    fn restore_prompts(&mut self, prompts: BTreeMap<CallbackPromptId, CallbackPrompt>, now: Timestamp) {
        for prompt in prompts.into_values().filter(|prompt| prompt.state.is_live()) {
            let root = prompt.root;
            self.router.restore_prompt(prompt, now);
            if !self.owned.contains_key(&root) {
                self.route(&routing::Input::RootEnded { root }, now);
            }
        }
        self.finish_pending(now);
    }

    fn restore_conversation(&mut self, owned: Owned) {
        let counts = !crate::usage::is_only_planned(&owned.conversation);
        for call in owned.conversation.calls().iter().filter(|call| call.open && counts) {
            self.usage.open(call.call_type);
        }
        self.owned.insert(owned.conversation.id(), owned);
    }

    fn lose(&mut self, id: ConversationId, at: Timestamp) {
        if self.outlives(id, at) {
            self.finish_pending(at);
            return;
        }
        let input = Input::Command { by: Actor::System, command: Command::LoseNode };
        if self.feed(id, &input, at).is_err() {
            tracing::warn!(conversation.id = %id, "an open stream held an ended conversation");
        }
        self.finish_pending(at);
    }

    /// This server is told to stop: every call ends now, with that reason.
    pub fn lose_everything(&mut self, now: Timestamp) -> Batch {
        let ids: Vec<ConversationId> =
            self.owned.iter().filter(|(_, o)| !o.conversation.is_ended()).map(|(id, _)| *id).collect();
        for id in ids {
            self.lose(id, now);
        }
        self.handle([], now)
    }
}
