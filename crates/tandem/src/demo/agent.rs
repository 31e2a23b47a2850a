//! Agents and specialists: they answer, hold, consult, hand over warm or blind, and wrap up.

use std::time::Duration;

use serde_json::json;
use terms::ConversationId;

use super::{
    desk::{Desk, Over},
    practice::{ESCALATION_EXTENSION, SOLVED},
};

/// How long an idle agent waits before saying again that they are there.
const IDLE: Duration = Duration::from_secs(20);
/// After trouble with the API.
const AGAIN: std::ops::Range<f64> = 1.0..2.0;
/// Asked one after the other until somebody is free.
const SPECIALISTS: [&str; 5] = ["201", "301", "202", "302", ESCALATION_EXTENSION];
/// How often a ringing colleague is looked after, and how often at most.
const LOOK: std::ops::Range<f64> = 0.5..0.8;
const LOOKS_MAX: usize = 30;

/// What an agent does with a call.
#[derive(Clone, Copy, Debug)]
enum Plan {
    /// Asks a specialist, brings all three together, hands over.
    MergeAndHandOver,
    /// Talks it through alone.
    Alone,
    /// Asks a specialist, hands over.
    HandOver,
    /// Looks something up while the customer is on hold.
    Hold,
    /// Asks a specialist and goes back to the customer.
    AskOnly,
    /// Passes the customer on unannounced.
    PassOn,
}

const PLANS: [Plan; 7] = [
    Plan::MergeAndHandOver,
    Plan::Alone,
    Plan::HandOver,
    Plan::Hold,
    Plan::AskOnly,
    Plan::Alone,
    Plan::PassOn,
];

pub(super) struct Agent {
    pub(super) desk: Desk,
    /// Where in the plans this one begins, so that they differ.
    pub(super) calls: usize,
    pub(super) is_specialist: bool,
}

impl Agent {
    /// Works until there is no phone any more.
    pub(super) async fn work(mut self) {
        loop {
            match self.one_call().await {
                Ok(()) | Err(Over::OnHook) => {}
                Err(Over::NoPhone) => return,
                Err(Over::Client(error)) => {
                    tracing::debug!(error.message = %error, "a practice agent starts over");
                    self.desk.rest(AGAIN).await;
                }
            }
        }
    }

    async fn one_call(&mut self) -> Result<(), Over> {
        self.desk.client.be_available().await?;
        let Some(id) = self.desk.rung(IDLE).await? else { return Ok(()) };
        match self.take(id).await {
            Ok(()) | Err(Over::OnHook) => {}
            Err(trouble) => return Err(trouble),
        }
        // Whoever is still on the phone here has nothing more to say.
        while self.desk.is_off_hook() {
            match self.desk.hang_up(id).await {
                Ok(()) | Err(Over::OnHook) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        self.wrap_up(id).await
    }

    async fn take(&mut self, id: ConversationId) -> Result<(), Over> {
        self.desk.talk(1.0..2.0).await?;
        let user_id = self.desk.user_id().await?;
        let role = self.desk.view(id).await?.role_of(&user_id).map(str::to_owned);
        match role.as_deref() {
            Some("agent") if !self.is_specialist => self.lead(id).await,
            _ => self.advise(id, &user_id).await,
        }
    }

    /// A call of one's own, as the next plan wants it.
    async fn lead(&mut self, id: ConversationId) -> Result<(), Over> {
        let plan = PLANS[self.calls % PLANS.len()];
        self.calls += 1;
        self.desk.talk(5.0..8.0).await?;
        match plan {
            Plan::Alone => self.desk.talk(12.0..20.0).await?,
            Plan::Hold => {
                self.desk.act(id, "hold", json!({})).await?;
                self.desk.talk(4.0..7.0).await?;
                self.desk.act(id, "resume", json!({})).await?;
                self.desk.talk(5.0..9.0).await?;
            }
            Plan::PassOn => {
                let extension = SPECIALISTS[self.calls % SPECIALISTS.len()];
                self.desk.act(id, "transfer", json!({"target": {"extension": extension}})).await?;
                // The agent's phone is free at once; where nobody takes the customer, they come back.
                self.desk.talk(20.0..25.0).await?;
            }
            Plan::MergeAndHandOver | Plan::HandOver | Plan::AskOnly => self.consult(id, plan).await?,
        }
        self.desk.hang_up(id).await
    }

    async fn consult(&mut self, id: ConversationId, plan: Plan) -> Result<(), Over> {
        if !self.ask_somebody(id).await? {
            return self.desk.talk(6.0..10.0).await;
        }
        self.desk.talk(5.0..8.0).await?;
        if matches!(plan, Plan::AskOnly) {
            self.desk.act(id, "consult/cancel", json!({})).await?;
            return self.desk.talk(5.0..9.0).await;
        }
        if matches!(plan, Plan::MergeAndHandOver) {
            self.desk.act(id, "consult/merge", json!({})).await?;
            self.desk.talk(5.0..8.0).await?;
        }
        if self.desk.act(id, "consult/complete", json!({})).await?.is_done() {
            self.desk.talk(5.0..6.0).await?;
        }
        Ok(())
    }

    /// Consults the first specialist who is free and answers.
    async fn ask_somebody(&mut self, id: ConversationId) -> Result<bool, Over> {
        for turn in 0..SPECIALISTS.len() {
            let extension = SPECIALISTS[(self.calls + turn) % SPECIALISTS.len()];
            let body = json!({"target": {"extension": extension}, "note": "Could you help with this one?"});
            if !self.desk.act(id, "consult", body).await?.is_done() {
                continue;
            }
            for _ in 0..LOOKS_MAX {
                self.desk.talk(LOOK).await?;
                if self.desk.view(id).await?.has("specialist") {
                    return Ok(true);
                }
            }
            // Refused where the ringing has ended by itself, and then there is nothing to call off.
            self.desk.act(id, "consult/cancel", json!({})).await?;
            return Ok(false);
        }
        Ok(false)
    }

    /// In somebody else's call: stays while they need it, and becomes the agent where the customer is handed over.
    async fn advise(&mut self, id: ConversationId, user_id: &str) -> Result<(), Over> {
        for _ in 0..LOOKS_MAX {
            let view = self.desk.view(id).await?;
            if !view.has("customer") && !view.rings("customer") {
                break;
            }
            if view.role_of(user_id) == Some("agent") {
                self.desk.talk(9.0..15.0).await?;
                break;
            }
            self.desk.talk(1.5..2.5).await?;
        }
        self.desk.hang_up(id).await
    }

    async fn wrap_up(&mut self, id: ConversationId) -> Result<(), Over> {
        self.desk.rest(2.0..4.0).await;
        let result = json!({
            "code_id": SOLVED,
            "resolution": "Solved",
            "notes": "Said goodbye as friends.",
            "done": true,
        });
        // Refused where this call left nothing to wrap up.
        self.desk.act(id, "wrap-up", result).await?;
        Ok(())
    }
}
