//! A journal with stories in it, and a database to project it into.

use reporting::Projector;
use store::{Append, Journal, Store};
use terms::{EndReason, Timestamp, Token, UserId};
use voicecall::{Attachment, CallType, CoachingMode, Command, Event, Target};

use crate::{
    support::{Database, Scratch},
    told::{ANA, BEN, SUE, Told, number, opening, user},
};

pub const START: Timestamp = Timestamp(1_800_000_000_000);

pub struct Desk {
    pub journal: Journal,
    pub routing: u64,
    _scratch: Scratch,
}

pub fn append(stream: &str, version: u64, at: Timestamp, payload: String, closes: bool) -> Append {
    let kind: serde_json::Value = serde_json::from_str(&payload).unwrap();
    let kind = kind["kind"].as_str().unwrap_or("?").to_owned();
    Append { stream: stream.to_owned(), version, kind, payload, at, closes, command: None }
}

pub fn stream(told: &Told) -> String {
    format!("conversation/{}", told.opening.id)
}

/// A story's facts as callcontrol writes them: the opening is version 1.
pub fn appends(told: &Told) -> Vec<Append> {
    let opened = Event::Opened { opening: Box::new(told.opening.clone()) };
    let first = (told.opening.at, opened);
    let facts = std::iter::once(&first).chain(&told.facts);
    let append = |(version, (at, event)): (u64, &(Timestamp, Event))| {
        let payload = serde_json::to_string(event).unwrap();
        append(&stream(told), version, *at, payload, matches!(event, Event::Ended { .. }))
    };
    (1..).zip(facts).map(append).collect()
}

/// As routing writes a chosen status.
fn status(number: u128, kind: &str) -> serde_json::Value {
    serde_json::json!({"id": terms::PresenceStatusId::from_number(number), "kind": kind})
}

impl Desk {
    pub async fn new() -> Self {
        let scratch = Scratch::new();
        let journal = Journal::open(&scratch.journal()).await.unwrap();
        Self { journal, routing: 0, _scratch: scratch }
    }

    pub async fn append(&self, batch: Vec<Append>) {
        self.journal.append(batch).await.unwrap();
    }

    pub fn routing(&mut self, at: Timestamp, fact: &serde_json::Value) -> Append {
        self.routing += 1;
        append("routing", self.routing, at, fact.to_string(), false)
    }

    pub fn wrap_up(
        &mut self,
        told: &Told,
        user: UserId,
        from: Timestamp,
        to: Option<Timestamp>,
    ) -> Vec<Append> {
        let root = told.opening.id;
        let until = Timestamp(from.ms() + 60_000);
        let started =
            serde_json::json!({"kind": "wrap_up_started", "user": user, "root": root, "until": until});
        let mut list = vec![self.routing(from, &started)];
        if let Some(to) = to {
            let ended = serde_json::json!({"kind": "wrap_up_ended", "user": user, "root": root});
            list.push(self.routing(to, &ended));
        }
        list
    }

    /// Six conversations whose events lie among each other in the order of time, with wrap-ups and presence between.
    pub async fn busy(&mut self) -> Vec<Told> {
        let stories = stories();
        let mut all: Vec<Append> = stories.iter().flat_map(appends).collect();
        let here = serde_json::json!({"kind": "presence_set", "user": ANA, "status": status(1, "online"), "cause": "chosen", "by": ANA});
        all.push(self.routing(START, &here));
        let lunch = serde_json::json!({"kind": "presence_set", "user": ANA, "status": status(2, "busy"), "cause": "chosen", "by": SUE, "reason": "late"});
        all.push(self.routing(START + 50_000, &lunch));
        let missed = serde_json::json!({"kind": "presence_set", "user": ANA, "status": status(3, "busy"), "cause": "push_timeout"});
        all.push(self.routing(START + 65_000, &missed));
        let chosen = [(ANA, status(3, "busy")), (BEN, status(1, "online")), (SUE, status(1, "offline"))];
        all.push(self.routing(START + 120_000, &serde_json::json!({"kind": "roster", "chosen": chosen})));
        for told in &stories {
            for wrap_up in &told.wrap_ups {
                all.extend(self.wrap_up(told, wrap_up.user, wrap_up.start, wrap_up.end));
            }
        }
        all.push(self.routing(START, &serde_json::json!({"kind": "alive"})));
        // By time only: a stable sort keeps each stream's own order. Routing's versions must follow it too.
        all.sort_by_key(|append| append.at);
        let mut version = 0;
        for append in all.iter_mut().filter(|append| append.stream == "routing") {
            version += 1;
            append.version = version;
        }
        self.append(all).await;
        stories
    }

    /// Everything into a database of its own, in one go.
    pub async fn projected(&self, database: &Database) -> Store {
        let store = database.store().await;
        self.projector(&store).catch_up().await.unwrap();
        store
    }

    pub fn projector(&self, store: &Store) -> Projector {
        Projector::new(self.journal.clone(), store.clone())
    }
}

/// Answered, transferred, blind with recall, coached, direct, abandoned; the fifth is still going on.
pub fn stories() -> Vec<Told> {
    let at = |seconds: i64| START + seconds * 1000;
    let mut answered = Told::talking(1, at(0));
    answered.at(95).says_bye(0).wraps_up(ANA, Some(1));
    let mut warm = Told::consulting(2, at(7));
    warm.at(90).by(ANA, Command::CompleteTransfer).wraps_up(ANA, Some(15));
    warm.at(150).says_bye(0).wraps_up(BEN, Some(30));
    let mut blind = Told::talking(3, at(11));
    blind.at(60).by(ANA, Command::Transfer { target: user(BEN) });
    blind.at(75).fails(2, EndReason::NoAnswer).at(76).offer(ANA).at(80).answers(3).at(100).says_bye(0);
    let mut coached = Told::talking(4, at(13));
    let coach = Command::StartCoaching {
        token: Token::taken(SUE),
        mode: CoachingMode::Monitor,
        agent_leg: None,
        attach_to: Attachment::Conversation,
    };
    coached.at(40).by(SUE, coach).at(42).answers(2);
    coached.at(50).by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Whisper });
    coached.at(60).by(SUE, Command::StopCoaching).at(70).says_bye(0);
    let mut going_on = Told::open(opening(5, at(17), CallType::Outbound));
    going_on.at(2).answers(0).system(Command::DialFar { target: Target::Number(number(7)) });
    going_on.at(9).answers(1);
    let mut abandoned = Told::queued(6, at(19));
    abandoned.at(30).offer(BEN).at(40).says_bye(0);
    vec![answered, warm, blind, coached, going_on, abandoned]
}
