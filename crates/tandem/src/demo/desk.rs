//! A desk: a practice person with a phone and the API, and what all of them do alike.

use std::time::Duration;

use rand::{Rng, rngs::StdRng};
use serde_json::{Value, json};
use terms::ConversationId;
use tokio::time::{sleep, timeout};

use super::{
    client::{Answer, Client, ClientError},
    phones::OffHook,
};

pub(super) struct Desk {
    pub(super) client: Client,
    pub(super) phone: OffHook,
    pub(super) dice: StdRng,
}

/// Why somebody stops what they were doing in a call.
#[derive(Debug, thiserror::Error)]
pub(super) enum Over {
    #[error("the phone is on the hook")]
    OnHook,
    /// There are no practice phones any more.
    #[error("the phone is gone")]
    NoPhone,
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// A conversation as the API shows it to this person.
pub(super) struct View(Value);

impl View {
    fn legs(&self) -> impl Iterator<Item = &Value> {
        self.0.get("legs").and_then(Value::as_array).into_iter().flatten()
    }

    /// Whether a party with this role is on the wire.
    pub(super) fn has(&self, role: &str) -> bool {
        self.legs()
            .any(|leg| text(leg, "role") == role && ["connected", "held"].contains(&text(leg, "state")))
    }

    /// Whether a party with this role is still being rung.
    pub(super) fn rings(&self, role: &str) -> bool {
        self.legs().any(|leg| text(leg, "role") == role && text(leg, "state") == "ringing")
    }

    /// The part this person has while on the wire.
    pub(super) fn role_of(&self, user_id: &str) -> Option<&str> {
        let own = |leg: &&Value| text(leg, "user_id") == user_id && text(leg, "state") != "ended";
        self.legs().find(own).map(|leg| text(leg, "role"))
    }
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

impl Desk {
    /// Talks for so many seconds, unless the call ends under it.
    pub(super) async fn talk(&mut self, seconds: std::ops::Range<f64>) -> Result<(), Over> {
        let lasts = Duration::from_secs_f64(self.dice.random_range(seconds));
        match timeout(lasts, self.phone.wait_for(Option::is_none)).await {
            Ok(Ok(_)) => Err(Over::OnHook),
            Ok(Err(_)) => Err(Over::NoPhone),
            Err(_) => Ok(()),
        }
    }

    /// Does nothing for so many seconds.
    pub(super) async fn rest(&mut self, seconds: std::ops::Range<f64>) {
        sleep(Duration::from_secs_f64(self.dice.random_range(seconds))).await;
    }

    /// The conversation the phone goes off the hook for; none within the time.
    pub(super) async fn rung(&mut self, within: Duration) -> Result<Option<ConversationId>, Over> {
        match timeout(within, self.phone.wait_for(Option::is_some)).await {
            Ok(Ok(found)) => Ok(*found),
            Ok(Err(_)) => Err(Over::NoPhone),
            Err(_) => Ok(None),
        }
    }

    pub(super) fn is_off_hook(&self) -> bool {
        self.phone.borrow().is_some()
    }

    pub(super) async fn view(&mut self, id: ConversationId) -> Result<View, Over> {
        Ok(View(self.client.get(&format!("/v1/conversations/{id}")).await?.body))
    }

    /// Who this person is, as an id.
    pub(super) async fn user_id(&mut self) -> Result<String, Over> {
        let me = self.client.get("/v1/me").await?;
        Ok(me.body.pointer("/user/id").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Does something in a conversation, like a person at a button; refused is an answer, too.
    pub(super) async fn act(
        &mut self,
        id: ConversationId,
        action: &str,
        body: Value,
    ) -> Result<Answer, Over> {
        Ok(self.client.post(&format!("/v1/conversations/{id}/{action}"), body).await?)
    }

    /// Ends one's part: for everybody where one is alone with the customer.
    pub(super) async fn hang_up(&mut self, id: ConversationId) -> Result<(), Over> {
        if self.is_off_hook() && !self.act(id, "hang-up", json!({})).await?.is_done() {
            self.act(id, "leave", json!({})).await?;
        }
        self.talk(5.0..6.0).await
    }
}
