//! A floor of agents and specialists with registered phones, the customers' trunk, and calls between them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use scenarios::stage::{
    client::{Action, Client, CoachingMode, NewQueue, NewUser, Target, User},
    error::{Result, StageError},
    phone::{Call, Phone, PhoneConfig, Reception},
    server::{ADMIN, Server},
    tone::Pilot,
    wait::until_async,
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(20);
/// Lines of the trunk: phones that customers share.
const LINES: usize = 10;
/// What customers dial for an answered call, and for a conversation that stays.
pub(crate) const SHORT: &str = "+15550100";
const LONG: &str = "+15550101";

pub(crate) struct Floor {
    admin: Client,
    lines: Vec<Phone>,
    /// Of the queue behind `SHORT`; their calls are answered and dropped.
    _answering: Vec<Arc<Phone>>,
    queue: String,
    agent_set: String,
    supervisor_set: String,
    sip: SocketAddr,
}

pub(crate) struct Member {
    user: User,
    client: Client,
    phone: Phone,
}

/// Three people who hear each other.
pub(crate) struct Room {
    pub(crate) customer: Call,
    pub(crate) agent: Call,
    pub(crate) specialist: Call,
    id: String,
}

impl Floor {
    /// With so many agents who answer at once and are free again at once.
    pub(crate) async fn open(server: &Server, answering: usize) -> Result<Floor> {
        let admin = Client::sign_in(server.http(), ADMIN.0, ADMIN.1).await?;
        let limits = json!({ "limits": { "concurrent_calls": 5_000 } });
        admin.patch("/v1/settings", limits).await?;
        let sip = server.sip();
        admin.create_trunk("customers", sip).await?;
        let mut queues = Vec::new();
        for (name, number) in [("answered", SHORT), ("stays", LONG)] {
            let queue = NewQueue { name: name.into(), ..NewQueue::default() };
            let id = admin.create_queue(&queue).await?;
            admin.create_number(number, &id).await?;
            queues.push(id);
        }
        let [short, queue] = &queues[..] else { return Err(StageError::Unsound("two queues".into())) };
        let agent_set = admin.built_in_permission_set("agent").await?;
        let supervisor_set = admin.built_in_permission_set("supervisor").await?;
        let mut lines = Vec::new();
        for line in 0..LINES {
            let config = PhoneConfig::trunk(&format!("+1555200{line:04}"), sip, Pilot::nth(0));
            lines.push(Phone::start(PhoneConfig { sound_elsewhere: true, ..config }).await?);
        }
        let mut floor = Floor {
            admin,
            lines,
            _answering: Vec::new(),
            queue: queue.clone(),
            agent_set,
            supervisor_set,
            sip,
        };
        for number in 0..answering {
            let member = floor.join(&format!("answers{number}"), Some(short), false).await?;
            member.client.take_presence("online").await?;
            let phone = Arc::new(member.phone);
            let answers = Arc::clone(&phone);
            tokio::spawn(async move { while answers.next_call(Duration::from_secs(3_600)).await.is_ok() {} });
            floor._answering.push(phone);
        }
        Ok(floor)
    }

    async fn join(&self, name: &str, queue: Option<&str>, supervises: bool) -> Result<Member> {
        let set = if supervises { &self.supervisor_set } else { &self.agent_set };
        let new = NewUser {
            username: name.into(),
            queues: queue.map(str::to_owned).into_iter().collect(),
            permission_sets: vec![set.clone()],
            ..NewUser::default()
        };
        let user = self.admin.create_user(&new).await?;
        let client = self.admin.as_user(&user).await?;
        let config = PhoneConfig::desk(&user.sip.username, &user.sip.password, self.sip, Pilot::nth(0));
        let config =
            PhoneConfig { sound_elsewhere: true, reception: Reception::Answer(Duration::ZERO), ..config };
        let phone = Phone::start(config).await?;
        phone.register().await?;
        Ok(Member { user, client, phone })
    }

    /// A customer calls, is answered, and hangs up.
    pub(crate) async fn short_call(&self, number: usize) -> Result<()> {
        let call = self.lines[number % self.lines.len()].dial(SHORT).await?;
        call.answered(SOON).await?;
        call.hang_up().await
    }

    /// An agent and a specialist for one room.
    pub(crate) async fn pair(&self, number: usize) -> Result<(Member, Member)> {
        let agent = self.join(&format!("agent{number}"), Some(&self.queue), false).await?;
        let specialist = self.join(&format!("specialist{number}"), None, false).await?;
        specialist.client.take_presence("online").await?;
        Ok((agent, specialist))
    }

    /// A customer is answered by the agent, who consults the specialist and merges.
    pub(crate) async fn room(&self, number: usize, agent: &Member, specialist: &Member) -> Result<Room> {
        agent.client.take_presence("online").await?;
        let customer = self.lines[number % self.lines.len()].dial(LONG).await?;
        let call = agent.phone.next_call(SOON).await?;
        customer.answered(SOON).await?;
        let told = call.arrived().and_then(|arrived| arrived.header("X-Conversation"));
        let id = told.ok_or_else(|| StageError::Unsound("no X-Conversation".into()))?.to_owned();
        agent.client.conversation_until(&id, "the agent talks", SOON, |c| c["state"] == "connected").await?;
        agent.client.act(&id, &Action::consult(&Target::User(specialist.user.id.clone()))).await?;
        let target = specialist.phone.next_call(SOON).await?;
        target.answered(SOON).await?;
        until_async("the three are merged", SOON, || async {
            let answer = agent.client.try_act(&id, &Action::plain("consult/merge")).await;
            answer.and_then(|answer| answer.ok("merge")).map_err(|error| error.to_string())
        })
        .await?;
        Ok(Room { customer, agent: call, specialist: target, id })
    }

    /// Somebody who listens to the room.
    pub(crate) async fn monitor(&self, number: usize, room: &Room) -> Result<(Member, Call)> {
        let supervisor = self.join(&format!("supervisor{number}"), None, true).await?;
        let answer =
            supervisor.client.start_coaching(&room.id, CoachingMode::Monitor, None, "conversation").await?;
        answer.ok("monitor")?;
        let call = supervisor.phone.next_call(SOON).await?;
        call.answered(SOON).await?;
        Ok((supervisor, call))
    }
}

impl Member {
    pub(crate) async fn away(&self) -> Result<()> {
        self.client.take_presence("busy").await.map(|_| ())
    }
}

impl Room {
    pub(crate) async fn hang_up(&self) -> Result<()> {
        self.customer.hang_up().await?;
        for call in [&self.agent, &self.specialist] {
            // The server may have been first.
            let _ = call.hang_up().await;
        }
        Ok(())
    }
}
