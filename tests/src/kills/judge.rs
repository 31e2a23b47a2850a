//! After the kill and the start: is everything that people were told still true, and can everybody work again?

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    SOON,
    cast::{Cast, Desk, Staff},
    ledger::{Acknowledged, Ledger, Seen, text},
    rows::Rows,
    wires::Wires,
};
use crate::stage::{
    Result, StageError,
    client::{Action, id_of},
    phone::Phase,
    wait::until_async,
};

/// A closed record keeps these.
const KEPT: [&str; 10] = [
    "conversation_id",
    "call_type",
    "purpose",
    "parent_id",
    "previous_id",
    "disposition",
    "disconnect_reason",
    "started_at",
    "accepted_at",
    "ended_at",
];
/// Even an open one keeps these.
const BORN_WITH: [&str; 6] =
    ["conversation_id", "call_type", "purpose", "parent_id", "previous_id", "started_at"];

fn check(wrong: Vec<String>) -> Result<()> {
    if wrong.is_empty() { Ok(()) } else { Err(StageError::Unsound(wrong.join("; "))) }
}

pub(super) async fn judge(cast: &Cast, ledger: &Ledger) -> Result<()> {
    until_async("the server takes calls again", SOON, || async {
        if cast.admin.is_ready().await.unwrap_or(false) { Ok(()) } else { Err("not ready") }
    })
    .await?;
    phones_are_free(cast, ledger).await?;
    let told = ledger.conversations();
    let records = until_async("the books are closed", SOON, || async {
        let records = cast.admin.list("/v1/voice-calls").await.map_err(|error| error.to_string())?;
        let wrong = untrue(&told, &records);
        if wrong.is_empty() { Ok(records) } else { Err(wrong.join("; ")) }
    })
    .await?;
    people_are_free(cast).await?;
    repeat(cast, &ledger.commands(), &records).await?;
    everybody_works(cast).await?;
    rows_are_sound(cast).await
}

/// No phone stays in a call that does not exist.
async fn phones_are_free(cast: &Cast, ledger: &Ledger) -> Result<()> {
    let still = ledger.conversations().values().all(|seen| seen.still);
    for wires in cast.wires() {
        for call in wires.take().await? {
            // An answer that was on its way when the server died is nobody's; the phone gives it up.
            let up = call.is_up() || matches!(call.phase(), Phase::Ended(_));
            if up && still {
                call.ended(SOON).await?;
            }
            Wires::give_up(&call).await;
        }
    }
    futures::future::try_join_all(cast.staff().into_iter().map(|staff| staff.wires.phone.register()))
        .await
        .map(drop)
}

/// What of the told is not so.
fn untrue(told: &BTreeMap<String, Seen>, records: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut by_id: BTreeMap<String, &Value> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    for record in records {
        let id = text(&record["id"]);
        let is_closed = !record["ended_at"].is_null() && !record["disconnect_reason"].is_null();
        if !is_closed || record["disposition"] == "in_progress" {
            wrong.push(format!("{id} is open: {}", line(record)));
        }
        if !numbers.insert(text(&record["number"])) || record["number"].is_null() {
            wrong.push(format!("{id} has the number {}", record["number"]));
        }
        if by_id.insert(id.clone(), record).is_some() {
            wrong.push(format!("{id} stands there twice"));
        }
    }
    for (conversation, seen) in told {
        for (id, before) in &seen.calls {
            let Some(after) = by_id.get(id) else {
                wrong.push(format!("{}: {id} of {conversation} is forgotten", seen.scene));
                continue;
            };
            wrong.extend(changed(seen, before, after));
        }
        if seen.calls.is_empty() {
            wrong.push(format!("{conversation} was told without a record"));
        }
    }
    wrong
}

fn changed(seen: &Seen, before: &Value, after: &Value) -> Vec<String> {
    let was_closed = !before["ended_at"].is_null();
    let fields: &[&str] = if was_closed { &KEPT } else { &BORN_WITH };
    let mut wrong: Vec<String> = fields
        .iter()
        .filter(|field| before[**field] != after[**field])
        .map(|field| format!("{}: {field} was {} and is {}", seen.scene, before[*field], after[*field]))
        .collect();
    // Nobody was doing anything: it was the server that ended it.
    if !was_closed && seen.still && after["disconnect_reason"] != "node_lost" {
        wrong.push(format!("{}: not lost with the server, {}", seen.scene, line(after)));
    }
    wrong
}

fn line(record: &Value) -> String {
    let fields = ["purpose", "disposition", "disconnect_reason", "ended_at"];
    fields.map(|field| format!("{field} {}", record[field])).join(", ")
}

/// Nobody is in a call, and presence is what they chose.
async fn people_are_free(cast: &Cast) -> Result<()> {
    for Staff { user, client, .. } in cast.staff() {
        let mut me = client.me().await?;
        // Wrap-up is work that outlives the server; the agent finishes it.
        if let Some(id) = wrapping_up(&me) {
            let action = Action::with("wrap-up", json!({ "done": true }));
            client.act(&id, &action).await?;
            me = client.me().await?;
        }
        if !me["conversation"].is_null() {
            let name = &user.username;
            return Err(StageError::Unsound(format!("{name} is left in {}", me["conversation"])));
        }
    }
    let live = cast.admin.live_conversations().await?;
    check(live.iter().map(|one| format!("{} is live, {}", one["id"], one["state"])).collect())
}

fn wrapping_up(me: &Value) -> Option<String> {
    let conversation = &me["conversation"];
    (conversation["state"] == "wrap_up").then(|| text(&conversation["id"]))
}

/// Sends every acknowledged command again, with its key: answered as before, and nothing happens.
async fn repeat(cast: &Cast, commands: &[Acknowledged], records: &[Value]) -> Result<()> {
    let mut wrong = Vec::new();
    for command in commands {
        let answer = command.by.post_once(&command.path, &command.key, command.body.clone()).await?;
        let status = answer.status.as_u16();
        if status != command.status {
            wrong.push(format!("{} again: {status} {}, was {}", command.path, answer.text, command.status));
        } else if id_of(&answer.body)? != command.conversation {
            wrong.push(format!("{} again: another conversation", command.path));
        }
        let other = json!({ "target": { "extension": "999" }, "digits": "1", "note": "another body" });
        let answer = command.by.post_once(&command.path, &command.key, other).await?;
        if answer.status.is_success() {
            wrong.push(format!("{}: the key of another body was taken", command.path));
        }
    }
    let after = cast.admin.list("/v1/voice-calls").await?;
    if after.len() != records.len() {
        wrong.push(format!("{} records became {}", records.len(), after.len()));
    }
    check(wrong)
}

/// The proof that nobody is held by a call that is gone: everybody takes one.
async fn everybody_works(cast: &Cast) -> Result<()> {
    futures::future::try_join_all(cast.desks.iter().map(desk_works)).await?;
    futures::future::try_join_all(cast.wires().into_iter().map(|wires| wires.take())).await.map(drop)
}

async fn desk_works(desk: &Desk) -> Result<()> {
    let customer = desk.customer.dials(&desk.number).await?;
    customer.answered(SOON).await?;
    let agent = desk.agent.wires.rings().await?;
    agent.answer().await?;
    let id = agent.arrived().and_then(|arrived| arrived.header("X-Conversation")).unwrap_or_default();
    let client = &desk.agent.client;
    client.conversation_until(id, "the agent talks again", SOON, |one| one["state"] == "connected").await?;
    let target = crate::stage::client::Target::User(desk.colleague.user.id.clone());
    client.act(id, &Action::consult(&target)).await?;
    let colleague = desk.colleague.wires.rings().await?;
    customer.hang_up().await?;
    agent.ended(SOON).await?;
    colleague.ended(SOON).await?;
    client.conversation_until(id, "the agent wraps up", SOON, |one| one["state"] == "wrap_up").await?;
    client.act(id, &Action::with("wrap-up", json!({ "done": true }))).await?;
    Ok(())
}

async fn rows_are_sound(cast: &Cast) -> Result<()> {
    let rows = Rows::open(&cast.server.database()).await?;
    let settled = until_async("the rows are sound", SOON, || async {
        let wrong = rows.wrong().await.map_err(|error| error.to_string())?;
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    });
    settled.await
}
