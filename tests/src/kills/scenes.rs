//! The phases of a call that a kill may meet, each reached as people reach it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    SOON,
    cast::{Desk, Staff},
    ledger::Ledger,
    wires::Wires,
};
use crate::stage::{
    Result, StageError,
    client::{Action, Client, Target},
    phone::Call,
    wait::until_async,
};

/// Hold and resume so often at most: the kill ends it.
const FIDGETS: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    Queued,
    Ringing,
    Connected,
    Held,
    ConsultRinging,
    ConsultPrivate,
    ConsultSwapped,
    Merged,
    WarmTransferred,
    TransferRinging,
    Coached,
    WrapUp,
    Parked,
    Direct,
    Outbound,
    Over,
}

/// What one scene plays with.
pub struct Stage {
    pub desk: Desk,
    pub admin: Client,
    pub supervisor: Staff,
    pub network: Arc<Wires>,
    pub nobody: String,
    pub ledger: Arc<Ledger>,
    /// Commands go on until the kill.
    pub fidgets: bool,
}

/// A customer and an agent who hear each other.
struct Talk {
    id: String,
    customer: Arc<Call>,
}

impl Scene {
    pub const ALL: [Scene; 16] = [
        Scene::Queued,
        Scene::Ringing,
        Scene::Connected,
        Scene::Held,
        Scene::ConsultRinging,
        Scene::ConsultPrivate,
        Scene::ConsultSwapped,
        Scene::Merged,
        Scene::WarmTransferred,
        Scene::TransferRinging,
        Scene::Coached,
        Scene::WrapUp,
        Scene::Parked,
        Scene::Direct,
        Scene::Outbound,
        Scene::Over,
    ];

    pub async fn play(self, on: &Stage) -> Result<()> {
        match self {
            Scene::Queued => on.queued().await,
            Scene::Direct => on.direct().await,
            Scene::Outbound => on.outbound().await,
            Scene::Ringing => {
                let id = on.rings().await?.0;
                on.stands(&on.admin, &id, self, "offering").await
            }
            other => on.with_a_customer(other).await,
        }
    }
}

impl Stage {
    async fn queued(&self) -> Result<()> {
        self.desk.customer.dials(&self.nobody).await?.answered(SOON).await?;
        let id = self.of_the_customer().await?;
        self.stands(&self.admin, &id, Scene::Queued, "queued").await
    }

    /// The customer's conversation, as the administrator finds it.
    async fn of_the_customer(&self) -> Result<String> {
        until_async("the customer's conversation", SOON, || async {
            let live = self.admin.live_conversations().await.map_err(|error| error.to_string())?;
            let of_the_customer = |leg: &Value| {
                leg["phone_number"] == self.desk.customer_number.as_str() && leg["state"] != "ended"
            };
            let theirs = |one: &&Value| one["legs"].as_array().into_iter().flatten().any(of_the_customer);
            let found = live.iter().find(theirs).and_then(|one| one["id"].as_str().map(str::to_owned));
            found.ok_or_else(|| format!("{} others", live.len()))
        })
        .await
    }

    /// The customer has called, and the agent's phone rings.
    async fn rings(&self) -> Result<(String, Arc<Call>, Arc<Call>)> {
        let customer = self.desk.customer.dials(&self.desk.number).await?;
        customer.answered(SOON).await?;
        let agent = self.desk.agent.wires.rings().await?;
        Ok((told_by(&agent)?, customer, agent))
    }

    async fn talk(&self) -> Result<Talk> {
        let (id, customer, agent) = self.rings().await?;
        agent.answer().await?;
        self.reaches(&self.admin, &id, "connected").await?;
        Ok(Talk { id, customer })
    }

    async fn with_a_customer(&self, scene: Scene) -> Result<()> {
        let talk = self.talk().await?;
        let id = talk.id.as_str();
        let state = match scene {
            Scene::Held => {
                self.act(id, Action::plain("hold")).await?;
                "connected"
            }
            Scene::ConsultRinging => {
                self.act(id, Action::consult(&self.colleague())).await?;
                self.desk.colleague.wires.rings().await?;
                "consulting"
            }
            Scene::ConsultPrivate | Scene::ConsultSwapped | Scene::Merged | Scene::WarmTransferred => {
                self.consult(id).await?;
                self.after_the_consult(id, scene).await?
            }
            Scene::TransferRinging => {
                self.act(id, Action::transfer(&self.colleague())).await?;
                self.desk.colleague.wires.rings().await?;
                "offering"
            }
            Scene::Coached => {
                self.coach(id).await?;
                "connected"
            }
            Scene::WrapUp => {
                talk.customer.hang_up().await?;
                "wrap_up"
            }
            Scene::Over => {
                talk.customer.hang_up().await?;
                self.reaches(&self.admin, id, "wrap_up").await?;
                self.act(id, Action::with("wrap-up", json!({ "done": true }))).await?;
                "ended"
            }
            Scene::Parked => {
                self.act(id, Action::plain("park")).await?;
                "parked"
            }
            _ => "connected",
        };
        self.stands(&self.admin, id, scene, state).await?;
        if self.fidgets && scene == Scene::Connected {
            for _ in 0..FIDGETS {
                self.act(id, Action::plain("hold")).await?;
                self.act(id, Action::plain("resume")).await?;
            }
        }
        Ok(())
    }

    async fn consult(&self, id: &str) -> Result<()> {
        self.act(id, Action::consult(&self.colleague())).await?;
        self.desk.colleague.wires.rings().await?.answer().await?;
        let colleague = self.desk.colleague.user.id.as_str();
        let connected = |leg: &Value| leg["user_id"] == colleague && leg["state"] == "connected";
        let answered = |one: &Value| one["legs"].as_array().into_iter().flatten().any(connected);
        let told =
            self.admin.conversation_until(id, "the colleague is in the consult", SOON, answered).await?;
        self.ledger.tells(&told);
        Ok(())
    }

    async fn after_the_consult(&self, id: &str, scene: Scene) -> Result<&'static str> {
        Ok(match scene {
            Scene::ConsultSwapped => {
                self.act(id, Action::plain("consult/swap")).await?;
                "consulting"
            }
            Scene::Merged => {
                self.act(id, Action::plain("consult/merge")).await?;
                "conference"
            }
            Scene::WarmTransferred => {
                self.act(id, Action::plain("consult/complete")).await?;
                "connected"
            }
            _ => "consulting",
        })
    }

    async fn coach(&self, id: &str) -> Result<()> {
        let supervisor = &self.supervisor;
        let body = json!({ "mode": "monitor", "attach_to": "conversation" });
        let path = format!("/v1/conversations/{id}/coaching");
        let told = self.ledger.command(&supervisor.client, &path, body);
        let (told, call) = futures::join!(told, supervisor.wires.rings());
        told?;
        // The supervisor's phone answers by itself.
        call?.answered(SOON).await?;
        let own = supervisor.user.id.as_str();
        let connected = |leg: &Value| leg["user_id"] == own && leg["state"] == "connected";
        let up = |one: &Value| one["legs"].as_array().into_iter().flatten().any(connected);
        self.admin.conversation_until(id, "the supervisor is connected", SOON, up).await?;
        let change = supervisor
            .client
            .change_coaching(id, crate::stage::client::CoachingMode::Whisper)
            .await?
            .ok("whisper")?;
        self.ledger.tells(&change);
        Ok(())
    }

    async fn direct(&self) -> Result<()> {
        let agent = &self.desk.agent;
        let id = self.place(&self.colleague()).await?;
        self.desk.colleague.wires.rings().await?.answer().await?;
        self.stands(&agent.client, &id, Scene::Direct, "connected").await
    }

    async fn outbound(&self) -> Result<()> {
        let id = self.place(&Target::Number("+15550300001".into())).await?;
        self.network.rings().await?.answer().await?;
        self.stands(&self.desk.agent.client, &id, Scene::Outbound, "connected").await
    }

    /// The agent calls somebody; their own phone answers by itself.
    async fn place(&self, target: &Target) -> Result<String> {
        let agent = &self.desk.agent;
        let body = json!({ "target": target.json() });
        let (told, own) =
            futures::join!(self.ledger.command(&agent.client, "/v1/calls", body), agent.wires.rings());
        let id = crate::stage::client::id_of(&told?)?;
        own?.answered(SOON).await?;
        Ok(id)
    }

    fn colleague(&self) -> Target {
        Target::User(self.desk.colleague.user.id.clone())
    }

    /// The agent does something.
    async fn act(&self, id: &str, action: Action) -> Result<()> {
        let path = format!("/v1/conversations/{id}/{}", action.path);
        self.ledger.command(&self.desk.agent.client, &path, action.body).await.map(drop)
    }

    async fn reaches(&self, eyes: &Client, id: &str, state: &str) -> Result<Value> {
        let what = format!("the conversation is {state}");
        let seen = eyes.conversation_until(id, &what, SOON, |one| one["state"] == state).await?;
        self.ledger.tells(&seen);
        Ok(seen)
    }

    async fn stands(&self, eyes: &Client, id: &str, scene: Scene, state: &str) -> Result<()> {
        let seen = self.reaches(eyes, id, state).await?;
        self.ledger.stands_still(&seen, &format!("{scene:?}"));
        Ok(())
    }
}

/// The conversation that a call to one of staff names itself.
fn told_by(call: &Call) -> Result<String> {
    let named = call.arrived().and_then(|arrived| arrived.header("X-Conversation"));
    named.map(str::to_owned).ok_or_else(|| StageError::Unsound("an offer that names no conversation".into()))
}
