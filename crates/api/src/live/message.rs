//! What a reader is sent: an entry or a snapshot as this reader may see it.

use std::collections::BTreeSet;

use callcontrol::LiveAgent;
use serde_json::{Value, json};
use terms::{ConversationId, QueueId, Timestamp};

use super::{Entry, EntryBody, Topic, sees_agent};
use crate::{
    Faces,
    board::{AlertView, QueueLive, Told, definitions, sees_alert, sees_queue},
    body::{CallbackPrompt, Presence, Time, draw, hidden_calls},
    caller::Caller,
    known::Known,
    problem::Problem,
};

/// The entry's type and data; none when it is not this reader's business.
pub(super) fn draw_entry(
    faces: &Faces,
    caller: &Caller,
    topics: &BTreeSet<Topic>,
    shown: &mut BTreeSet<ConversationId>,
    entry: &Entry,
) -> Option<(String, Value)> {
    let data = match &entry.body {
        EntryBody::Conversation { known, leg, call } => {
            return draw_conversation(faces, caller, topics, shown, entry, known, *leg, *call);
        }
        EntryBody::Agent(agent) => {
            let own = agent.user == caller.user() && topics.contains(&Topic::Me);
            let organization = faces.calls.organization();
            let board = topics.contains(&Topic::Agents) && sees_agent(caller, agent.user, &organization);
            (own || board).then(|| agent_data(faces, agent))
        }
        EntryBody::Prompt(prompt) => {
            let concerned = [prompt.prompt.requester, prompt.prompt.target].contains(&caller.user());
            (concerned && topics.contains(&Topic::Me))
                .then(|| json!(CallbackPrompt::of(prompt, caller.user())))
        }
        EntryBody::Voicemail { message, before } => {
            let left = &message.message;
            let mine = [*before, message.offered_to, left.agent].contains(&Some(caller.user()));
            let seen = mine && topics.contains(&Topic::Me)
                || topics.contains(&Topic::Queues) && sees_queue(caller, left.queue);
            seen.then(|| json!({"voicemail_id": left.id, "queue_id": left.queue}))
        }
        EntryBody::Queue { queue, waiting, longest_since } => {
            let seen = topics.contains(&Topic::Queues) && sees_queue(caller, *queue);
            seen.then(|| queue_data(faces, *queue, *waiting, *longest_since))
        }
    };
    data.map(|data| (entry.kind.clone(), data))
}

#[expect(clippy::too_many_arguments, reason = "one reader's view of one entry; a struct would say the same")]
fn draw_conversation(
    faces: &Faces,
    caller: &Caller,
    topics: &BTreeSet<Topic>,
    shown: &mut BTreeSet<ConversationId>,
    entry: &Entry,
    known: &Known,
    leg: Option<u32>,
    call: Option<u32>,
) -> Option<(String, Value)> {
    if !is_for(faces, caller, topics, known) {
        // It went out of sight: handed to a team or queue outside the reader's scope.
        let gone = shown.remove(&known.id());
        return gone.then(|| ("conversation_gone".to_owned(), json!({"conversation_id": known.id()})));
    }
    let organization = faces.calls.organization();
    let hidden = known.hidden_legs(caller, &organization, &known.fold(entry.at));
    let secret = leg.is_some_and(|leg| hidden.contains(&leg))
        || call.is_some_and(|call| hidden_calls(known, &hidden).contains(&call));
    if secret {
        return None;
    }
    if known.conversation.is_ended() && known.wrapping_up.is_empty() {
        shown.remove(&known.id());
    } else {
        shown.insert(known.id());
    }
    let drawn = draw(known, caller, &organization, faces.now());
    let data = json!({
        "conversation_id": known.id(),
        "version": known.version,
        "conversation": drawn,
    });
    Some((entry.kind.clone(), data))
}

fn is_for(faces: &Faces, caller: &Caller, topics: &BTreeSet<Topic>, known: &Known) -> bool {
    let own = topics.contains(&Topic::Me) && known.parties().contains(&caller.user());
    own || (topics.contains(&Topic::Conversations)
        && known.is_visible_to(caller, &faces.calls.organization()))
}

fn agent_data(faces: &Faces, agent: &LiveAgent) -> Value {
    let organization = faces.calls.organization();
    json!({
        "user_id": agent.user,
        "presence": Presence::of(&agent.view, &organization),
        "conversation_id": agent.conversation,
    })
}

fn queue_data(faces: &Faces, queue: QueueId, waiting: u32, longest_since: Option<Timestamp>) -> Value {
    let board = QueueLive::of(queue, faces, &faces.calls.organization(), &faces.board.agents());
    board.told(waiting, Time::some(longest_since))
}

/// What the board tells beside the feed; none when it is not this reader's business.
pub(super) fn draw_told(
    faces: &Faces,
    caller: &Caller,
    topics: &BTreeSet<Topic>,
    told: &Told,
) -> Option<(&'static str, Value)> {
    match told {
        Told::Queue(queue) => {
            let seen = topics.contains(&Topic::Queues) && sees_queue(caller, *queue);
            let (waiting, longest_since) = faces.board.waiting(*queue);
            seen.then(|| ("queue", queue_data(faces, *queue, waiting, longest_since)))
        }
        Told::Alert(alert) => {
            let seen = hears_alert(topics, alert) && sees_alert(caller, alert);
            seen.then(|| ("alert", json!(AlertView::of(alert, &faces.calls.organization()))))
        }
    }
}

/// One's own alerts come with one's own news, the others with a board's topics.
fn hears_alert(topics: &BTreeSet<Topic>, alert: &store::AlertRow) -> bool {
    let board = [Topic::Queues, Topic::Conversations, Topic::Agents];
    match alert.user_id {
        Some(_) => topics.contains(&Topic::Me),
        None => board.iter().any(|topic| topics.contains(topic)),
    }
}

/// Every open alert that this reader sees.
pub(super) fn open_alerts(faces: &Faces, caller: &Caller, topics: &BTreeSet<Topic>) -> Value {
    let organization = faces.calls.organization();
    let open = faces.board.alerts();
    let seen = open.iter().filter(|alert| hears_alert(topics, alert) && sees_alert(caller, alert));
    json!(seen.map(|alert| AlertView::of(alert, &organization)).collect::<Vec<_>>())
}

/// Every queue that this reader sees, as the board has it.
pub(super) fn seen_queues(faces: &Faces, caller: &Caller, topics: &BTreeSet<Topic>) -> Vec<QueueId> {
    let organization = faces.calls.organization();
    let all = organization.queues.keys().copied();
    all.filter(|queue| topics.contains(&Topic::Queues) && sees_queue(caller, *queue)).collect()
}

/// Everything the topics cover, as it stands, and the conversations among it.
pub(super) async fn snapshot(
    faces: &Faces,
    caller: &Caller,
    topics: &BTreeSet<Topic>,
) -> Result<(Value, BTreeSet<ConversationId>), Problem> {
    let organization = faces.calls.organization();
    let now = faces.now();
    let mut data = serde_json::Map::new();
    let mut shown = BTreeSet::new();
    if topics.contains(&Topic::Me) || topics.contains(&Topic::Conversations) {
        let all = faces.calls.conversations().await?.into_iter().map(Known::from);
        let seen: Vec<Known> = all
            .filter(|known| !known.conversation.is_ended() || !known.wrapping_up.is_empty())
            .filter(|known| {
                let own = topics.contains(&Topic::Me) && known.parties().contains(&caller.user());
                own || (topics.contains(&Topic::Conversations) && known.is_visible_to(caller, &organization))
            })
            .collect();
        shown.extend(seen.iter().map(Known::id));
        let drawn: Vec<_> = seen.iter().map(|known| draw(known, caller, &organization, now)).collect();
        data.insert("conversations".to_owned(), json!(drawn));
    }
    let agents = faces.calls.agents().await?;
    if topics.contains(&Topic::Me) {
        let own = agents.iter().find(|agent| agent.user == caller.user());
        data.insert(
            "me".to_owned(),
            json!({"user_id": caller.user(), "presence": Presence::of_agent(own, &organization)}),
        );
    }
    if topics.contains(&Topic::Me) {
        let user = caller.user();
        let prompts = faces.calls.prompts(user).await?;
        let drawn: Vec<_> = prompts.iter().map(|prompt| CallbackPrompt::of(prompt, user)).collect();
        data.insert("callback_prompts".to_owned(), json!(drawn));
    }
    if topics.contains(&Topic::Agents) {
        let seen = agents.iter().filter(|agent| sees_agent(caller, agent.user, &organization));
        let drawn: Vec<_> = seen.map(|agent| agent_data(faces, agent)).collect();
        data.insert("agents".to_owned(), json!(drawn));
    }
    if topics.contains(&Topic::Queues) {
        let mut drawn = Vec::new();
        for queue in seen_queues(faces, caller, topics) {
            let waiting = faces.calls.waiting(queue).await?;
            let count = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
            drawn.push(queue_data(faces, queue, count, waiting.iter().map(|item| item.since).min()));
        }
        data.insert("queues".to_owned(), json!(drawn));
        data.insert("definition_of".to_owned(), json!(definitions()));
    }
    data.insert("alerts".to_owned(), open_alerts(faces, caller, topics));
    Ok((Value::Object(data), shown))
}
