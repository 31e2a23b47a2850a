//! Conservation over days of drawn conversations: what the reports say is what a recount of the raw journal says, by code
//! that shares nothing with the product's; every leg is the sum of its segments; presence tiles the time.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, SeedableRng, rngs::StdRng};
use reporting::{
    entity::{agent_status, call_leg, journal_event, leg_segment},
    ledger::{Archive, Window},
    metric::Value,
    report::{Request, plan, run},
};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value as Json, json};
use store::{Append, Store};
use terms::{EndReason, Token};
use voicecall::{Actor, Attachment, CoachingMode, Command, Input};

use crate::{
    desk::{Desk, START, appends},
    history::asker,
    told::{ANA, BEN, CID, SUE, Told, user},
};

const DAY_MS: i64 = 24 * 3_600_000;
const DAYS: i64 = 3;
const A_DAY: u128 = 16;
const NOW: i64 = START.ms() + (DAYS + 1) * DAY_MS;

/// Seconds between what people do.
struct Steps<'a>(&'a mut StdRng, i64);

impl Steps<'_> {
    fn next(&mut self) -> i64 {
        self.1 += self.0.random_range(1..400);
        self.1
    }
}

fn conversation(id: u128, at: terms::Timestamp, dice: &mut StdRng) -> Told {
    let shape = dice.random_range(0..6);
    // `talking` is answered within the first minute, `consulting` within the second.
    let mut next = Steps(dice, 90);
    let coach = |mode| Command::StartCoaching {
        token: Token::taken(SUE),
        mode,
        agent_leg: None,
        attach_to: Attachment::Conversation,
    };
    let mut told = match shape {
        0 => {
            let mut told = Told::queued(id, at);
            told.at(next.next()).says_bye(0);
            told
        }
        1 => {
            let mut told = Told::talking(id, at);
            told.at(next.next()).by(ANA, Command::Hold { leg: None });
            told.at(next.next()).by(ANA, Command::Resume { leg: None });
            told.at(next.next()).says_bye(0).wraps_up(ANA, Some(20));
            told
        }
        2 => {
            let mut told = Told::consulting(id, at);
            told.at(next.next()).by(ANA, Command::CompleteTransfer).wraps_up(ANA, Some(15));
            told.at(next.next()).says_bye(0).wraps_up(BEN, Some(30));
            told
        }
        3 => {
            let mut told = Told::talking(id, at);
            told.at(next.next()).by(ANA, Command::Transfer { target: user(CID) });
            told.at(next.next()).fails(2, EndReason::NoAnswer);
            told.at(next.next()).offer(ANA).at(next.next()).answers(3).at(next.next()).says_bye(0);
            told
        }
        4 => {
            let mut told = Told::talking(id, at);
            told.at(next.next()).by(SUE, coach(CoachingMode::Monitor)).at(next.next()).answers(2);
            told.at(next.next()).by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Whisper });
            told.at(next.next()).by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Barge });
            told.at(next.next()).by(SUE, Command::StopCoaching).at(next.next()).says_bye(0);
            told
        }
        _ => {
            let mut told = Told::consulting(id, at);
            told.at(next.next()).by(ANA, Command::SwapConsult);
            told.at(next.next()).by(ANA, Command::MergeConsult);
            told.at(next.next()).says_bye(0).wraps_up(ANA, Some(40));
            told
        }
    };
    // Colleagues who talk on without the customer come to an end too.
    told.now = told.now + 30_000;
    let _over = told.try_input(&Input::Command { by: Actor::System, command: Command::HangUp });
    told
}

/// Days of conversations and presence, their facts among each other in the order of time.
async fn days(desk: &mut Desk, seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut all: Vec<Append> = Vec::new();
    for day in 0..DAYS {
        for one in 0..A_DAY {
            let at = START + (day * DAY_MS + dice.random_range(0..DAY_MS));
            let told = conversation(u128::from(day.unsigned_abs()) * A_DAY + one + 1, at, &mut dice);
            all.extend(appends(&told));
            for wrap_up in &told.wrap_ups {
                all.extend(desk.wrap_up(&told, wrap_up.user, wrap_up.start, wrap_up.end));
            }
        }
        for _ in 0..20 {
            let kind = ["online", "busy", "dnd", "offline"][dice.random_range(0..4)];
            let who = [ANA, BEN, CID, SUE][dice.random_range(0..4)];
            let status = json!({"id": terms::PresenceStatusId::from_number(1), "kind": kind});
            let set = json!({"kind": "presence_set", "user": who, "status": status});
            all.push(desk.routing(START + (day * DAY_MS + dice.random_range(0..DAY_MS)), &set));
        }
    }
    all.sort_by_key(|append| append.at);
    let mut version = 0;
    for append in all.iter_mut().filter(|append| append.stream == "routing") {
        version += 1;
        append.version = version;
    }
    desk.append(all).await;
}

/// What the raw journal says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Recount {
    interactions: i64,
    answered: i64,
    abandoned: i64,
    holds: i64,
    /// Milliseconds of the customers' wires, and of each mode of coaching.
    customers_ms: i64,
    coaching_ms: BTreeMap<String, i64>,
    /// Milliseconds of each presence but offline.
    presence_ms: BTreeMap<String, i64>,
}

async fn recount(store: &Store) -> Recount {
    let rows = journal_event::Entity::find()
        .order_by_asc(journal_event::Column::Stream)
        .order_by_asc(journal_event::Column::Version)
        .all(store.database())
        .await
        .unwrap();
    let mut streams: BTreeMap<String, Vec<(i64, Json)>> = BTreeMap::new();
    for row in rows {
        streams.entry(row.stream).or_default().push((row.at, serde_json::from_str(&row.payload).unwrap()));
    }
    let mut all = Recount::default();
    for (stream, events) in streams {
        if stream == "routing" { presence(&events, &mut all) } else { conversation_of(&events, &mut all) }
    }
    all
}

fn presence(events: &[(i64, Json)], all: &mut Recount) {
    let mut since: BTreeMap<String, (String, i64)> = BTreeMap::new();
    let over = |all: &mut Recount, known: Option<(String, i64)>, at: i64| {
        if let Some((kind, from)) = known.filter(|(kind, _)| kind != "offline") {
            *all.presence_ms.entry(kind).or_default() += at - from;
        }
    };
    for (at, event) in events.iter().filter(|(_, event)| event["kind"] == "presence_set") {
        let kind = event["status"]["kind"].as_str().unwrap().replace("online", "available");
        let known = since.insert(event["user"].to_string(), (kind, *at));
        over(all, known, *at);
    }
    for (_, known) in since {
        over(all, Some(known), NOW);
    }
}

fn conversation_of(events: &[(i64, Json)], all: &mut Recount) {
    let (mut customer_until, mut mode, mut answered) = (None, None::<(String, i64)>, BTreeSet::new());
    let began = events[0].0;
    all.interactions += 1;
    for (at, event) in events {
        let mut switch = |to: Option<String>| {
            if let Some((was, since)) = mode.take() {
                *all.coaching_ms.entry(was).or_default() += at - since;
            }
            mode = to.map(|to| (to, *at));
        };
        match event["kind"].as_str().unwrap() {
            "call_answered" => drop(answered.insert(event["call"].as_u64().unwrap())),
            "leg_ended" if event["leg"] == 0 => customer_until = Some(*at),
            "ended" => customer_until = customer_until.or(Some(*at)),
            "held" => all.holds += 1,
            "coaching_connected" => switch(Some("monitor".to_owned())),
            "coaching_mode_changed" => switch(Some(event["mode"].as_str().unwrap().to_owned())),
            "coaching_ended" => switch(None),
            _ => {}
        }
    }
    all.answered += i64::from(answered.contains(&0));
    all.abandoned += i64::from(!answered.contains(&0));
    let Some(until) = customer_until else { panic!("the customer never leaves: {events:?}") };
    all.customers_ms += until - began;
}

/// The totals of a report, milliseconds for seconds.
async fn totals(archive: &Archive, request: Json) -> Vec<i64> {
    let request: Request = serde_json::from_value(request).unwrap();
    let plan = plan(&request, &asker()).unwrap();
    let report = run(&plan, &archive.ledger_for(&plan, NOW).await.unwrap());
    let milli = |name: &str| if name.ends_with("seconds") { 1_000 } else { 1 };
    let number = |(value, column): (&Value, &reporting::report::Column)| match value {
        Value::Int(number) => number * milli(column.name),
        Value::Float(number) => (number * milli(column.name) as f64).round() as i64,
        Value::Null if column.name == "interval" => 0,
        other => panic!("{other:?} in {}", column.name),
    };
    report.totals.iter().zip(&report.columns).map(number).collect()
}

/// By day or not, the totals are the same.
async fn both_ways(archive: &Archive, of: &str, filters: Json, measures: &[&str]) -> Vec<i64> {
    let request = |interval: Json| json!({"type": of, "group_by": [], "measures": measures, "filters": filters, "interval": interval});
    let whole = totals(archive, request(Json::Null)).await;
    let split = totals(archive, request(json!("half_hour"))).await;
    assert_eq!(whole, split[1..], "{of} {measures:?}");
    whole
}

async fn every_leg_is_the_sum_of_its_segments(store: &Store) {
    let segments = leg_segment::Entity::find().all(store.database()).await.unwrap();
    let mut sums: BTreeMap<uuid::Uuid, (i64, i64)> = BTreeMap::new();
    for segment in segments.iter().filter(|segment| segment.kind != "acw") {
        let sum = sums.entry(segment.call_leg_id).or_insert((0, segment.start_at));
        sum.0 += segment.end_at.unwrap() - segment.start_at;
        sum.1 = sum.1.min(segment.start_at);
    }
    let legs = call_leg::Entity::find().all(store.database()).await.unwrap();
    assert!(legs.len() > 100, "{}", legs.len());
    for leg in legs {
        let Some((sum, began)) = sums.get(&leg.id) else { panic!("{leg:?} has no segment") };
        assert_eq!(*sum, leg.ended_at.unwrap() - began, "{leg:?}");
    }
}

async fn presence_has_no_gap_and_no_overlap(store: &Store) {
    let rows = agent_status::Entity::find()
        .order_by_asc(agent_status::Column::UserId)
        .order_by_asc(agent_status::Column::StartAt)
        .all(store.database())
        .await
        .unwrap();
    for pair in rows.windows(2).filter(|pair| pair[0].user_id == pair[1].user_id) {
        assert_eq!(pair[0].end_at, Some(pair[1].start_at), "{pair:?}");
    }
}

on_both! {
    over_drawn_days_reports_say_what_a_recount_of_the_journal_says(database) {
        let mut desk = Desk::new().await;
        days(&mut desk, 77).await;
        let store = desk.projected(&database).await;
        every_leg_is_the_sum_of_its_segments(&store).await;
        presence_has_no_gap_and_no_overlap(&store).await;
        let archive = Archive::new(store.clone()).with_parts_of(10);
        let calls = both_ways(
            &archive,
            "voice_calls",
            json!([]),
            &["interactions", "answered_interactions", "abandoned_calls"],
        );
        let calls = calls.await;
        let customers = both_ways(
            &archive,
            "legs",
            json!([{"field": "role", "op": "eq", "value": "customer"}]),
            &["ring_seconds", "talk_seconds", "hold_seconds", "conference_seconds", "queue_seconds", "ivr_seconds", "park_seconds"],
        );
        let customers = customers.await;
        let coaching =
            both_ways(&archive, "coaching", json!([]), &["monitor_seconds", "whisper_seconds", "barge_seconds"]).await;
        let told = recount(&store).await;
        assert_eq!(calls, [told.interactions, told.answered, told.abandoned]);
        assert_eq!(customers.iter().sum::<i64>(), told.customers_ms);
        let modes = ["monitor", "whisper", "barge"].map(|mode| told.coaching_ms.get(mode).copied().unwrap_or_default());
        assert_eq!(coaching, modes);
        assert!(coaching.iter().all(|ms| *ms > 0) && told.abandoned > 0 && told.holds > 0, "{told:?}");
        for (kind, ms) in &told.presence_ms {
            let filters = json!([{"field": "status", "op": "eq", "value": kind}]);
            assert_eq!(both_ways(&archive, "presence", filters, &["seconds"]).await, [*ms], "{kind}");
        }
        let signed_in = both_ways(&archive, "agents", json!([]), &["signed_in_seconds", "available_seconds"]).await;
        let available = told.presence_ms.get("available").copied().unwrap_or_default();
        assert_eq!(signed_in, [told.presence_ms.values().sum::<i64>(), available]);
        assert!(archive.ledger(Window::default(), NOW).await.unwrap().calls() > 60);
    }
}
