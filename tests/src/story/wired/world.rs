//! The world of a wired stage: the server, an administrator, a public network, and everybody's phones.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::{
    Person, SOON,
    hearing::{self, LOOK, SWITCH},
    people::Staff,
    records,
};
use crate::{
    stage::{
        Result, StageError,
        client::{Action, Answer, Client, CoachingMode, NewQueue, NewUser, Target, id_of},
        clock,
        phone::{Call, Phase, Phone, PhoneConfig},
        server::{ADMIN, Server, Setup},
        tone::Pilot,
        wait::until_async,
    },
    story::{Ask, Card, Dialed, Heard, Mode, NewStaff, Record, Setting, To, Touch, World, with_ids},
};

/// Where the public network is: another address of loopback, so that a trunk is told from a desk phone.
pub const NETWORK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
/// How soon an end that the product promises within a second is seen by the phone.
const REVOKED: Duration = Duration::from_secs(1);

pub struct Wired {
    runtime: Handle,
    pub admin: Client,
    pub network: Phone,
    server: tokio::sync::Mutex<Server>,
    sip: SocketAddr,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    people: Vec<Arc<Person>>,
    /// Name -> id, number, extension.
    queues: BTreeMap<String, (String, String, String)>,
    permission_sets: BTreeMap<String, String>,
    /// Name -> number.
    flows: BTreeMap<String, String>,
}

impl Wired {
    pub async fn start(runtime: Handle, setup: Setup) -> Result<Wired> {
        let server = Server::start(setup.key("media.silent_ms", "600")).await?;
        let admin = Client::sign_in(server.http(), ADMIN.0, ADMIN.1).await?;
        let sip = server.sip();
        let mut config = PhoneConfig::trunk("network", sip, Pilot::nth(Pilot::COUNT - 1));
        config.bind = NETWORK;
        let network = Phone::start(config).await?;
        admin.create_trunk("network", network.address()).await?;
        let mut state = State::default();
        for name in ["agent", "supervisor"] {
            let id = admin.built_in_permission_set(name).await?;
            state.permission_sets.insert(name.to_owned(), id);
        }
        let server = tokio::sync::Mutex::new(server);
        Ok(Wired { runtime, admin, network, server, sip, state: Mutex::new(state) })
    }

    pub fn sip(&self) -> SocketAddr {
        self.sip
    }
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
    pub async fn close(&self) -> Result<bool> {
        self.server.lock().await.stop().await
    }
    async fn wrap_up(&self, seconds: u32) -> Result<()> {
        let queues: Vec<String> = self.state().queues.values().map(|(id, _, _)| id.clone()).collect();
        for queue in queues {
            let change = json!({ "wrap_up": { "seconds": seconds } });
            self.admin.patch(&format!("/v1/queues/{queue}"), change).await?;
        }
        Ok(())
    }
    /// Stops the server and starts it again on the same data.
    pub async fn restart(&self) -> Result<()> {
        self.server.lock().await.restart().await
    }
    /// `kill -9`; it comes back with `restart`.
    pub async fn kill(&self) -> Result<()> {
        self.server.lock().await.kill().await
    }
    pub async fn data(&self) -> std::path::PathBuf {
        self.server.lock().await.data().to_owned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn people(&self) -> Vec<Arc<Person>> {
        self.state().people.clone()
    }
    pub fn person(&self, name: &str) -> Arc<Person> {
        let people = self.people();
        people.into_iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name} is not on stage"))
    }
    fn next_pilot(&self) -> Pilot {
        Pilot::nth(self.state().people.len())
    }

    /// The queue's id, public number and extension; the first to name it makes it.
    pub async fn queue(&self, name: &str) -> Result<(String, String, String)> {
        let known = self.state().queues.get(name).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let index = self.state().queues.len();
        let (number, extension) = (format!("+1555020{index:04}"), format!("3{index:02}"));
        let queue = NewQueue { name: name.into(), extension: Some(extension.clone()), ..NewQueue::default() };
        let id = self.admin.create_queue(&queue).await?;
        self.admin.create_number(&number, &id).await?;
        let made = (id, number, extension);
        self.state().queues.insert(name.to_owned(), made.clone());
        Ok(made)
    }

    async fn change_queue(&self, name: &str, change: &Value) -> Result<()> {
        let mut named = Vec::new();
        let _ = with_ids(change, &mut |field, name| {
            named.push((field.to_owned(), name.to_owned()));
            String::new()
        });
        let mut ids = BTreeMap::new();
        for (field, name) in named {
            let id = match field.as_str() {
                "phone_number" => self.person(&name).number.clone().unwrap_or_default(),
                _ => self.queue(&name).await?.0,
            };
            ids.insert(name, id);
        }
        let change = with_ids(change, &mut |_, name| ids[name].clone());
        let id = self.queue(name).await?.0;
        self.admin.patch(&format!("/v1/queues/{id}"), change).await?;
        Ok(())
    }

    async fn add_flow(&self, name: &str, steps: &Value) -> Result<()> {
        let mut ids = BTreeMap::new();
        let mut named = Vec::new();
        let _ = with_ids(steps, &mut |field, name| {
            named.push((field.to_owned(), name.to_owned()));
            String::new()
        });
        for (field, name) in named {
            if ids.contains_key(&(field.clone(), name.clone())) {
                continue;
            }
            let id = if field == "queue_id" {
                self.queue(&name).await?.0
            } else if field == "user_id" {
                self.person(&name).staff.as_ref().map(|staff| staff.user.id.clone()).unwrap_or_default()
            } else {
                let day =
                    if name == "always" { json!([{"from": "00:00", "to": "24:00"}]) } else { json!([]) };
                let mut hours = json!({"name": name.as_str(), "time_zone": "UTC"});
                for weekday in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
                {
                    hours[weekday] = day.clone();
                }
                id_of(&self.admin.post("/v1/business-hours", hours).await?)?.to_owned()
            };
            ids.insert((field, name), id);
        }
        let steps = with_ids(steps, &mut |field, name| ids[&(field.to_owned(), name.to_owned())].clone());
        let flow = self.admin.post("/v1/call-flows", json!({"name": name, "steps": steps})).await?;
        let number = format!("+1555030{:04}", self.state().flows.len());
        let leads = json!({"e164": number.as_str(), "call_flow_id": id_of(&flow)?});
        self.admin.post("/v1/numbers", leads).await?;
        self.state().flows.insert(name.to_owned(), number);
        Ok(())
    }

    async fn add_customer(&self, name: &str, number: Option<&str>) -> Result<()> {
        let pilot = self.next_pilot();
        let any = format!("+1555010{:04}", self.state().people.len());
        let number = number.map(|number| if number.is_empty() { any.clone() } else { number.to_owned() });
        let mut config = PhoneConfig::trunk(number.as_ref().unwrap_or(&any), self.sip, pilot);
        config.bind = NETWORK;
        config.anonymous = number.is_none();
        let phone = Some(Phone::start(config).await?);
        self.join(Person { name: name.into(), pilot, phone, staff: None, number, calls: Default::default() });
        Ok(())
    }

    fn join(&self, person: Person) {
        self.state().people.push(Arc::new(person));
    }

    async fn add_staff(&self, staff: &NewStaff) -> Result<()> {
        let pilot = self.next_pilot();
        let extension = format!("2{:02}", self.state().people.len() + 1);
        let mut queues = Vec::new();
        for queue in &staff.queues {
            queues.push(self.queue(queue).await?.0);
        }
        let sets = self.state().permission_sets.clone();
        let mut permission_sets = vec![sets["agent"].clone()];
        if staff.supervises {
            permission_sets.push(sets["supervisor"].clone());
        }
        let user = NewUser {
            username: staff.name.clone(),
            extension: Some(extension.clone()),
            queues,
            permission_sets,
            ..NewUser::default()
        };
        let user = self.admin.create_user(&user).await?;
        let client = self.admin.as_user(&user).await?;
        let phone =
            Phone::start(PhoneConfig::desk(&user.sip.username, &user.sip.password, self.sip, pilot)).await?;
        if staff.available {
            phone.register().await?;
            client.take_presence("online").await?;
        }
        let (name, phone) = (staff.name.clone(), Some(phone));
        let staff = Some(Staff { user, client, extension });
        self.join(Person { name, pilot, phone, staff, number: None, calls: Default::default() });
        Ok(())
    }

    async fn target(&self, to: &To) -> Result<Target> {
        Ok(match to {
            To::Queue(queue) => Target::Queue(self.queue(queue).await?.0),
            To::Person(name) => {
                let person = self.person(name);
                match (&person.staff, &person.number) {
                    (Some(staff), _) => Target::User(staff.user.id.clone()),
                    (None, Some(number)) => Target::Number(number.clone()),
                    (None, None) => return Err(StageError::NotNow(format!("{name} has no number"))),
                }
            }
        })
    }

    /// As a keypad has it.
    async fn keyed(&self, to: &To) -> Result<String> {
        Ok(match to {
            To::Queue(queue) => self.queue(queue).await?.2,
            To::Person(name) => {
                let person = self.person(name);
                match (&person.staff, &person.number) {
                    (Some(staff), _) => staff.extension.clone(),
                    (None, number) => number.clone().unwrap_or_default(),
                }
            }
        })
    }

    /// Whose eyes see this person's conversation: their own, or the administrator's for somebody outside.
    fn eyes(&self, person: &Person) -> Client {
        person.staff.as_ref().map_or_else(|| self.admin.clone(), |staff| staff.client.clone())
    }

    /// The id of the conversation this person is in, or was in last.
    pub async fn conversation_of(&self, name: &str) -> Result<String> {
        let (person, people) = (self.person(name), self.people());
        if person.staff.is_some() {
            let live = person.live(&self.network, &people).await?;
            let told = person.calls.lock().await;
            let newest = |calls: &[Arc<Call>]| calls.iter().rev().find_map(told_by);
            if let Some(id) = newest(&live).or_else(|| if live.is_empty() { newest(&told) } else { None }) {
                return Ok(id);
            }
        }
        until_async(&format!("{name} is in a conversation"), SOON, || async {
            let found = match &person.staff {
                Some(staff) => {
                    let me = staff.client.me().await.map_err(|error| error.to_string())?;
                    me["conversation"]["id"].as_str().map(str::to_owned)
                }
                None => {
                    let all = self.admin.live_conversations().await.map_err(|error| error.to_string())?;
                    let seen = all.into_iter().find(|seen| live_leg(seen, &person).is_some());
                    seen.and_then(|seen| seen["id"].as_str().map(str::to_owned))
                }
            };
            found.ok_or_else(|| "in none".to_owned())
        })
        .await
    }

    /// Whole numbers are the administrator's to see; a call between colleagues is theirs alone.
    async fn leg_of(&self, name: &str, conversation: &str) -> Result<String> {
        let person = self.person(name);
        let seen = self.eyes(&person).conversation(conversation).await?;
        live_leg(&seen, &person)
            .and_then(|leg| leg["id"].as_str().map(str::to_owned))
            .ok_or_else(|| StageError::NotNow(format!("{name} has no leg in {}", seen["legs"])))
    }

    async fn ask(&self, who: &str, ask: &Ask) -> Result<Result<(), String>> {
        let person = self.person(who);
        let client = self.eyes(&person);
        if let Ask::Call(to) = ask {
            let target = self.target(to).await?;
            let answer = client.try_post("/v1/calls", json!({ "target": target.json() })).await?;
            let refused = refusal(&answer);
            if refused.is_ok() {
                // The caller's own phone answers by itself, and is seen up before the story goes on.
                person.up(&self.network, &self.people()).await?;
            }
            return Ok(refused);
        }
        if let Ask::Prompt(card) = ask {
            let prompts = client.list("/v1/callback-prompts").await?;
            let newest = prompts.last().ok_or_else(|| StageError::NotNow(format!("{who} has no prompt")))?;
            let act = match card {
                Card::Accept => "accept",
                Card::Snooze => "snooze",
                Card::Dismiss => "decline",
                Card::TakeBack => "cancel",
            };
            let path = format!("/v1/callback-prompts/{}/{act}", id_of(newest)?);
            return Ok(refusal(&client.try_post(&path, json!({})).await?));
        }
        let about = match ask {
            Ask::Coach { agent, .. } => agent.as_str(),
            Ask::Retrieve(customer) => customer.as_str(),
            _ => who,
        };
        let id = self.conversation_of(about).await?;
        let answer = match ask {
            Ask::Coach { agent, mode, stays_with_agent } => {
                let leg = self.leg_of(agent, &id).await?;
                let attach_to = if *stays_with_agent { "agent" } else { "conversation" };
                client.start_coaching(&id, coaching(*mode), Some(&leg), attach_to).await?
            }
            Ask::ChangeMode(mode) => client.change_coaching(&id, coaching(*mode)).await?,
            Ask::StopCoaching => client.stop_coaching(&id).await?,
            Ask::TakeOver => client.take_over(&id).await?,
            other => {
                let action = self.action(other, &id).await?;
                client.try_act(&id, &action).await?
            }
        };
        let refused = refusal(&answer);
        if refused.is_ok() && matches!(ask, Ask::Coach { .. } | Ask::Retrieve(_)) {
            person.up(&self.network, &self.people()).await?;
            self.is_connected(&person, &id).await?;
        }
        Ok(refused)
    }

    async fn action(&self, ask: &Ask, conversation: &str) -> Result<Action> {
        let named = async |path: &str, who: &Option<String>| -> Result<Action> {
            let Some(who) = who else { return Ok(Action::plain(path)) };
            let leg = self.leg_of(who, conversation).await?;
            Ok(Action::with(path, json!({ "leg_id": leg })))
        };
        Ok(match ask {
            Ask::Decline => Action::plain("decline"),
            Ask::Hold(who) => named("hold", who).await?,
            Ask::Resume(who) => named("resume", who).await?,
            Ask::Mute(who) => named("mute", who).await?,
            Ask::Unmute(who) => named("unmute", who).await?,
            Ask::Digits(digits) => Action::with("digits", json!({ "digits": digits })),
            Ask::Consult(to) => Action::consult(&self.target(to).await?),
            Ask::Transfer(to) => Action::transfer(&self.target(to).await?),
            Ask::Add(to) => Action::add(&self.target(to).await?),
            Ask::Remove(who) => {
                let leg = self.leg_of(who, conversation).await?;
                Action::plain(&format!("participants/{leg}/remove"))
            }
            Ask::Swap => Action::plain("consult/swap"),
            Ask::Merge => Action::plain("consult/merge"),
            Ask::CompleteTransfer => Action::plain("consult/complete"),
            Ask::CancelConsult => Action::plain("consult/cancel"),
            Ask::Leave => Action::plain("leave"),
            Ask::Park => Action::plain("park"),
            Ask::Retrieve(_) => Action::plain("retrieve"),
            Ask::HangUp => Action::plain("hang-up"),
            Ask::Call(_)
            | Ask::Coach { .. }
            | Ask::ChangeMode(_)
            | Ask::StopCoaching
            | Ask::TakeOver
            | Ask::Prompt(_) => {
                return Err(StageError::NotNow(format!("{ask:?} is asked elsewhere")));
            }
        })
    }

    /// Until the server has heard that this person's phone answered, or the call is over.
    async fn is_connected(&self, person: &Person, conversation: &str) -> Result<()> {
        let eyes = self.eyes(person);
        until_async(&format!("the server knows that {} answered", person.name), SOON, || async {
            let seen = eyes.try_get(&format!("/v1/conversations/{conversation}")).await;
            let seen = seen.map_err(|error| error.to_string())?;
            match live_leg(&seen.body, person).map(|leg| leg["state"].as_str().unwrap_or("")) {
                Some("ringing") => Err(seen.body["legs"].to_string()),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn limit_trunk(&self, calls: u32) -> Result<()> {
        for trunk in self.admin.list("/v1/trunks").await? {
            let path = format!("/v1/trunks/{}", id_of(&trunk)?);
            self.admin.patch(&path, json!({ "max_calls": calls })).await?;
        }
        Ok(())
    }

    async fn touch(&self, who: &str, touch: &Touch) -> Result<Result<(), String>> {
        let (person, people) = (self.person(who), self.people());
        let network = &self.network;
        match touch {
            Touch::Dial(dialed) => return self.dial(&person, dialed).await,
            Touch::Answer => {
                let call = person.ringing(network, &people, SOON).await?;
                let answered = call.answer().await;
                if answered.is_err() && matches!(call.phase(), Phase::Ended(_)) {
                    return Ok(Err("cancelled".into()));
                }
                answered?;
                if let Some(id) = told_by(&call) {
                    self.is_connected(&person, &id).await?;
                }
            }
            Touch::SpeakEarly => person.ringing(network, &people, SOON).await?.early_media().await?,
            Touch::Refuse(status) => person.ringing(network, &people, SOON).await?.refuse(*status).await?,
            Touch::Ignore => person.ringing(network, &people, SOON).await?.refuse(480).await?,
            Touch::HangUp => {
                let live = person.live(network, &people).await?;
                let call = live.last().ok_or_else(|| StageError::NotNow(format!("{who} is in no call")))?;
                call.hang_up().await?;
            }
            Touch::HoldKey => person.up(network, &people).await?.hold().await?,
            Touch::ResumeKey => person.up(network, &people).await?.resume().await?,
            Touch::Refer(to) => {
                let to = self.keyed(to).await?;
                return sip(person.up(network, &people).await?.refer(&to).await);
            }
            Touch::ReferJoining => {
                let live = person.live(network, &people).await?;
                let [first, second] = live.as_slice() else {
                    return Err(StageError::NotNow(format!("{who} has {} calls", live.len())));
                };
                return sip(first.refer_replacing(second).await);
            }
            Touch::Press(digits) => {
                let call = person.up(network, &people).await?;
                call.voice().press(digits);
                // A line that goes takes the key with it.
                until_async("the digits are out", SOON, || async {
                    let over = matches!(call.phase(), Phase::Ended(_));
                    if over || call.voice().pressed() { Ok(()) } else { Err("still pressing") }
                })
                .await?;
            }
            Touch::Break => person.up(network, &people).await?.voice().cut(),
            Touch::Return => person.up(network, &people).await?.voice().mend(),
        }
        Ok(Ok(()))
    }

    async fn dial(&self, person: &Person, dialed: &Dialed) -> Result<Result<(), String>> {
        let to = match dialed {
            Dialed::Queue(queue) => {
                let flow = self.state().flows.get(queue).cloned();
                match flow {
                    Some(number) => number,
                    None => self.queue(queue).await?.1,
                }
            }
            Dialed::Person(name) => self.keyed(&To::Person(name.clone())).await?,
            Dialed::Text(text) => text.clone(),
        };
        let phone = person.phone.as_ref().ok_or_else(|| StageError::NotNow("no phone".into()))?;
        let call = Arc::new(phone.dial(&to).await?);
        person.calls.lock().await.push(call.clone());
        // A queue's music answers; a colleague's phone rings.
        let reached = match dialed {
            Dialed::Queue(_) => call.answered(SOON).await,
            Dialed::Person(_) | Dialed::Text(_) => call.ringing(SOON).await,
        };
        sip(reached)
    }

    /// The ears of everybody in an answered call, against what they shall hear.
    async fn wrong(&self, heard: &Heard) -> Result<Vec<String>> {
        let people = self.people();
        let mut wrong = Vec::new();
        let mut ears = heard.ears();
        for person in &people {
            let live = person.live(&self.network, &people).await?;
            let Some(call) = live.iter().rev().find(|call| call.is_up()) else { continue };
            ears.remove(person.name.as_str());
            if is_cut(call) {
                continue;
            }
            wrong.extend(hearing::wrong_at(person, call, heard, &people));
        }
        wrong.extend(ears.into_iter().map(|name| format!("{name} is in no call")));
        Ok(wrong)
    }

    async fn wait_for_hearing(&self, heard: &Heard) -> Result<()> {
        let end = clock::now() + SWITCH;
        loop {
            let wrong = self.wrong(heard).await?;
            if wrong.is_empty() {
                return Ok(());
            }
            if clock::now() > end {
                return Err(StageError::Unsound(format!("\"{heard}\" expected, but {}", wrong.join("; "))));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The newest answered call of this person.
    pub async fn call_of(&self, name: &str) -> Result<Arc<Call>> {
        self.person(name).up(&self.network, &self.people()).await
    }

    async fn free(&self, who: &str, free: bool) -> Result<()> {
        let (person, people) = (self.person(who), self.people());
        until_async(&format!("{who} is {}in a call", if free { "not " } else { "" }), SOON, || async {
            let live = person.live(&self.network, &people).await.map_err(|error| error.to_string())?;
            let phases: Vec<String> = live.iter().map(|call| format!("{:?}", call.phase())).collect();
            if live.is_empty() == free { Ok(()) } else { Err(phases.join(", ")) }
        })
        .await
    }

    /// Whatever a failed wait says, with what the phones saw and the server wrote.
    #[track_caller]
    fn told<T>(&self, result: Result<T>) -> T {
        match result {
            Ok(done) => done,
            Err(error) => {
                let log = self.runtime.block_on(async { self.server.lock().await.log_tail(40) });
                let traces: String = self.people().iter().map(|person| person.trace()).collect();
                panic!("{error}\n=== the server\n{log}\n=== the phones\n{traces}");
            }
        }
    }
}

/// The conversation that a call to one of staff names itself.
fn told_by(call: &Arc<Call>) -> Option<String> {
    call.arrived().and_then(|arrived| arrived.header("X-Conversation")).map(str::to_owned)
}

/// A cut wire hears nothing whatever the server sends.
fn is_cut(call: &Call) -> bool {
    call.voice().is_cut()
}

fn live_leg<'a>(conversation: &'a Value, person: &Person) -> Option<&'a Value> {
    let legs = conversation["legs"].as_array()?;
    legs.iter().rev().filter(|leg| leg["state"] != "ended").find(|leg| match &person.staff {
        Some(staff) => leg["user_id"] == staff.user.id.as_str(),
        None => leg["user_id"].is_null() && leg["phone_number"].as_str() == person.number.as_deref(),
    })
}

/// A refusal by SIP is an answer, not a failure of the stage.
fn sip(result: Result<()>) -> Result<Result<(), String>> {
    match result {
        Ok(()) => Ok(Ok(())),
        Err(StageError::Refused { status, .. }) => Ok(Err(status.to_string())),
        Err(other) => Err(other),
    }
}

/// A problem's code, or of a state conflict its reason.
fn refusal(answer: &Answer) -> Result<(), String> {
    if answer.status.is_success() {
        return Ok(());
    }
    let code = answer.code();
    let reason = answer.body["reason"].as_str().filter(|_| code == "state_conflict");
    Err(reason.unwrap_or(code).to_owned())
}

fn coaching(mode: Mode) -> CoachingMode {
    match mode {
        Mode::Monitor => CoachingMode::Monitor,
        Mode::Whisper => CoachingMode::Whisper,
        Mode::Barge => CoachingMode::Barge,
    }
}

impl World for Wired {
    fn add_customer(&self, name: &str, number: Option<&str>) {
        self.told(self.runtime.block_on(self.add_customer(name, number)));
    }

    fn add_staff(&self, staff: &NewStaff) {
        self.told(self.runtime.block_on(self.add_staff(staff)));
    }

    fn set(&self, setting: Setting) {
        let change = match setting {
            Setting::TrunkCalls(calls) => {
                return self.told(self.runtime.block_on(self.limit_trunk(calls)));
            }
            Setting::WrapUpSeconds(seconds) => {
                return self.told(self.runtime.block_on(self.wrap_up(seconds)));
            }
            Setting::ConcurrentCalls(calls) => json!({ "limits": { "concurrent_calls": calls } }),
            Setting::HangUpWhileRingingCompletes(yes) => {
                json!({ "agent_hangs_up_while_ringing": if yes { "complete" } else { "recall" } })
            }
            Setting::DirectCallsLogged(yes) => {
                json!({ "direct_internal_calls": if yes { "logged" } else { "ephemeral" } })
            }
            Setting::LostAgentSeconds(seconds) => json!({ "reattach_grace_seconds": seconds }),
        };
        self.told(self.runtime.block_on(self.admin.patch("/v1/settings", change)));
    }

    fn add_flow(&self, name: &str, steps: &Value) {
        self.told(self.runtime.block_on(self.add_flow(name, steps)));
    }

    fn change_queue(&self, name: &str, change: &Value) {
        self.told(self.runtime.block_on(self.change_queue(name, change)));
    }

    // The server plays, and its clock runs.
    fn prompts_end(&self) {}
    fn silence_passes(&self) {}

    fn ask(&self, who: &str, ask: &Ask) -> Result<(), String> {
        self.told(self.runtime.block_on(self.ask(who, ask)))
    }

    fn touch(&self, who: &str, touch: &Touch) -> Result<(), String> {
        self.told(self.runtime.block_on(self.touch(who, touch)))
    }

    #[track_caller]
    fn hears(&self, heard: &Heard) {
        self.told(self.runtime.block_on(self.wait_for_hearing(heard)));
    }

    #[track_caller]
    fn is_free(&self, who: &str, free: bool) {
        self.told(self.runtime.block_on(self.free(who, free)));
    }

    #[track_caller]
    fn rings(&self, who: &str) {
        let (person, people) = (self.person(who), self.people());
        self.told(self.runtime.block_on(person.ringing(&self.network, &people, SOON)));
    }

    #[track_caller]
    fn was_sent(&self, who: &str, digits: &str) {
        let (person, people) = (self.person(who), self.people());
        let sent = async {
            let call = person.up(&self.network, &people).await?;
            let so_far = Mutex::new(String::new());
            until_async("the digits arrive", SOON, || async {
                let mut so_far = so_far.lock().unwrap_or_else(PoisonError::into_inner);
                so_far.push_str(&call.voice().digits());
                if *so_far == digits { Ok(()) } else { Err(so_far.clone()) }
            })
            .await
        };
        self.told(self.runtime.block_on(sent));
    }

    fn is_given_up(&self, who: &str) {
        let (person, people) = (self.person(who), self.people());
        let given_up = async {
            let live = person.live(&self.network, &people).await?;
            match live.iter().find(|call| is_cut(call)) {
                Some(call) => call.ended(SOON).await.map(drop),
                None => Ok(()),
            }
        };
        self.told(self.runtime.block_on(given_up));
    }

    fn revoke_coaching(&self, who: &str) {
        let (person, people) = (self.person(who), self.people());
        let agent = self.state().permission_sets["agent"].clone();
        let revoked = async {
            let call = person.up(&self.network, &people).await?;
            let user = person.staff.as_ref().map(|staff| staff.user.id.clone()).unwrap_or_default();
            let body = json!({ "permission_set_ids": [agent] });
            self.admin.patch(&format!("/v1/users/{user}"), body).await?;
            call.ended(REVOKED).await
        };
        self.told(self.runtime.block_on(revoked));
    }

    fn records(&self, expected: &dyn Fn(&[Record]) -> bool) -> Vec<Record> {
        let people = self.people();
        let queues = self.state().queues.clone();
        let flows = self.state().flows.clone();
        let named = |id: Option<&str>| {
            let of = |person: &&Arc<Person>| match (&person.staff, id) {
                (Some(staff), Some(id)) => staff.user.id == id,
                (None, id) => person.number.as_deref() == id,
                (Some(_), None) => false,
            };
            let queue = || queues.iter().find(|(_, (_, number, _))| Some(number.as_str()) == id);
            match people.iter().find(of) {
                Some(person) => person.name.clone(),
                None => {
                    let flow =
                        flows.iter().find(|(_, number)| Some(number.as_str()) == id).map(|(name, _)| name);
                    let named = queue().map(|(name, _)| name).or(flow);
                    named.cloned().unwrap_or_else(|| "a stranger".to_owned())
                }
            }
        };
        let end = clock::now() + SOON;
        self.told(self.runtime.block_on(async {
            loop {
                let calls = self.admin.list("/v1/voice-calls").await?;
                let records = records::read(&calls, &named);
                if expected(&records) || clock::now() > end {
                    return Ok(records);
                }
                tokio::time::sleep(LOOK).await;
            }
        }))
    }

    fn together(&self, first: &(dyn Fn() + Sync), second: &(dyn Fn() + Sync)) {
        std::thread::scope(|scope| {
            scope.spawn(first);
            second();
        });
    }
}
