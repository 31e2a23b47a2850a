//! Who waits, and what a supervisor does about it; customers who asked to be called back.

use access::{Area, Permission, authorize};
use callcontrol::{ActOnWaiting, CallbackState, LiveCallback, WaitingAct};
use serde::{Deserialize, Serialize};
use serde_json::json;
use terms::{ConversationId, QueueId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::CallbackOrder;

use crate::{
    Faces,
    answer::{Json, List},
    body::{Time, masked},
    caller::Caller,
    extract::{Body, Id, Path, State},
    problem::Problem,
};

/// 1 is served first.
const PRIORITY_MAX: u8 = 9;

/// `{id}` of the queue and `{conversation_id}`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct QueueAndConversation {
    id: Uuid,
    conversation_id: Uuid,
}

/// What was done, and the conversation's version after it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct WaitingDone {
    conversation_id: Uuid,
    version: u64,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reprioritize {
    /// 1 (first) to 9.
    #[schema(minimum = 1, maximum = 9)]
    priority: u8,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assign {
    user_id: Uuid,
}

/// Nothing to say.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Withdraw {}

/// Done, journaled and audited.
async fn act(
    faces: &Faces,
    caller: &Caller,
    queue: QueueId,
    conversation: ConversationId,
    act: WaitingAct,
) -> Result<Json<WaitingDone>, Problem> {
    let area = Area::of_queue(queue);
    let known = faces.calls.organization().queues.contains_key(&queue);
    if !known || !caller.permits(Permission::ManageWaiting, &area) {
        return Err(Problem::not_found("queue"));
    }
    let told = json!({ "queue_id": queue, "act": act });
    let name = act.name();
    let act = authorize(&caller.principal, ActOnWaiting { queue, conversation, act })?;
    let accepted = faces.calls.act_on_waiting(act).await?;
    let subject = format!("conversation/{conversation}");
    let by = caller.by(faces.now());
    // It is done and journaled; a database that does not answer must not undo it, so the gap is logged instead.
    if let Err(error) = faces.store.audit(&by, name, &subject, None, Some(told)).await {
        tracing::error!(conversation.id = %conversation, error.message = %error, audit.action = name, "an audit event could not be written");
    }
    Ok(Json::new(WaitingDone { conversation_id: conversation.0, version: accepted.version }))
}

fn checked(priority: u8) -> Result<WaitingAct, Problem> {
    if !(1..=PRIORITY_MAX).contains(&priority) {
        return Err(Problem::invalid_field("priority", format!("1 to {PRIORITY_MAX}")));
    }
    Ok(WaitingAct::Reprioritize { priority })
}

pub(crate) async fn reprioritize(
    faces: State,
    caller: Caller,
    path: Path<QueueAndConversation>,
    body: Body<Reprioritize>,
) -> Result<Json<WaitingDone>, Problem> {
    let QueueAndConversation { id, conversation_id } = path.0;
    let wanted = checked(body.0.priority)?;
    act(&faces, &caller, QueueId(id), ConversationId(conversation_id), wanted).await
}

/// The call waits for this agent alone; it goes back to the head of the queue if they do not take it.
pub(crate) async fn assign(
    faces: State,
    caller: Caller,
    path: Path<QueueAndConversation>,
    body: Body<Assign>,
) -> Result<Json<WaitingDone>, Problem> {
    let QueueAndConversation { id, conversation_id } = path.0;
    let user = UserId(body.0.user_id);
    if !faces.calls.organization().users.contains_key(&user) {
        return Err(Problem::invalid_field("user_id", "names no user"));
    }
    act(&faces, &caller, QueueId(id), ConversationId(conversation_id), WaitingAct::Assign { user }).await
}

pub(crate) async fn withdraw(
    faces: State,
    caller: Caller,
    path: Path<QueueAndConversation>,
    _: Body<Withdraw>,
) -> Result<Json<WaitingDone>, Problem> {
    let QueueAndConversation { id, conversation_id } = path.0;
    act(&faces, &caller, QueueId(id), ConversationId(conversation_id), WaitingAct::Withdraw).await
}

/// A customer who asked to be called back and has not been reached yet. Finished ones are records of the purpose `callback`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Callback {
    /// Of the callback itself; its conversation has the same.
    id: Uuid,
    conversation_id: Uuid,
    queue_id: Uuid,
    /// Masked without `view_full_numbers`.
    phone_number: Option<String>,
    /// `resting` until `not_before`, `waiting`, `offering` to an agent, `calling` the customer, `connected`.
    #[schema(value_type = String)]
    state: CallbackState,
    /// `agent_first` or `customer_first`.
    #[schema(value_type = String)]
    order: CallbackOrder,
    requested_at: Time,
    /// Since when the customer counts as waiting: the place in line was kept.
    waiting_since: Time,
    not_before: Option<Time>,
    /// Smaller is served first; null once an agent or the customer is being called.
    priority: Option<u8>,
    /// 1 for the first.
    attempt: u32,
    max_attempts: u32,
    agent_id: Option<Uuid>,
    /// The call in which it was asked for, or the attempt before.
    previous_conversation_id: Uuid,
}

impl Callback {
    fn of(callback: LiveCallback, caller: &Caller) -> Self {
        let whole = caller.permits(Permission::ViewFullNumbers, &Area::of_queue(callback.queue));
        Self {
            id: callback.conversation.0,
            conversation_id: callback.conversation.0,
            queue_id: callback.queue.0,
            phone_number: callback.number.map(|number| masked(number.as_str(), whole)),
            state: callback.state,
            order: callback.of.order,
            requested_at: Time(callback.of.requested_at),
            waiting_since: Time(callback.since),
            not_before: callback.not_before.map(Time),
            priority: callback.priority,
            attempt: callback.of.attempt,
            max_attempts: callback.of.attempts_max,
            agent_id: callback.agent.map(|UserId(user)| user),
            previous_conversation_id: callback.of.conversation.0,
        }
    }
}

fn sees(caller: &Caller, queue: QueueId) -> bool {
    let area = Area::of_queue(queue);
    caller.permits(Permission::ManageWaiting, &area) || caller.permits(Permission::ViewLive, &area)
}

/// Of the queues in scope, longest waiting first.
pub(crate) async fn callbacks(faces: State, caller: Caller) -> Result<Json<List<Callback>>, Problem> {
    let callbacks = faces.calls.callbacks().await?;
    let seen = callbacks.into_iter().filter(|callback| sees(&caller, callback.queue));
    let items = seen.map(|callback| Callback::of(callback, &caller)).collect();
    Ok(Json::new(List { items, next_cursor: None }))
}

async fn find(faces: &Faces, caller: &Caller, id: Uuid) -> Result<LiveCallback, Problem> {
    let callbacks = faces.calls.callbacks().await?;
    let found = callbacks.into_iter().find(|callback| callback.conversation.0 == id);
    found.filter(|callback| sees(caller, callback.queue)).ok_or_else(|| Problem::not_found("callback"))
}

pub(crate) async fn callback(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<Callback>, Problem> {
    Ok(Json::new(Callback::of(find(&faces, &caller, path.0.id).await?, &caller)))
}

pub(crate) async fn cancel_callback(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    _: Body<Withdraw>,
) -> Result<Json<WaitingDone>, Problem> {
    let callback = find(&faces, &caller, path.0.id).await?;
    act(&faces, &caller, callback.queue, callback.conversation, WaitingAct::Withdraw).await
}

pub(crate) async fn reprioritize_callback(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<Reprioritize>,
) -> Result<Json<WaitingDone>, Problem> {
    let wanted = checked(body.0.priority)?;
    let callback = find(&faces, &caller, path.0.id).await?;
    act(&faces, &caller, callback.queue, callback.conversation, wanted).await
}
