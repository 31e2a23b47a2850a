//! Many at once: one winner, no gap, no lost change.

use std::time::Duration;

use store::{AuditChain, StoreError};
use tokio::task::JoinSet;

use crate::fixture::*;

on_both! {
    of_twenty_updates_from_one_version_one_wins(database) {
        let store = database.store().await;
        store.teams().create(team(1), &by()).await.unwrap();
        let mut tries = JoinSet::new();
        for number in 0..20 {
            let store = store.clone();
            tries.spawn(async move {
                let patch = move |row: &mut store::TeamRow| row.name = format!("Named {number}");
                store.teams().update(team(1).id, Some(1), &by(), patch).await
            });
        }
        let results = tries.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for refused in results.into_iter().filter_map(Result::err) {
            assert!(matches!(refused, StoreError::Stale { current: 2 }), "{refused}");
        }
    }

    changes_at_once_are_all_kept_and_audited_without_a_gap(database) {
        let store = database.store().await;
        store.presence_statuses().create(presence_status(1), &by()).await.unwrap();
        let mut tries = JoinSet::new();
        for _ in 0..20 {
            let store = store.clone();
            tries.spawn(async move {
                store.presence_statuses().update(presence_status(1).id, None, &by(), |row| row.sort += 1).await
            });
        }
        for result in tries.join_all().await {
            result.unwrap();
        }
        let row = store.presence_statuses().find(presence_status(1).id).await.unwrap();
        assert_eq!((row.sort, row.version), (21, 21));
        assert_eq!(store.organization_version().await.unwrap(), 21);
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Sound { events: 21 });
    }

    changes_and_events_about_no_row_are_one_chain(database) {
        let store = database.store().await;
        let mut work = JoinSet::new();
        for number in 0..20 {
            let (changer, teller) = (store.clone(), store.clone());
            work.spawn(async move { changer.teams().create(team(number), &by()).await.map(drop) });
            work.spawn(async move { teller.audit(&by(), "download", "export/1", None, None).await });
        }
        for result in work.join_all().await {
            result.unwrap();
        }
        assert_eq!(store.organization_version().await.unwrap(), 20);
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Sound { events: 40 });
    }

    whoever_writes_waits_for_the_one_before_without_a_connection(database) {
        let store = database.store().await;
        let turn = store.turn().await;
        let mut work = JoinSet::new();
        for number in 0..30 {
            let store = store.clone();
            work.spawn(async move { store.teams().create(team(number), &by()).await.map(drop) });
        }
        // More writers than connections, and reading goes on.
        for _ in 0..10 {
            assert!(store.load_organization().await.unwrap().teams.is_empty());
        }
        drop(turn);
        for result in work.join_all().await {
            result.unwrap();
        }
        assert_eq!(store.load_organization().await.unwrap().teams.len(), 30);
    }

    a_change_wakes_whoever_watches_and_a_refused_one_does_not(database) {
        let store = database.store().await;
        let mut watch = store.watch_organization();
        watch.mark_unchanged();
        store.teams().create(team(1), &by()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(10), watch.changed()).await.unwrap().unwrap();
        let seen = *watch.borrow_and_update();
        assert_eq!(seen, store.organization_version().await.unwrap());
        store.teams().create(team(1), &by()).await.unwrap_err();
        assert!(!watch.has_changed().unwrap());
        assert_eq!(store.organization_version().await.unwrap(), seen);
    }

    readers_read_while_a_writer_writes(database) {
        let store = database.store().await;
        let mut work = JoinSet::new();
        for number in 0..30 {
            let (writer, reader) = (store.clone(), store.clone());
            work.spawn(async move { writer.teams().create(team(number), &by()).await.map(|_| ()) });
            work.spawn(async move { reader.load_organization().await.map(|_| ()) });
        }
        for result in work.join_all().await {
            result.unwrap();
        }
        assert_eq!(store.load_organization().await.unwrap().teams.len(), 30);
    }
}
