//! The archive against a fresh reading of the same database: whatever is asked, and whenever, the answers are equal.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reporting::{
    ledger::{Archive, load},
    metric::measure,
    report::{Request, TYPES, Type, field, plan, run},
};
use serde_json::{Value as Json, json};
use store::Store;
use voicecall::Command;

use crate::{
    desk::{Desk, START, appends},
    history::{NOW, asker, import_copy, imported},
    told::{ANA, BEN, Told},
};

/// Any of a list, or nothing.
fn some_of<'a>(list: &[&'a str], most: usize, dice: &mut StdRng) -> Vec<&'a str> {
    let count = dice.random_range(0..=most.min(list.len()));
    list.choose_multiple(dice, count).copied().collect()
}

fn filters(of: &Type, dice: &mut StdRng) -> Vec<Json> {
    let mut found = Vec::new();
    let mut add = |name: &str, op: &str, value: Json| {
        if of.fields.contains(&name) && dice.random_bool(0.3) {
            found.push(json!({"field": name, "op": op, "value": value}));
        }
    };
    add("started_at", "between", json!(["2026-11-01", "2026-11-04"]));
    add("started_at", "gte", json!("2026-11-02T14:00:00Z"));
    add("purpose", "in", json!(["customer", "consult"]));
    add("queue", "ne", json!("Billing"));
    add("answered", "eq", json!(true));
    add("tier", "lte", json!(1));
    add("subject", "is_null", json!(false));
    add("hour_of_day", "between", json!([9, 14]));
    found
}

/// A request that nobody would think of.
fn drawn(of: &Type, dice: &mut StdRng) -> Json {
    let measures: Vec<&str> =
        of.measures.iter().filter_map(|name| measure(name)).map(|one| one.public()).collect();
    let mut asked = json!({
        "type": of.name,
        "group_by": some_of(of.fields, 3, dice),
        "measures": [*measures.choose(dice).unwrap()],
        "filters": filters(of, dice),
        "time_zone": *["UTC", "America/New_York", "Asia/Kathmandu"].choose(dice).unwrap(),
    });
    for more in some_of(&measures, 4, dice) {
        let list = asked["measures"].as_array_mut().unwrap();
        if !list.iter().any(|known| known == more) {
            list.push(more.into());
        }
    }
    if dice.random_bool(0.4) {
        asked["interval"] = (*["half_hour", "hour", "day", "week"].choose(dice).unwrap()).into();
    }
    if dice.random_bool(0.2) {
        asked["durations"] = "at_end".into();
    }
    if dice.random_bool(0.3) && of.fields.contains(&"call_type") {
        let side = if dice.random_bool(0.5) { "with" } else { "without" };
        asked["cross_filter"] = json!({side: {"purpose": "consult", "answered": true}});
    }
    asked
}

async fn assert_equal(store: &Store, archive: &Archive, asked: &Json, now: i64) -> bool {
    let request: Request = serde_json::from_value(asked.clone()).unwrap();
    let plan = plan(&request, &asker()).unwrap_or_else(|wrong| panic!("{asked}: {wrong:?}"));
    let fresh = load(store.database(), plan.options.window, now).await.unwrap();
    let kept = archive.ledger_for(&plan, now).await.unwrap();
    let (fresh, kept) = (run(&plan, &fresh), run(&plan, &kept));
    assert_eq!(fresh, kept, "{asked}");
    !fresh.rows.is_empty()
}

on_both! {
    whatever_is_asked_the_archive_says_what_a_fresh_reading_says(database) {
        let (store, _) = imported(&database).await;
        let archive = Archive::new(store.clone()).with_parts_of(7);
        let mut dice = StdRng::seed_from_u64(14);
        let mut full = 0;
        for turn in 0..180 {
            let asked = drawn(&TYPES[turn % TYPES.len()], &mut dice);
            full += u32::from(assert_equal(&store, &archive, &asked, NOW).await);
        }
        assert!(full > 90, "only {full} answers had rows");
    }

    the_archive_follows_the_projector_batch_by_batch(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = database.store().await;
        let archive = Archive::new(store.clone()).with_parts_of(2);
        let (mut dice, mut full, mut steps) = (StdRng::seed_from_u64(3), 0, 0);
        let now = START.ms() + 600_000;
        let mut projector = desk.projector(&store).with_batches_of(5);
        while projector.step().await.unwrap().is_some() {
            steps += 1;
            for of in ["voice_calls", "legs", "coaching", "queues"] {
                let of = TYPES.iter().find(|known| known.name == of).unwrap();
                let asked = json!({"type": of.name, "measures": drawn(of, &mut dice)["measures"]});
                full += u32::from(assert_equal(&store, &archive, &asked, now).await);
            }
        }
        assert!(steps > 10 && full > 20, "{steps} steps, {full} answers with rows");
        desk.projector(&store).rebuild().await.unwrap();
        assert_equal(&store, &archive, &json!({"type": "legs", "group_by": ["role", "end_reason"]}), now).await;
    }

    a_call_that_changes_long_after_is_told_as_it_is_now(database) {
        let desk = Desk::new().await;
        let mut told = Told::talking(1, START);
        told.at(95).says_bye(0);
        let before = appends(&told).len();
        desk.append(appends(&told)).await;
        let mut other = Told::talking(2, START + 3_600_000);
        other.at(95).says_bye(0);
        desk.append(appends(&other)).await;
        let store = database.store().await;
        let mut projector = desk.projector(&store);
        projector.catch_up().await.unwrap();
        let archive = Archive::new(store.clone()).with_parts_of(1);
        let asked = json!({"type": "voice_calls", "group_by": ["subject"], "measures": ["calls"]});
        assert!(assert_equal(&store, &archive, &asked, NOW).await);
        let details = voicecall::Details { subject: Some("Late".to_owned()), ..Default::default() };
        told.at(4_000).by(ANA, Command::SetDetails { details });
        desk.append(appends(&told).split_off(before)).await;
        projector.catch_up().await.unwrap();
        assert!(assert_equal(&store, &archive, &asked, NOW).await);
        let ledger = archive.ledger(Default::default(), NOW).await.unwrap();
        let mut subjects = Vec::new();
        ledger.each_call(0..ledger.pages(), Default::default(), |call| subjects.push(call.subject().cloned()));
        assert!(subjects.iter().any(|subject| subject.as_deref() == Some("Late")), "{subjects:?}");
        assert_eq!(subjects.len(), 2);
    }

    whoever_declined_an_offer_is_heard(database) {
        let mut told = Told::queued(1, START);
        let decline = |reason: Option<&str>| Command::Decline { reason: reason.map(str::to_owned) };
        told.at(30).offer(ANA).at(33).by(ANA, decline(None));
        told.at(40).offer(BEN).at(43).by(BEN, decline(Some("lunch")));
        told.at(50).offer(ANA).at(53).by(ANA, decline(Some("a form to fill in")));
        told.at(60).offer(BEN).at(62).answers(4).at(90).says_bye(0);
        let desk = Desk::new().await;
        desk.append(appends(&told)).await;
        let archive = Archive::new(desk.projected(&database).await);
        let asked = json!({"type": "offers", "group_by": ["decline_reason"], "measures": ["offers", "declined_offers"]});
        let plan = plan(&serde_json::from_value(asked).unwrap(), &asker()).unwrap();
        let report = run(&plan, &archive.ledger_for(&plan, NOW).await.unwrap());
        let rows = serde_json::to_value(&report.rows).unwrap();
        assert_eq!(rows, json!([["(none)", 2, 1], ["a form to fill in", 1, 1], ["lunch", 1, 1]]));
    }

    corrected_files_are_taken_in_and_another_database_is_noticed(database) {
        let (store, _) = imported(&database).await;
        let archive = Archive::new(store.clone()).with_parts_of(5);
        let asked = json!({"type": "voice_calls", "group_by": ["subject", "disposition"], "measures": ["calls", "duration_seconds"]});
        assert!(assert_equal(&store, &archive, &asked, NOW).await);
        import_copy(&store, "calls.csv", |text| text.replace("Refund", "Refunds")).await;
        assert!(assert_equal(&store, &archive, &asked, NOW).await);
        let ledger = archive.ledger(Default::default(), NOW).await.unwrap();
        let mut renamed = 0;
        ledger.each_call(0..ledger.pages(), Default::default(), |call| {
            renamed += u32::from(call.subject().is_some_and(|subject| &**subject == "Refunds"));
        });
        assert!(renamed > 0);
    }
}

#[test]
fn every_type_can_be_drawn_from() {
    for of in TYPES {
        assert!(of.fields.iter().all(|name| field(name).is_some()), "{}", of.name);
    }
}
