//! The organization of the crowd: queues of every kind, agents with skills, the trunk that customers come from.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use super::{Plan, bank::Bank};
use crate::stage::{
    Result,
    client::{Client, PASSWORD, id_of},
    server::{ADMIN, Server},
    wait::until_async,
};

/// Requests to set things up that run at one time.
const AT_ONCE: usize = 24;
/// Sign-ins cost a hash each; the server gives up on a request that a busy machine does not get out in time.
const SIGN_INS_AT_ONCE: usize = 4;
/// Sign-ins come one after another here, and one may be late.
const SOON: Duration = Duration::from_secs(60);
const QUEUES: usize = 8;
const SKILLS: usize = 4;
const MODELS: [&str; 5] = ["longest_idle", "least_active", "most_available", "best_skill", "fewest_skills"];

pub(super) struct Queue {
    pub id: String,
    pub number: String,
}

pub(super) struct Agent {
    pub id: String,
    /// For those who consult; the administrator moves the others.
    pub client: Option<Client>,
}

pub(super) struct Floor {
    pub admin: Client,
    pub queues: Vec<Queue>,
    pub agents: Vec<Agent>,
    /// Kind and id of the presence statuses: online, busy, dnd, offline.
    pub statuses: Vec<(String, String)>,
}

impl Floor {
    pub(super) async fn open(
        server: &Server,
        plan: &Plan,
        bank: &mut Bank,
        dice: &mut StdRng,
    ) -> Result<Floor> {
        let admin = Client::sign_in(server.http(), ADMIN.0, ADMIN.1).await?;
        admin.patch("/v1/settings", json!({ "limits": { "concurrent_calls": 20_000 } })).await?;
        admin.create_trunk("customers", bank.network()?).await?;
        let skills = created(
            &admin,
            "/v1/skills",
            (0..SKILLS).map(|n| json!({ "name": format!("skill {n}") })).collect(),
        );
        let skills: Vec<String> = skills.await?.iter().map(id_of).collect::<Result<_>>()?;
        let queues = queues(&admin, &skills).await?;
        let statuses = admin.list("/v1/presence-statuses").await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let statuses = statuses.iter().map(|one| (text(&one["kind"]), text(&one["id"]))).collect();
        let agents = agents(&admin, plan, bank, dice, &skills, &queues).await?;
        Ok(Floor { admin, queues, agents, statuses })
    }

    pub(super) fn status(&self, kind: &str) -> &str {
        self.statuses.iter().find(|(known, _)| known == kind).map_or("", |(_, id)| id)
    }
}

async fn created(admin: &Client, path: &str, bodies: Vec<Value>) -> Result<Vec<Value>> {
    let making = bodies.into_iter().map(|body| admin.post(path, body));
    futures::stream::iter(making).buffered(AT_ONCE).try_collect().await
}

/// Every model; steps that relax, wrap-up, short rings and overflow in some.
async fn queues(admin: &Client, skills: &[String]) -> Result<Vec<Queue>> {
    let mut queues: Vec<Queue> = Vec::new();
    for index in 0..QUEUES {
        let mut routing = json!({
            "model": MODELS[index % MODELS.len()],
            "priority": 1 + index % 3,
            "push_timeout_seconds": if index % 4 == 1 { 3 } else { 20 },
        });
        if index % 3 == 2 {
            let wanted = |level: u8| json!({ "all": [{ "skill_id": skills[index % SKILLS], "level": level }], "expiry_seconds": 2 });
            routing["steps"] = json!([wanted(7), wanted(3)]);
        }
        if index == 5 {
            routing["max_wait_seconds"] = 5.into();
            routing["overflow"] = json!({ "kind": "queue", "queue_id": queues[0].id });
        }
        let body = json!({
            "name": format!("queue {index}"),
            "kind": "customer",
            "routing": routing,
            "wrap_up": { "seconds": index % 2, "max_extensions": 0 },
        });
        let id = id_of(&admin.post("/v1/queues", body).await?)?;
        let number = format!("+155502{index:04}");
        let answer = if index % 2 == 0 { "on_agent" } else { "on_flow" };
        admin.post("/v1/numbers", json!({ "e164": number, "queue_id": id, "answer": answer })).await?;
        queues.push(Queue { id, number });
    }
    Ok(queues)
}

async fn agents(
    admin: &Client,
    plan: &Plan,
    bank: &mut Bank,
    dice: &mut StdRng,
    skills: &[String],
    queues: &[Queue],
) -> Result<Vec<Agent>> {
    let permitted = admin.built_in_permission_set("agent").await?;
    let mut bodies = Vec::new();
    for number in 0..plan.agents {
        let (user, secret) = (format!("agent{number}"), format!("secret-{:x}", dice.random::<u64>()));
        bank.join(&user, &secret);
        let signs_in = number < plan.consulting;
        let served: Vec<&Queue> = queues.choose_multiple(dice, 3).collect();
        let queue = |queue: &&Queue| {
            let delay = u32::from(number % 5 == 0);
            json!({ "queue_id": queue.id, "priority": 1 + number % 2, "delay_seconds": delay })
        };
        let held: Vec<Value> = skills
            .choose_multiple(dice, 2)
            .map(|skill| json!({ "skill_id": skill, "level": 1 + number % 10 }))
            .collect();
        bodies.push(json!({
            "username": user,
            "display_name": user,
            "password": signs_in.then_some(PASSWORD),
            "skills": held,
            "queues": served.iter().map(queue).collect::<Vec<_>>(),
            "permission_set_ids": [permitted],
            "phone": { "kind": "desk_phone" },
            "sip": { "username": user, "password": secret },
        }));
    }
    let made = created(admin, "/v1/users", bodies).await?;
    let agent = |(number, user): (usize, Value)| async move {
        let id = id_of(&user)?;
        if number >= plan.consulting {
            return Ok(Agent { id, client: None });
        }
        let signed_in = until_async("an agent signs in", SOON, || async {
            Client::sign_in(admin.server(), &format!("agent{number}"), PASSWORD)
                .await
                .map_err(|error| error.to_string())
        })
        .await?;
        // One pool of connections for all.
        Ok(Agent { id, client: Some(admin.with_token(signed_in.token().map(str::to_owned))) })
    };
    futures::stream::iter(made.into_iter().enumerate().map(agent))
        .buffered(SIGN_INS_AT_ONCE)
        .try_collect()
        .await
}
