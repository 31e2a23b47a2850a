//! Handle: how the faces talk to the running shard. Every command carries the proof of authorisation; reads are answered
//! from between two laps, so no lock guards the live state.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use access::{Area, Authorized};
use routing::{AgentView, Explanation};
use store::{OrganizationRows, Store, StoreError};
use terms::{ConversationId, LegId, QueueId, SkillId, UserId};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::{
    command::{Accepted, ActOnPrompt, ConversationCommand, PlaceCall, Refused, SetPresence},
    flow::QueueLook,
    message::{ActOnMessage, LiveMessage, MessageDone},
    organization::Organization,
    test_call::TestCalls,
    view::{
        LiveAgent, LiveCallback, LiveConversation, LivePrompt, News, RoutingExplained, Usage, WaitingItem,
    },
    waiting::ActOnWaiting,
};

/// What waits in the inbox; replies go out after the append.
pub enum Request {
    Submit {
        command: Authorized<ConversationCommand>,
        reply: oneshot::Sender<Result<Accepted, Refused>>,
    },
    Place {
        call: Authorized<PlaceCall>,
        reply: oneshot::Sender<Result<Accepted, Refused>>,
    },
    SetPresence {
        change: Authorized<SetPresence>,
        reply: oneshot::Sender<Result<AgentView, Refused>>,
    },
    ActOnPrompt {
        act: Authorized<ActOnPrompt>,
        reply: oneshot::Sender<Result<LivePrompt, Refused>>,
    },
    ActOnWaiting {
        act: Authorized<ActOnWaiting>,
        reply: oneshot::Sender<Result<Accepted, Refused>>,
    },
    ActOnMessage {
        act: Authorized<ActOnMessage>,
        reply: oneshot::Sender<Result<Box<MessageDone>, Refused>>,
    },
    Messages {
        reply: oneshot::Sender<Vec<LiveMessage>>,
    },
    Callbacks {
        reply: oneshot::Sender<Vec<LiveCallback>>,
    },
    Prompts {
        user: UserId,
        reply: oneshot::Sender<Vec<LivePrompt>>,
    },
    Conversation {
        id: ConversationId,
        reply: oneshot::Sender<Option<Box<LiveConversation>>>,
    },
    Conversations {
        reply: oneshot::Sender<Vec<LiveConversation>>,
    },
    Area {
        id: ConversationId,
        agent_leg: Option<u32>,
        reply: oneshot::Sender<Option<Area>>,
    },
    Agents {
        reply: oneshot::Sender<Vec<LiveAgent>>,
    },
    Routing {
        id: ConversationId,
        reply: oneshot::Sender<Option<RoutingExplained>>,
    },
    Candidates {
        queue: QueueId,
        skills: Vec<(SkillId, u8)>,
        reply: oneshot::Sender<Option<Vec<Explanation>>>,
    },
    Waiting {
        queue: QueueId,
        reply: oneshot::Sender<Vec<WaitingItem>>,
    },
    CanBeRung {
        reply: oneshot::Sender<BTreeSet<UserId>>,
    },
    QueueLooks {
        reply: oneshot::Sender<BTreeMap<QueueId, QueueLook>>,
    },
    Usage {
        reply: oneshot::Sender<Usage>,
    },
    Seq {
        reply: oneshot::Sender<u64>,
    },
    Organization {
        organization: Arc<Organization>,
        reply: oneshot::Sender<()>,
    },
    Stop {
        reply: oneshot::Sender<()>,
    },
}

#[derive(Clone)]
pub struct Handle {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) news: broadcast::Sender<Arc<News>>,
    pub(crate) organization: watch::Receiver<Arc<Organization>>,
    pub(crate) test_calls: TestCalls,
    pub(crate) media: media::Handle,
}

impl Handle {
    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        self.requests.try_send(request(reply)).map_err(|_| Refused::Overloaded)?;
        answer.await.map_err(|_| Refused::Overloaded)
    }

    /// Do it; answered when the fact is durable.
    pub async fn submit(&self, command: Authorized<ConversationCommand>) -> Result<Accepted, Refused> {
        self.ask(|reply| Request::Submit { command, reply }).await?
    }

    /// Place a call for the principal; the caller's own phone rings first.
    pub async fn place(&self, call: Authorized<PlaceCall>) -> Result<Accepted, Refused> {
        self.ask(|reply| Request::Place { call, reply }).await?
    }

    pub async fn set_presence(&self, change: Authorized<SetPresence>) -> Result<AgentView, Refused> {
        self.ask(|reply| Request::SetPresence { change, reply }).await?
    }

    /// Answer a callback prompt, or take one's own back.
    pub async fn act_on_prompt(&self, act: Authorized<ActOnPrompt>) -> Result<LivePrompt, Refused> {
        self.ask(|reply| Request::ActOnPrompt { act, reply }).await?
    }

    /// Do something about a conversation that waits in a queue.
    pub async fn act_on_waiting(&self, act: Authorized<ActOnWaiting>) -> Result<Accepted, Refused> {
        self.ask(|reply| Request::ActOnWaiting { act, reply }).await?
    }

    /// Do something about a caller's message.
    pub async fn act_on_message(&self, act: Authorized<ActOnMessage>) -> Result<Box<MessageDone>, Refused> {
        self.ask(|reply| Request::ActOnMessage { act, reply }).await?
    }

    /// What callers left and nobody has finished, oldest first.
    pub async fn messages(&self) -> Result<Vec<LiveMessage>, Refused> {
        self.ask(|reply| Request::Messages { reply }).await
    }

    /// Customers who are to be called back, longest waiting first.
    pub async fn callbacks(&self) -> Result<Vec<LiveCallback>, Refused> {
        self.ask(|reply| Request::Callbacks { reply }).await
    }

    /// The callback prompts of a user, on either side.
    pub async fn prompts(&self, user: UserId) -> Result<Vec<LivePrompt>, Refused> {
        self.ask(|reply| Request::Prompts { user, reply }).await
    }

    /// A conversation that is live, or ended so lately that wrap-up is going on.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<Box<LiveConversation>>, Refused> {
        self.ask(|reply| Request::Conversation { id, reply }).await
    }

    pub async fn conversations(&self) -> Result<Vec<LiveConversation>, Refused> {
        self.ask(|reply| Request::Conversations { reply }).await
    }

    /// The teams of the agents concerned and the queue: what scopes are compared with.
    /// `agent_leg` names the agent a coaching is about; None takes the agent who would be coached.
    pub async fn area(&self, id: ConversationId, agent_leg: Option<LegId>) -> Result<Option<Area>, Refused> {
        let agent_leg = agent_leg.map(|leg| leg.ordinal);
        self.ask(|reply| Request::Area { id, agent_leg, reply }).await
    }

    /// The number of the last news; everything with a higher one is yet to come.
    pub async fn seq(&self) -> Result<u64, Refused> {
        self.ask(|reply| Request::Seq { reply }).await
    }

    /// Ends every call with `node_lost`, says goodbye on every wire, and stops.
    pub async fn stop(&self) -> Result<(), Refused> {
        self.ask(|reply| Request::Stop { reply }).await
    }

    pub async fn agents(&self) -> Result<Vec<LiveAgent>, Refused> {
        self.ask(|reply| Request::Agents { reply }).await
    }

    pub async fn agent(&self, user: UserId) -> Result<Option<LiveAgent>, Refused> {
        Ok(self.agents().await?.into_iter().find(|agent| agent.user == user))
    }

    /// Why the work of a live conversation went where it went, and who could take it now.
    pub async fn routing(&self, id: ConversationId) -> Result<Option<RoutingExplained>, Refused> {
        self.ask(|reply| Request::Routing { id, reply }).await
    }

    /// Who could take a call for this queue that came now; none when there is no such queue.
    pub async fn candidates(
        &self,
        queue: QueueId,
        skills: Vec<(SkillId, u8)>,
    ) -> Result<Option<Vec<Explanation>>, Refused> {
        self.ask(|reply| Request::Candidates { queue, skills, reply }).await
    }

    pub async fn waiting(&self, queue: QueueId) -> Result<Vec<WaitingItem>, Refused> {
        self.ask(|reply| Request::Waiting { queue, reply }).await
    }

    /// Whom an entry flow would ring now.
    pub async fn can_be_rung(&self) -> Result<BTreeSet<UserId>, Refused> {
        self.ask(|reply| Request::CanBeRung { reply }).await
    }

    /// How every queue stands now.
    pub async fn queue_looks(&self) -> Result<BTreeMap<QueueId, QueueLook>, Refused> {
        self.ask(|reply| Request::QueueLooks { reply }).await
    }

    pub async fn usage(&self) -> Result<Usage, Refused> {
        self.ask(|reply| Request::Usage { reply }).await
    }

    /// What the administrators configured, as of now.
    pub fn organization(&self) -> Arc<Organization> {
        self.organization.borrow().clone()
    }

    /// Calls that belong to no conversation.
    pub fn test_calls(&self) -> TestCalls {
        self.test_calls.clone()
    }

    /// The live feed; a reader that lags is told so by the receiver and asks for a snapshot anew.
    pub fn news(&self) -> broadcast::Receiver<Arc<News>> {
        self.news.subscribe()
    }

    /// The engine plays the uploaded prompts of these rows from now on; to be done before calls work from them.
    pub async fn bring_prompts(&self, rows: &OrganizationRows, store: &Store) -> Result<(), StoreError> {
        crate::prompts::bring(rows, store, &self.media).await
    }

    /// The rows changed: work from this snapshot from now on. Grants that are gone end coaching before this returns.
    pub async fn set_organization(&self, organization: Organization) -> Result<(), Refused> {
        self.ask(|reply| Request::Organization { organization: Arc::new(organization), reply }).await
    }
}
