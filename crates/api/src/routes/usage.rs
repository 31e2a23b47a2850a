//! How many calls go on, against the limits, and who waits in a queue.

use std::collections::BTreeMap;

use access::{Area, Permission};
use serde::Serialize;
use terms::{ConversationId, QueueId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::{CallType, Party};

use crate::{
    answer::{Json, List},
    board::{QueueLive, sees_queue},
    body::{Time, masked},
    caller::Caller,
    extract::{Id, Path, State},
    known::Known,
    problem::Problem,
};

#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(crate) struct CallCounts {
    inbound: u32,
    outbound: u32,
    internal: u32,
    total: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    current: CallCounts,
    /// Since the start of the server; `total` is the highest of any one moment.
    peak: CallCounts,
    /// Calls at one time, internal ones included.
    limit: u32,
}

fn counts(by_type: &BTreeMap<CallType, u32>) -> CallCounts {
    let of = |call_type| by_type.get(&call_type).copied().unwrap_or(0);
    CallCounts {
        inbound: of(CallType::Inbound),
        outbound: of(CallType::Outbound),
        internal: of(CallType::Internal),
        total: by_type.values().sum(),
    }
}

pub(crate) async fn get(faces: State) -> Result<Json<Usage>, Problem> {
    let usage = faces.calls.usage().await?;
    let peak = CallCounts { total: usage.peak_total, ..counts(&usage.peak) };
    Ok(Json::new(Usage { current: counts(&usage.current), peak, limit: usage.limit }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingCall {
    conversation_id: Uuid,
    queue_id: Uuid,
    /// 1 is next.
    position: usize,
    /// `customer`, `consult` (a colleague asks), `callback` (a customer who hung up and is called back), `transfer`.
    #[schema(value_type = String)]
    kind: routing::WorkKind,
    /// Null until enough calls of the queue were handled, or when nobody is at work.
    estimated_wait_seconds: Option<i64>,
    since: Time,
    waiting_seconds: i64,
    /// Smaller is served first.
    priority: u8,
    /// The agent who is being rung for it.
    offered_to: Option<Uuid>,
    /// Masked without `view_full_numbers`; null is an anonymous caller.
    phone_number: Option<String>,
    subject: Option<String>,
}

/// Every queue in scope, as the boards show it.
pub(crate) async fn live_queues(faces: State, caller: Caller) -> Json<List<QueueLive>> {
    let organization = faces.calls.organization();
    let agents = faces.board.agents();
    let seen = organization.queues.keys().filter(|queue| sees_queue(&caller, **queue));
    let items = seen.map(|queue| QueueLive::of(*queue, &faces, &organization, &agents)).collect();
    Json::new(List { items, next_cursor: None })
}

pub(crate) async fn live_queue(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<QueueLive>, Problem> {
    let queue = QueueId(path.0.id);
    let organization = faces.calls.organization();
    if !organization.queues.contains_key(&queue) || !sees_queue(&caller, queue) {
        return Err(Problem::not_found("queue"));
    }
    Ok(Json::new(QueueLive::of(queue, &faces, &organization, &faces.board.agents())))
}

/// In the order of service.
pub(crate) async fn waiting(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<List<WaitingCall>>, Problem> {
    let queue = QueueId(path.0.id);
    let area = Area::of_queue(queue);
    let known = faces.calls.organization().queues.contains_key(&queue);
    let sees =
        caller.permits(Permission::ManageWaiting, &area) || caller.permits(Permission::ViewLive, &area);
    if !known || !sees {
        return Err(Problem::not_found("queue"));
    }
    let whole = caller.permits(Permission::ViewFullNumbers, &area);
    let waiting = faces.calls.waiting(queue).await?;
    let mut about: BTreeMap<ConversationId, Known> = BTreeMap::new();
    for item in &waiting {
        if let Some(live) = faces.calls.conversation(item.conversation).await? {
            about.insert(item.conversation, Known::from(*live));
        }
    }
    let now = faces.now();
    let items = waiting.iter().enumerate().map(|(index, item)| {
        let known = about.get(&item.conversation);
        let number = known.and_then(|known| match &known.opening.first {
            Party::Number(Some(number)) => Some(masked(number.as_str(), whole)),
            Party::Number(None) | Party::User(_) => None,
        });
        WaitingCall {
            conversation_id: item.conversation.0,
            queue_id: item.queue.0,
            position: index + 1,
            kind: item.kind,
            estimated_wait_seconds: item.estimated_wait_ms.map(|ms| ms / 1000),
            since: Time(item.since),
            waiting_seconds: now.ms_since(item.since) / 1000,
            priority: item.priority,
            offered_to: item.offered_to.map(|UserId(user)| user),
            phone_number: number,
            subject: known.and_then(|known| known.conversation.details().subject.clone()),
        }
    });
    Ok(Json::new(List { items: items.collect(), next_cursor: None }))
}
