//! When the database is away, when somebody else writes, and when an event is bad.

use std::time::Duration;

use reporting::{ProjectError, Projector, entity::voice_call};
use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait, PaginatorTrait};
use tokio::sync::watch;

use crate::{
    desk::{Desk, START, append, appends, stream},
    dump::{assert_same, dump},
    support::Database,
    told::{ANA, Told},
};

async fn run(database: &DatabaseConnection, text: &str) {
    database.execute_unprepared(text).await.unwrap();
}

/// The thing itself, asked again and again until it is there.
async fn until_calls(database: &DatabaseConnection, calls: u64) {
    let mut ask = tokio::time::interval(Duration::from_millis(10));
    let arrived = async {
        while voice_call::Entity::find().count(database).await.unwrap() != calls {
            ask.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), arrived).await.unwrap();
}

on_both! {
    a_batch_that_fails_leaves_nothing_and_is_shipped_later(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = database.store().await;
        let mut projector = desk.projector(&store).with_batches_of(40);
        projector.step().await.unwrap();
        let before = dump(store.database()).await;
        run(store.database(), "ALTER TABLE leg_segment RENAME TO elsewhere").await;
        let failed = projector.catch_up().await.unwrap_err();
        assert!(matches!(failed, ProjectError::Database(_)), "{failed}");
        run(store.database(), "ALTER TABLE elsewhere RENAME TO leg_segment").await;
        assert_same(&before, &dump(store.database()).await);
        projector.catch_up().await.unwrap();
        let whole = dump(desk.projected(&Database::sqlite()).await.database()).await;
        assert_same(&whole, &dump(store.database()).await);
    }

    it_waits_for_a_database_that_is_away_and_loses_nothing(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = database.store().await;
        run(store.database(), "ALTER TABLE projector_cursor RENAME TO elsewhere").await;
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(Projector::new(desk.journal.clone(), store.clone()).run(stopped));
        let mut told = Told::talking(9, START);
        told.at(95).says_bye(0);
        desk.append(appends(&told)).await;
        run(store.database(), "ALTER TABLE elsewhere RENAME TO projector_cursor").await;
        until_calls(store.database(), 12).await;
        stop.send(true).unwrap();
        running.await.unwrap();
        let whole = dump(desk.projected(&Database::sqlite()).await.database()).await;
        assert_same(&whole, &dump(store.database()).await);
    }

    of_two_projectors_of_one_journal_one_is_told(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = database.store().await;
        let mut first = desk.projector(&store).with_batches_of(5);
        let mut second = desk.projector(&store).with_batches_of(5);
        first.step().await.unwrap();
        second.step().await.unwrap();
        let refused = first.step().await.unwrap_err();
        assert!(matches!(refused, ProjectError::Moved), "{refused}");
        first.catch_up().await.unwrap();
        let whole = dump(desk.projected(&Database::sqlite()).await.database()).await;
        assert_same(&whole, &dump(store.database()).await);
    }

    a_journal_that_was_replaced_is_shipped_from_its_start(database) {
        let mut old = Desk::new().await;
        old.busy().await;
        let store = old.projected(&database).await;
        let new = Desk::new().await;
        let mut told = Told::talking(9, START);
        told.at(95).says_bye(0);
        new.append(appends(&told)).await;
        new.projector(&store).catch_up().await.unwrap();
        until_calls(store.database(), 12).await;
        new.projector(&store).catch_up().await.unwrap();
        let last = voice_call::Entity::find_by_id(told.fold().voice_calls[0].id).one(store.database()).await;
        assert_eq!(last.unwrap().unwrap().number, Some(12));
    }

    an_event_that_cannot_be_read_is_shipped_and_holds_nothing_up(database) {
        let desk = Desk::new().await;
        let mut told = Told::talking(1, START);
        told.at(95).says_bye(0);
        let mut events = appends(&told);
        events[4].payload = r#"{"kind":"from_the_future"}"#.to_owned();
        events.push(append(&format!("{}0", stream(&told)), 1, told.now, "{}".to_owned(), false));
        let orphan = "conversation/00000000-0000-0000-0000-0000000000ff";
        events.push(append(orphan, 1, told.now, r#"{"kind":"dequeued"}"#.to_owned(), false));
        let mut after = Told::talking(2, START + 1000);
        after.at(95).says_bye(0);
        events.extend(appends(&after));
        let count = events.len();
        desk.append(events).await;
        let store = desk.projected(&database).await;
        let shipped = reporting::entity::journal_event::Entity::find().count(store.database()).await.unwrap();
        assert_eq!(shipped, count as u64);
        let calls = voice_call::Entity::find().all(store.database()).await.unwrap();
        assert_eq!(calls.iter().filter(|call| call.disposition == "completed").count(), 2);
    }

    text_that_postgres_cannot_hold_stops_nothing(database) {
        let desk = Desk::new().await;
        let mut told = Told::talking(1, START);
        told.opening.details.subject = Some("a\0b".to_owned());
        let details = voicecall::Details {
            attributes: [("x\0".to_owned(), "\0y".to_owned())].into(),
            ..voicecall::Details::default()
        };
        told.at(60).by(ANA, voicecall::Command::SetDetails { details });
        told.at(95).says_bye(0);
        desk.append(appends(&told)).await;
        let store = desk.projected(&database).await;
        let call = voice_call::Entity::find().one(store.database()).await.unwrap().unwrap();
        assert_eq!(call.subject.as_deref(), Some("ab"));
        let whole = reporting::entity::conversation::Entity::find().one(store.database()).await.unwrap().unwrap();
        assert_eq!(whole.attributes, serde_json::json!({"x": "y"}));
    }
}
