//! Supervisors: now and then one listens in, whispers to the agent, and once in a while speaks to both.

use std::time::Duration;

use serde_json::{Value, json};
use terms::ConversationId;

use super::desk::{Desk, Over, text};

/// How long the phone may take to answer by itself.
const ANSWERS: Duration = Duration::from_secs(10);
/// Every so many coachings end in a barge.
const BARGES_EVERY: usize = 3;

pub(super) struct Supervisor {
    pub(super) desk: Desk,
    /// Coachings up to now.
    pub(super) coached: usize,
}

impl Supervisor {
    /// Works until there is no phone any more.
    pub(super) async fn work(mut self) {
        loop {
            match self.one_round().await {
                Ok(true) => self.desk.rest(15.0..25.0).await,
                Ok(false) | Err(Over::OnHook) => self.desk.rest(2.0..3.0).await,
                Err(Over::NoPhone) => return,
                Err(Over::Client(error)) => {
                    tracing::debug!(error.message = %error, "a practice supervisor starts over");
                    self.desk.rest(1.0..2.0).await;
                }
            }
        }
    }

    /// Coaches one call; false when there was none to coach.
    async fn one_round(&mut self) -> Result<bool, Over> {
        let found = self.desk.client.get("/v1/conversations?limit=20").await?.body;
        let Some(id) = coachable(&found) else { return Ok(false) };
        if !self.desk.act(id, "coaching", json!({"mode": "monitor"})).await?.is_done() {
            return Ok(false);
        }
        if self.desk.rung(ANSWERS).await?.is_some() {
            self.coached += 1;
            match self.coach(id).await {
                Ok(()) | Err(Over::OnHook) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        self.desk.client.delete(&path(id)).await?;
        Ok(true)
    }

    async fn coach(&mut self, id: ConversationId) -> Result<(), Over> {
        self.desk.talk(3.0..5.0).await?;
        self.desk.client.patch(&path(id), json!({"mode": "whisper"})).await?;
        self.desk.talk(6.0..9.0).await?;
        if self.coached.is_multiple_of(BARGES_EVERY) {
            self.desk.client.patch(&path(id), json!({"mode": "barge"})).await?;
            self.desk.talk(4.0..6.0).await?;
        }
        Ok(())
    }
}

fn path(id: ConversationId) -> String {
    format!("/v1/conversations/{id}/coaching")
}

/// A call in which an agent and a customer talk, that this supervisor may listen to and nobody coaches yet.
fn coachable(found: &Value) -> Option<ConversationId> {
    let items = found.get("items").and_then(Value::as_array)?;
    let fits = |item: &&Value| {
        text(item, "state") == "connected"
            && item.pointer("/actions/monitor") == Some(&Value::Bool(true))
            && item.get("coaching").and_then(Value::as_array).is_some_and(Vec::is_empty)
    };
    items.iter().find(fits).and_then(|item| text(item, "id").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_coached_when_people_talk_in_it_and_it_is_allowed() {
        let call = |state: &str, monitor: Value, coaching: Value| {
            let id = "00000000-0000-0000-0000-000000000007";
            json!({"items": [{"id": id, "state": state, "actions": {"monitor": monitor}, "coaching": coaching}]})
        };
        let refused = json!({"allowed": false, "reason": "permission monitor is missing"});
        assert_eq!(
            coachable(&call("connected", json!(true), json!([]))),
            Some(ConversationId::from_number(7))
        );
        assert_eq!(coachable(&call("queued", json!(true), json!([]))), None);
        assert_eq!(coachable(&call("connected", refused, json!([]))), None);
        assert_eq!(coachable(&call("connected", json!(true), json!([{}]))), None);
        assert_eq!(coachable(&json!({})), None);
    }
}
