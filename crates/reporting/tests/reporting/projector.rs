//! The journal's copy and its records: the same however often the projector dies and in whatever bites it eats.

use reporting::{
    Projector,
    entity::{agent_status, voice_call},
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use tokio::sync::watch;

use crate::{
    desk::{Desk, START, append, appends, stream},
    dump::{assert_same, dump},
    support::Database,
    told::{ANA, Told},
};

on_both! {
    bites_of_any_size_come_to_the_same_rows(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let whole = dump(desk.projected(&Database::sqlite()).await.database()).await;
        let store = database.store().await;
        let mut projector = desk.projector(&store).with_batches_of(3);
        assert_eq!(projector.catch_up().await.unwrap(), desk.journal.last_position());
        assert_same(&whole, &dump(store.database()).await);
    }

    presence_becomes_intervals_without_gap_or_overlap(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = desk.projected(&database).await;
        let rows = agent_status::Entity::find()
            .order_by_asc(agent_status::Column::UserId)
            .order_by_asc(agent_status::Column::StartAt)
            .all(store.database())
            .await
            .unwrap();
        let second = |at: i64| (at - START.ms()) / 1000;
        let name = |user| crate::told::name(Some(terms::UserId(user)));
        let told: Vec<_> = rows
            .iter()
            .map(|row| (name(row.user_id), row.status.as_str(), second(row.start_at), row.end_at.map(second)))
            .collect();
        let expected =
            [("ana", "available", 0, Some(50)), ("ana", "busy", 50, Some(65)), ("ana", "busy", 65, None), ("ben", "available", 120, None)];
        let expected = expected.map(|(name, status, start, end)| (name.to_owned(), status, start, end));
        assert_eq!(told, expected);
        let why: Vec<_> = rows
            .iter()
            .map(|row| (row.cause.as_deref(), row.by_user_id.map(name), row.reason.as_deref()))
            .collect();
        let expected = [
            (Some("chosen"), Some("ana".to_owned()), None),
            (Some("chosen"), Some("sue".to_owned()), Some("late")),
            (Some("push_timeout"), None, None),
            (None, None, None),
        ];
        assert_eq!(why, expected);
    }

    killed_after_every_batch_it_goes_on_without_doubles(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let whole = dump(desk.projected(&Database::sqlite()).await.database()).await;
        let store = database.store().await;
        let mut deaths = 0;
        while desk.projector(&store).with_batches_of(7).step().await.unwrap().is_some() {
            deaths += 1;
        }
        assert!(deaths > 5, "{deaths}");
        assert_same(&whole, &dump(store.database()).await);
    }

    what_is_rebuilt_is_what_was_projected(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = desk.projected(&database).await;
        let before = dump(store.database()).await;
        // All but the calls, whose numbers are given once, and the journal itself.
        for table in ["conversation", "call_leg", "leg_segment", "coaching_interval", "hold", "offer", "agent_status"] {
            let all = format!("DELETE FROM {table}");
            let gone = store.database().execute_unprepared(&all).await.unwrap();
            assert!(gone.rows_affected() > 0, "{table}");
        }
        assert_eq!(desk.projector(&store).rebuild().await.unwrap(), 6);
        assert_same(&before, &dump(store.database()).await);
        assert_eq!(desk.projector(&store).rebuild().await.unwrap(), 6);
        assert_same(&before, &dump(store.database()).await);
    }

    numbers_follow_the_journal_and_have_no_gap(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = database.store().await;
        desk.projector(&store).with_batches_of(4).catch_up().await.unwrap();
        let calls = voice_call::Entity::find()
            .order_by_asc(voice_call::Column::Number)
            .all(store.database())
            .await
            .unwrap();
        let numbers: Vec<i64> = calls.iter().map(|call| call.number.unwrap()).collect();
        assert_eq!(numbers, (1..=11).collect::<Vec<i64>>());
        let started: Vec<i64> = calls.iter().map(|call| call.started_at).collect();
        assert!(started.is_sorted(), "{started:?}");
    }

    late_results_reach_a_conversation_that_was_forgotten(database) {
        let mut desk = Desk::new().await;
        let mut told = Told::talking(1, START);
        told.at(95).says_bye(0);
        let mut early = appends(&told);
        early.extend(desk.wrap_up(&told, ANA, told.now, None));
        let ended = told.facts.len();
        desk.append(early).await;
        let store = database.store().await;
        desk.projector(&store).catch_up().await.unwrap();
        let result = voicecall::Command::WrapUp { code: None, resolution: Some("paid".to_owned()), notes: None };
        told.at(110).by(ANA, result);
        let late = appends(&told).split_off(ended + 1);
        assert_eq!(late.len(), 1);
        desk.append(late).await;
        let done = serde_json::json!({"kind": "wrap_up_ended", "user": ANA, "root": told.opening.id});
        let done = desk.routing(told.now, &done);
        desk.append(vec![done]).await;
        desk.projector(&store).catch_up().await.unwrap();
        let call = voice_call::Entity::find().one(store.database()).await.unwrap().unwrap();
        assert_eq!((call.resolution.as_deref(), call.wrap_up_ms), (Some("paid"), 15_000));
        let whole = dump(desk.projected(&Database::sqlite()).await.database()).await;
        assert_same(&whole, &dump(store.database()).await);
    }

    events_that_this_node_has_pruned_are_read_from_the_database(database) {
        let desk = Desk::new().await;
        let mut told = Told::talking(1, START);
        told.at(95).says_bye(0);
        let events = told.facts.len() + 1;
        desk.append(appends(&told)).await;
        let store = database.store().await;
        desk.projector(&store).catch_up().await.unwrap();
        desk.append(vec![append("routing", 1, told.now, r#"{"kind":"alive"}"#.to_owned(), false)]).await;
        let pruned = desk.journal.prune(desk.journal.last_position(), told.now + 1).await.unwrap();
        assert_eq!(pruned, events as u64);
        let result = voicecall::Command::WrapUp { code: None, resolution: Some("paid".to_owned()), notes: None };
        told.at(110).by(ANA, result);
        desk.append(appends(&told).split_off(events)).await;
        desk.projector(&store).catch_up().await.unwrap();
        let call = voice_call::Entity::find().one(store.database()).await.unwrap().unwrap();
        assert_eq!((call.resolution.as_deref(), call.number), (Some("paid"), Some(1)));
        assert_eq!((call.talk_ms, call.disposition.as_str()), (60_000, "completed"));
    }

    a_wrap_up_whose_end_was_never_told_ends_with_its_time(database) {
        let mut desk = Desk::new().await;
        let mut first = Told::talking(1, START);
        first.at(95).says_bye(0);
        let mut second = Told::talking(2, START + 600_000);
        second.at(95).says_bye(0);
        let mut all = appends(&first);
        all.extend(desk.wrap_up(&first, ANA, first.now, None));
        all.extend(appends(&second));
        all.extend(desk.wrap_up(&second, ANA, second.now, Some(second.now + 5_000)));
        desk.append(all).await;
        let store = database.store().await;
        while desk.projector(&store).with_batches_of(9).step().await.unwrap().is_some() {}
        let calls = voice_call::Entity::find()
            .order_by_asc(voice_call::Column::Number)
            .all(store.database())
            .await
            .unwrap();
        assert_eq!(calls.iter().map(|call| call.wrap_up_ms).collect::<Vec<_>>(), [60_000, 5_000]);
    }
}

#[tokio::test]
async fn told_to_stop_it_ships_what_is_there_once_more() {
    let desk = Desk::new().await;
    let database = Database::sqlite();
    let store = database.store().await;
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(Projector::new(desk.journal.clone(), store.clone()).run(stopped));
    let mut told = Told::talking(1, START);
    told.at(95).says_bye(0);
    desk.append(appends(&told)).await;
    stop.send(true).unwrap();
    running.await.unwrap();
    let call = voice_call::Entity::find().one(store.database()).await.unwrap().unwrap();
    assert_eq!((call.talk_ms, call.number), (60_000, Some(1)));
    assert_eq!(stream(&told), format!("conversation/{}", call.conversation_id));
}
