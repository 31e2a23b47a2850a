//! What everybody does, by dice, and what no phone may see while they do it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use rand::{Rng, rngs::StdRng};
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    Plan, Tally,
    bank::{Bank, Seen},
    evidence::Evidence,
    floor::Floor,
    wire::{State, Who, Wire},
};
use crate::stage::{
    Result, StageError,
    client::{Action, Answer, Target},
    clock,
};

/// No single thing takes this long; the machine may be busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);
/// Past the end of the plan, on a machine that does not keep up.
const LATE_MAX: Duration = Duration::from_secs(300);
const PRESENCE_CHANGES_A_SECOND: u32 = 12;
const LOOK: Duration = Duration::from_millis(200);
const WRONG_MAX: usize = 200;

#[derive(Clone, Debug)]
enum Deed {
    /// The next customer calls.
    Call,
    HangUp(String),
    Answer(String),
    Refuse(String, u16),
    Consult(String),
    /// What becomes of a consult.
    Decide {
        agent: usize,
        conversation: String,
    },
    ChangePresence,
}

enum Told {
    Presence { agent: usize, kind: &'static str, answer: Answer },
    Consult { agent: usize, conversation: String, answer: Answer },
    Decided { agent: usize, conversation: String, answer: Answer },
    Broken(String),
}

/// What is known of an agent from outside.
#[derive(Default)]
struct Desk {
    /// The call that rings or is up.
    call: Option<String>,
    /// The API has answered a change to this status, and no change away from it was asked for since.
    away: Option<&'static str>,
    changing: bool,
}

pub(super) struct Play<'a> {
    bank: Bank,
    floor: &'a Floor,
    plan: Plan,
    dice: &'a mut StdRng,
    desks: Vec<Desk>,
    due: BTreeMap<(Instant, u64), Deed>,
    numbered: u64,
    told: mpsc::Receiver<Told>,
    tell: mpsc::Sender<Told>,
    asking: usize,
    registered: usize,
    /// Calls of customers that have not ended.
    running: usize,
    closing: bool,
    /// Calls that only the server may end now.
    crossed: BTreeSet<String>,
    tally: Tally,
    evidence: Evidence,
    wrong: Vec<String>,
}

impl<'a> Play<'a> {
    pub(super) fn new(bank: Bank, floor: &'a Floor, plan: Plan, dice: &'a mut StdRng) -> Play<'a> {
        let (tell, told) = mpsc::channel(4_096);
        let desks = (0..plan.agents).map(|_| Desk { away: Some("offline"), ..Desk::default() }).collect();
        Play {
            bank,
            floor,
            plan,
            dice,
            desks,
            due: BTreeMap::new(),
            numbered: 0,
            told,
            tell,
            asking: 0,
            registered: 0,
            running: 0,
            closing: false,
            crossed: BTreeSet::new(),
            tally: Tally::default(),
            evidence: Evidence::default(),
            wrong: Vec::new(),
        }
    }

    pub(super) fn verdict(self) -> (Tally, Evidence, Vec<String>) {
        (self.tally, self.evidence, self.wrong)
    }

    /// Every desk registers, some at a time.
    pub(super) async fn register(&mut self) -> Result<()> {
        let end = clock::now() + PATIENCE;
        for first in (0..self.plan.agents).step_by(50) {
            let last = (first + 50).min(self.plan.agents);
            (first..last).for_each(|agent| self.bank.register(agent));
            self.until("the desks are registered", end, |play| play.registered >= last).await?;
        }
        Ok(())
    }

    /// Four in ten take calls at first.
    pub(super) async fn opens(&mut self) -> Result<()> {
        let end = clock::now() + PATIENCE;
        for agent in 0..self.plan.agents {
            if self.dice.random_range(0..10) < 4 {
                self.change_presence(agent, "online");
                self.until("people come online", end, |play| play.asking < 16).await?;
            }
        }
        self.until("people are online", end, |play| play.asking == 0).await
    }

    pub(super) async fn goes_on(&mut self) -> Result<()> {
        let began = clock::now();
        self.at(Duration::ZERO, Deed::Call);
        self.at(Duration::ZERO, Deed::ChangePresence);
        let (lasts, customers) = (self.plan.lasts, self.plan.customers);
        self.until("everybody has called", began + lasts + LATE_MAX, |play| {
            play.wrong.len() >= WRONG_MAX || (clock::now() >= began + lasts && play.tally.calls >= customers)
        })
        .await?;
        self.closing = true;
        Ok(())
    }

    /// Everybody hangs up in their own time; nothing may be left.
    pub(super) async fn ends(&mut self) -> Result<()> {
        let end = clock::now() + PATIENCE;
        let quiet = |play: &mut Play<'_>| play.running == 0 && play.asking == 0 && play.is_quiet();
        let ended = self.until("every phone is free again", end, quiet).await;
        if let Err(error) = ended {
            self.note(error.to_string());
            let left = self.desks.iter().enumerate().filter_map(|(n, desk)| Some((n, desk.call.as_ref()?)));
            let left: Vec<String> = left
                .map(|(agent, call)| {
                    let wire = self.bank.wires.get(call);
                    let told = wire.map(|w| (w.state, w.conversation.clone()));
                    format!("agent{agent} is left in {call}, {told:?}")
                })
                .collect();
            left.into_iter().for_each(|text| self.note(text));
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        let staff = |wire: &Wire| matches!(wire.who, Who::Staff(_)) && wire.state != State::Ended;
        self.desks.iter().all(|desk| desk.call.is_none()) && !self.bank.wires.values().any(staff)
    }

    fn note(&mut self, wrong: String) {
        self.wrong.push(wrong);
    }

    fn at(&mut self, after: Duration, deed: Deed) {
        self.numbered += 1;
        self.due.insert((clock::now() + after, self.numbered), deed);
    }
    fn soon(&mut self, from_ms: u64, to_ms: u64) -> Duration {
        Duration::from_millis(self.dice.random_range(from_ms..to_ms))
    }

    /// Lets things happen until `done`.
    async fn until(
        &mut self,
        what: &str,
        end: Instant,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> Result<()> {
        while !done(self) {
            let now = clock::now();
            if now >= end {
                let seen = format!("{:?}, {} calls run, {} requests", self.tally, self.running, self.asking);
                return Err(StageError::too_late(what, PATIENCE, seen));
            }
            let first = self.due.keys().next().map(|(at, _)| *at);
            let wake = [first, self.bank.next_due(), Some(now + LOOK)].into_iter().flatten().min();
            let wake = wake.unwrap_or(now + LOOK);
            tokio::select! {
                biased;
                told = self.told.recv() => if let Some(told) = told { self.hear(told) },
                got = tokio::time::timeout_at(wake.into(), self.bank.receive()) => {
                    if let Ok(datagram) = got {
                        self.bank.take(&datagram?);
                    }
                }
            }
            let now = clock::now();
            self.bank.turn(now);
            while let Some(seen) = self.bank.seen() {
                self.see(seen);
            }
            while let Some(((at, number), deed)) = self.due.pop_first() {
                if at > now {
                    self.due.insert((at, number), deed);
                    break;
                }
                self.act(deed);
            }
        }
        Ok(())
    }

    // What people do.

    fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Call => self.call(),
            Deed::HangUp(call) if self.crossed.contains(&call) => {}
            Deed::HangUp(call) => self.bank.hang_up(&call),
            Deed::Answer(call) if self.has_other(&call) => self.at(LOOK, Deed::Answer(call)),
            Deed::Answer(call) => self.bank.answer(&call),
            Deed::Refuse(call, status) => {
                self.tally.declined += 1;
                self.bank.refuse(&call, status);
            }
            Deed::Consult(call) => self.consult(&call),
            Deed::Decide { agent, conversation } => self.decide(agent, conversation),
            Deed::ChangePresence => self.somebody_changes(),
        }
    }

    fn call(&mut self) {
        if self.closing {
            return;
        }
        if self.running < self.plan.at_once {
            let customer = self.tally.calls;
            self.tally.calls += 1;
            self.running += 1;
            let queue = self.dice.random_range(0..self.floor.queues.len());
            let call = self.bank.dial(customer, &self.floor.queues[queue].number);
            // Some leave at once, some stay until the agent has had enough.
            let patience =
                if self.dice.random_range(0..8) == 0 { self.soon(1, 300) } else { self.soon(1_000, 15_000) };
            self.at(patience, Deed::HangUp(call));
        }
        self.at(Duration::from_secs(1) / self.plan.calls_a_second, Deed::Call);
    }

    fn rings(&mut self, call: String) {
        self.tally.rings += 1;
        let Some(wire) = self.bank.wires.get(&call) else { return };
        let Who::Staff(agent) = wire.who else { return };
        self.evidence.ring(agent, &wire.conversation);
        if let Some(other) = self.desks[agent].call.replace(call.clone()) {
            // The records say that the other one was over when this one rang, and the server lets that phone know.
            self.tally.crossed += 1;
            self.crossed.insert(other);
        }
        if self.desks[agent].away.is_some() {
            // It rang before they left, and is taken back or rings out.
            self.tally.crossed += 1;
            return;
        }
        let deed = match self.dice.random_range(0..100) {
            0..4 => Deed::Refuse(call, 486),
            4..8 => Deed::Refuse(call, 603),
            8..10 => {
                self.tally.rung_out += 1;
                return;
            }
            _ => Deed::Answer(call),
        };
        let after = if self.dice.random_range(0..4) == 0 { self.soon(0, 20) } else { self.soon(100, 1_500) };
        self.at(after, deed);
    }

    /// Nobody takes a second call while the first is still on their phone.
    fn has_other(&self, call: &str) -> bool {
        let Some(Who::Staff(agent)) = self.bank.wires.get(call).map(|wire| wire.who) else { return false };
        self.crossed.iter().any(|other| {
            let wire = self.bank.wires.get(other);
            wire.is_some_and(|wire| wire.who == Who::Staff(agent) && wire.state != State::Ended)
        })
    }

    fn is_up(&mut self, call: String) {
        let Some(Who::Staff(agent)) = self.bank.wires.get(&call).map(|wire| wire.who) else { return };
        self.tally.answered += 1;
        if self.floor.agents[agent].client.is_some() && self.dice.random_range(0..4) > 0 {
            let after = self.soon(50, 800);
            self.at(after, Deed::Consult(call.clone()));
        }
        let after = self.soon(300, 6_000);
        self.at(after, Deed::HangUp(call));
    }

    fn see(&mut self, seen: Seen) {
        match seen {
            Seen::Registered(_) => self.registered += 1,
            Seen::Refused { member, status } => {
                self.note(format!("agent{member} could not register: {status}"));
            }
            Seen::Rings(call) => self.rings(call),
            Seen::Progress(call) => self.progress(&call),
            Seen::Up(call) => {
                self.progress(&call);
                self.is_up(call);
            }
            Seen::Withdrawn(call) => self.released(&call),
            Seen::Ended { call, status } => {
                if let Some(Who::Customer(_)) = self.bank.wires.get(&call).map(|wire| wire.who) {
                    self.running -= 1;
                    if status >= 500 {
                        self.note(format!("a customer was refused with {status}"));
                    }
                }
                self.released(&call);
            }
            Seen::Unanswered(what) => self.note(format!("nobody answered {what}")),
        }
    }

    fn progress(&mut self, call: &str) {
        let Some(wire) = self.bank.wires.get_mut(call) else { return };
        if matches!(wire.who, Who::Customer(_)) && !std::mem::replace(&mut wire.counted, true) {
            self.tally.let_in += 1;
        }
    }

    fn released(&mut self, call: &str) {
        if let Some(Who::Staff(agent)) = self.bank.wires.get(call).map(|wire| wire.who)
            && self.desks[agent].call.as_deref() == Some(call)
        {
            self.desks[agent].call = None;
        }
    }

    // What people ask the API for.

    fn ask(&mut self, asked: impl Future<Output = Result<Told>> + Send + 'static) {
        self.asking += 1;
        let tell = self.tell.clone();
        tokio::spawn(async move {
            let told = asked.await.unwrap_or_else(|error| Told::Broken(error.to_string()));
            // The play may have been broken off.
            let _ = tell.send(told).await;
        });
    }

    fn somebody_changes(&mut self) {
        if self.closing {
            return;
        }
        let agent = self.dice.random_range(0..self.plan.agents);
        let kind = match self.dice.random_range(0..10) {
            0..5 => "online",
            5..7 => "busy",
            7..9 => "dnd",
            _ => "offline",
        };
        self.change_presence(agent, kind);
        self.at(Duration::from_secs(1) / PRESENCE_CHANGES_A_SECOND, Deed::ChangePresence);
    }

    fn change_presence(&mut self, agent: usize, kind: &'static str) {
        let desk = &mut self.desks[agent];
        if std::mem::replace(&mut desk.changing, true) {
            return;
        }
        if kind == "online" {
            // From the asking on they may be rung.
            desk.away = None;
        }
        self.tally.presence_changes += 1;
        let who = &self.floor.agents[agent];
        let body = json!({ "status_id": self.floor.status(kind) });
        let (client, path) = match &who.client {
            Some(client) => (client.clone(), "/v1/me/presence".to_owned()),
            None => (self.floor.admin.clone(), format!("/v1/users/{}/presence", who.id)),
        };
        self.ask(async move {
            let answer = client.send(reqwest::Method::PUT, &path, body).await?;
            Ok(Told::Presence { agent, kind, answer })
        });
    }

    fn consult(&mut self, call: &str) {
        let Some(wire) = self.bank.wires.get(call).filter(|wire| wire.state == State::Up) else { return };
        let Who::Staff(agent) = wire.who else { return };
        let conversation = wire.conversation.clone();
        let Some(client) = self.floor.agents[agent].client.clone() else { return };
        let target = if self.dice.random_range(0..4) == 0 {
            Target::Queue(self.floor.queues[self.dice.random_range(0..self.floor.queues.len())].id.clone())
        } else {
            Target::User(self.floor.agents[self.dice.random_range(0..self.plan.agents)].id.clone())
        };
        self.tally.consults += 1;
        self.ask(async move {
            let answer = client.try_act(&conversation, &Action::consult(&target)).await?;
            Ok(Told::Consult { agent, conversation, answer })
        });
    }

    fn decide(&mut self, agent: usize, conversation: String) {
        let Some(client) = self.floor.agents[agent].client.clone() else { return };
        let path = ["consult/complete", "consult/cancel", "consult/merge"][self.dice.random_range(0..3)];
        self.ask(async move {
            let answer = client.try_act(&conversation, &Action::plain(path)).await?;
            Ok(Told::Decided { agent, conversation, answer })
        });
    }

    fn hear(&mut self, told: Told) {
        self.asking -= 1;
        match told {
            Told::Presence { agent, kind, answer } => {
                self.desks[agent].changing = false;
                if !answer.status.is_success() {
                    // Whether it took effect is not known.
                    self.desks[agent].away = None;
                    return self.note(format!("agent{agent} to {kind}: {} {}", answer.status, answer.text));
                }
                self.desks[agent].away = (kind != "online").then_some(kind);
                self.evidence.chose(agent, kind);
            }
            Told::Consult { agent, conversation, answer } if answer.status.is_success() => {
                let after = self.soon(200, 2_500);
                self.at(after, Deed::Decide { agent, conversation });
            }
            Told::Consult { agent, conversation, answer } => {
                self.tally.consults_refused += 1;
                self.refused(agent, conversation, "a consult", answer);
            }
            Told::Decided { answer, .. } if answer.status.is_success() => {}
            Told::Decided { agent, conversation, answer } => {
                self.refused(agent, conversation, "after a consult", answer);
            }
            Told::Broken(text) => self.note(text),
        }
    }

    /// Right where somebody was faster: the colleague is not to be had, or the conversation has gone on without this agent.
    fn refused(&mut self, agent: usize, conversation: String, what: &str, answer: Answer) {
        let code = answer.code().to_owned();
        let reason = answer.body["reason"].as_str().map(|reason| format!(" {reason}")).unwrap_or_default();
        let lacks_permission = !answer.body["missing_permission"].is_null();
        match (answer.status.as_u16(), code.as_str()) {
            (403, "not_allowed") | (404, "not_found") if !lacks_permission => {
                self.evidence.outside(agent, conversation, answer.text);
            }
            (409, "target_busy" | "target_offline" | "state_conflict") => {}
            (status, _) => return self.note(format!("{what} of agent{agent}: {status} {}", answer.text)),
        }
        *self.tally.refused.entry(format!("{code}{reason}")).or_default() += 1;
    }
}
