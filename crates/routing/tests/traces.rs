//! The recorded traces, row for row, through the public door.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use routing::{
    Agent, ClaimKind, Decision, Input, ItemId, Membership, Queue, Refusal, RevokeReason, Router, SkillLevel,
    Status, StatusKind, Step, Target, WorkItem, WrapUp,
};
use serde_json::{Value, json};
use terms::{ConversationId, OfferId, PresenceStatusId, QueueId, SkillId, Timestamp, UserId};

const TRACES: &str = include_str!("data/routing_traces.json");

/// Traces that need more than voice: other channels' capacity, and prompts.
const NOT_YET: [&str; 4] = [
    "capacity_interruptible",
    "least_active_vs_most_available_MA",
    "prompt_expires",
    "two_prompts_one_target",
];

/// A name as a number of the same order.
fn number(name: &str) -> u128 {
    name.bytes().chain(std::iter::repeat(0)).take(16).fold(0, |number, byte| number << 8 | u128::from(byte))
}
fn name(number: u128) -> String {
    String::from_utf8(number.to_be_bytes().into_iter().filter(|byte| *byte != 0).collect()).unwrap()
}
fn user(name: &str) -> UserId {
    UserId::from_number(number(name))
}
fn conversation(name: &str) -> ConversationId {
    ConversationId::from_number(number(name))
}
fn status(word: &str) -> Status {
    let kind: StatusKind = serde_json::from_value(json!(word)).unwrap();
    Status { id: PresenceStatusId::from_number(kind as u128), kind }
}
fn levels(list: &Value) -> Vec<SkillLevel> {
    let list = list.as_array().cloned().unwrap_or_default();
    let level = |pair: &Value| SkillLevel {
        skill: SkillId::from_number(number(pair[0].as_str().unwrap())),
        min: u8::try_from(pair[1].as_u64().unwrap()).unwrap(),
    };
    list.iter().map(level).collect()
}
fn step(step: &Value) -> Step {
    let agents = step["agents"].as_array().cloned().unwrap_or_default();
    Step {
        all: levels(&step["all"]),
        any: levels(&step["any"]),
        not: levels(&step["not"]),
        agents: agents.iter().map(|agent| user(agent.as_str().unwrap())).collect(),
        expiry_ms: step["expiry"].as_i64().map(|seconds| seconds * 1000),
    }
}

struct Run {
    router: Router,
    now: Timestamp,
    rows: Vec<Value>,
    /// The last offer of an item to an agent, open or not.
    offers: BTreeMap<(ItemId, UserId), OfferId>,
    calls: BTreeMap<ConversationId, UserId>,
    acw_ms: i64,
}

impl Run {
    fn row(&mut self, mut row: Vec<Value>) {
        row.insert(0, json!(self.now.ms() / 1000));
        self.rows.push(Value::Array(row));
    }

    fn give(&mut self, input: Input) -> Vec<Decision> {
        let decisions = self.router.handle(&input, self.now);
        self.router.check(self.now).unwrap();
        decisions.iter().for_each(|decision| self.note(decision));
        decisions
    }

    fn note(&mut self, decision: &Decision) {
        let pair = |kind: &str, item: &ItemId, user: &UserId| {
            vec![json!(kind), json!(name(item.0.0.as_u128())), json!(name(user.0.as_u128()))]
        };
        match decision {
            Decision::Offered { offer, item, user, .. } => {
                self.offers.insert((*item, *user), *offer);
                self.row(pair("offer", item, user));
            }
            Decision::Accepted { item, user, .. } => {
                self.calls.insert(item.0, *user);
                self.row(pair("connect", item, user));
            }
            Decision::Declined { item, user, .. } => self.row(pair("declined", item, user)),
            Decision::Missed { item, user, paused, .. } => {
                self.row(pair("missed", item, user));
                if *paused {
                    self.row(vec![json!("status"), json!(name(user.0.as_u128())), json!("missed")]);
                }
            }
            Decision::Revoked { item, user, why, .. } => {
                let why = match why {
                    RevokeReason::AgentOffline => "agent_offline",
                    RevokeReason::AgentDnd => "agent_dnd",
                    RevokeReason::CallerGone => "caller_gone",
                    other => panic!("no trace knows {other:?}"),
                };
                let mut row = pair("revoke", item, user);
                row.push(json!(why));
                self.row(row);
            }
            Decision::StepReached { item, step } => {
                self.row(vec![json!("step"), json!(name(item.0.0.as_u128())), json!(step)]);
            }
            Decision::Cancelled { item } => {
                self.row(vec![json!("cancelled"), json!(name(item.0.0.as_u128()))])
            }
            Decision::Overflowed { item, to, .. } => {
                self.row(vec![json!("overflow"), json!(name(item.0.0.as_u128())), json!(to)]);
            }
            _ => {}
        }
    }

    /// Lets time pass up to `until`, stopping wherever the router wants to.
    fn pass(&mut self, until: Timestamp) {
        while let Some(due) = self.router.deadline().filter(|due| *due <= until) {
            self.now = due;
            self.give(Input::Tick);
        }
        self.now = until;
    }

    fn agent(&mut self, event: &Value, id: &str) {
        let mut agent = Agent::new(user(id));
        for (queue, membership) in event["queues"].as_object().cloned().unwrap_or_default() {
            let membership = Membership {
                priority: u32::try_from(membership[0].as_u64().unwrap()).unwrap(),
                delay_ms: membership[1].as_i64().unwrap() * 1000,
            };
            agent.memberships.insert(QueueId::from_number(number(&queue)), membership);
        }
        for (skill, level) in event["skills"].as_object().cloned().unwrap_or_default() {
            let level = u8::try_from(level.as_u64().unwrap()).unwrap();
            agent.skills.insert(SkillId::from_number(number(&skill)), level);
        }
        self.give(Input::AgentUpserted(agent));
        self.give(Input::ReachabilityChanged { user: user(id), reachable: true });
        self.give(Input::PresenceSet { user: user(id), status: status(event["status"].as_str().unwrap()) });
    }

    fn enqueue(&mut self, event: &Value, id: &str) {
        let queue = QueueId::from_number(number(event["queue"].as_str().unwrap()));
        let mut item = WorkItem::new(conversation(id), Target::Queue(queue), self.now);
        item.prio = event["prio"].as_u64().map(|prio| u32::try_from(prio).unwrap());
        item.boost_ms = event["boost"].as_i64().unwrap_or(0) * 1000;
        item.steps = event["steps"].as_array().cloned().unwrap_or_default().iter().map(step).collect();
        item.max_wait_ms = event["max_wait"].as_i64().map(|seconds| seconds * 1000);
        self.give(Input::Enqueued(item));
    }

    fn answer(&mut self, event: &Value, id: &str) {
        let agent = event["agent"].as_str().unwrap();
        let accepts = event["e"] == "accept";
        let offer = self.offers[&(ItemId(conversation(id)), user(agent))];
        let input = if accepts { Input::Answered { offer } } else { Input::Declined { offer, reason: None } };
        if self.give(input).contains(&Decision::Refused(Refusal::StaleOffer(offer))) {
            let word = if accepts { "stale_accept" } else { "stale_decline" };
            self.row(vec![json!("reject"), json!(id), json!(agent), json!(word)]);
        }
    }

    fn event(&mut self, event: &Value) {
        let id = event["id"].as_str().unwrap();
        match event["e"].as_str().unwrap() {
            "agent" => self.agent(event, id),
            "status" => {
                let status = status(event["status"].as_str().unwrap());
                self.give(Input::PresenceSet { user: user(id), status });
            }
            "enqueue" => self.enqueue(event, id),
            "accept" | "decline" => self.answer(event, id),
            "cancel" => {
                self.give(Input::Cancelled { item: ItemId(conversation(id)) });
            }
            "end" => {
                let agent = self.calls.remove(&conversation(id)).unwrap();
                self.row(vec![json!("end"), json!(id), json!(name(agent.0.as_u128()))]);
                let wrap_up_ms = (self.acw_ms > 0).then_some(self.acw_ms);
                self.give(Input::CallEnded { user: agent, root: conversation(id), wrap_up_ms });
            }
            "outbound" => {
                let agent = event["agent"].as_str().unwrap();
                let claimed =
                    self.router.claim(user(agent), conversation(id), ClaimKind::OwnAction, self.now);
                if claimed.is_ok() {
                    self.calls.insert(conversation(id), user(agent));
                    self.row(vec![json!("connect"), json!(id), json!(agent)]);
                } else {
                    self.row(vec![json!("reject"), json!(id), json!(agent), json!("slot_taken")]);
                }
            }
            "consult" => {
                let target = user(event["target"].as_str().unwrap());
                self.give(Input::Enqueued(WorkItem::new(conversation(id), Target::Agent(target), self.now)));
            }
            other => panic!("no such event: {other}"),
        }
    }
}

fn run(trace: &Value) -> Vec<Value> {
    let mut run = Run {
        router: Router::new(),
        now: Timestamp::from_ms(0),
        rows: Vec::new(),
        offers: BTreeMap::new(),
        calls: BTreeMap::new(),
        acw_ms: trace["config"]["acw"].as_i64().unwrap_or(0) * 1000,
    };
    let mut queue = Queue::new(QueueId::from_number(number("q")));
    queue.wrap_up = Some(WrapUp { ms: run.acw_ms, max_extensions: 0 });
    run.give(Input::QueueUpserted(queue));
    for event in trace["events"].as_array().unwrap() {
        run.pass(Timestamp::from_ms(event["t"].as_i64().unwrap() * 1000));
        run.event(event);
    }
    run.pass(Timestamp::from_ms(trace["until"].as_i64().unwrap() * 1000));
    run.rows
}

#[test]
fn every_recorded_voice_trace_is_decided_row_for_row() {
    let traces: Vec<Value> = serde_json::from_str(TRACES).unwrap();
    assert_eq!(traces.len(), 18);
    let mut told_apart = Vec::new();
    for trace in &traces {
        let name = trace["name"].as_str().unwrap();
        if NOT_YET.contains(&name) {
            println!("{name}: skipped, it needs channels beside voice or prompts");
            continue;
        }
        let rows = run(trace);
        if rows == *trace["expect"].as_array().unwrap() {
            println!("{name}: ok");
        } else {
            told_apart.push(format!("{name}: {rows:?}"));
        }
    }
    assert!(told_apart.is_empty(), "{told_apart:#?}");
}
