//! The audit log tells every change, hides every secret, and shows every tampering.

use sea_orm::ConnectionTrait;
use store::{AuditChain, AuditFilter, By, CommandRecord, Page, StoreError};
use terms::UserId;
use uuid::Uuid;

use crate::fixture::*;

on_both! {
    every_change_is_audited_with_what_was_and_what_is(database) {
        let store = database.store().await;
        store.teams().create(team(1), &by()).await.unwrap();
        store.teams().update(team(1).id, None, &by(), |row| row.name = "Claims".to_owned()).await.unwrap();
        store.teams().delete(team(1).id, None, &By::system(NOW.plus_ms(1))).await.unwrap();
        let events = store.audit_events(&AuditFilter::default(), &Page::default()).await.unwrap().items;
        let told: Vec<_> = events.iter().map(|event| (event.number, event.action.as_str())).collect();
        assert_eq!(told, [(3, "delete"), (2, "update"), (1, "create")]);
        assert!(events[1].before.as_ref().unwrap().contains("Team 001"));
        assert!(events[1].after.as_ref().unwrap().contains("Claims"));
        assert_eq!(events[0].subject, format!("team/{}", team(1).id));
        assert_eq!((events[0].actor_id, events[2].actor_id), (None, Some(UserId::from_number(1).0)));
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Sound { events: 3 });
    }

    no_secret_reaches_the_audit(database) {
        let store = database.store().await;
        store.users().create(user(1), &by()).await.unwrap();
        store.users().update(user(1).id, None, &by(), |row| row.password_hash = None).await.unwrap();
        store.clients().create(client(1), &by()).await.unwrap();
        store.trunks().create(trunk(1), &by()).await.unwrap();
        let events = store.audit_events(&AuditFilter::default(), &Page::default()).await.unwrap().items;
        assert_eq!(events.len(), 4);
        assert!(!format!("{events:?}").contains("secret\\\""), "{events:?}");
        for secret in ["$argon2id", "md5-secret", "sha256-secret", "client-secret", "trunk-secret"] {
            assert!(!format!("{events:?}").contains(secret), "{secret}");
        }
        assert!(!format!("{:?}", store.load_organization().await.unwrap()).contains("-secret"));
    }

    a_changed_deleted_or_cut_event_shows(database) {
        let store = database.store().await;
        for number in 1..=5 {
            store.teams().create(team(number), &by()).await.unwrap();
        }
        let raw = store.database();
        raw.execute_unprepared("UPDATE audit_events SET action = 'nothing' WHERE number = 3").await.unwrap();
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Broken { number: 3 });
        raw.execute_unprepared("UPDATE audit_events SET action = 'create' WHERE number = 3").await.unwrap();
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Sound { events: 5 });
        raw.execute_unprepared("DELETE FROM audit_events WHERE number = 5").await.unwrap();
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Broken { number: 5 });
        raw.execute_unprepared("DELETE FROM audit_events WHERE number = 2").await.unwrap();
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Broken { number: 2 });
    }

    the_audit_is_filtered_and_paged(database) {
        let store = database.store().await;
        let other = By::user(UserId::from_number(2), NOW.plus_ms(1000));
        for number in 1..=4 {
            store.teams().create(team(number), &by()).await.unwrap();
        }
        store.audit(&other, "recording.play", "recording/1", None, None).await.unwrap();
        let mine = AuditFilter { actor_id: other.actor, ..AuditFilter::default() };
        let found = store.audit_events(&mine, &Page::default()).await.unwrap().items;
        assert_eq!(found.iter().map(|event| event.action.as_str()).collect::<Vec<_>>(), ["recording.play"]);
        let subject = Some(format!("team/{}", team(2).id));
        let about = AuditFilter { subject, ..AuditFilter::default() };
        assert_eq!(store.audit_events(&about, &Page::default()).await.unwrap().items.len(), 1);
        let late = AuditFilter { from: Some(NOW.plus_ms(1)), ..AuditFilter::default() };
        assert_eq!(store.audit_events(&late, &Page::default()).await.unwrap().items.len(), 1);
        let first = store.audit_events(&AuditFilter::default(), &Page { limit: Some(3), cursor: None }).await.unwrap();
        let page = Page { limit: Some(3), cursor: first.next_cursor };
        let second = store.audit_events(&AuditFilter::default(), &page).await.unwrap();
        assert_eq!(second.items.iter().map(|event| event.number).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(second.next_cursor, None);
    }

    an_event_about_no_row_moves_nothing_that_anybody_would_read_anew(database) {
        let store = database.store().await;
        store.teams().create(team(1), &by()).await.unwrap();
        let (before, mut watch) = (store.organization_version().await.unwrap(), store.watch_organization());
        watch.mark_unchanged();
        store.audit(&by(), "set_presence", "user/1", None, None).await.unwrap();
        assert_eq!(store.organization_version().await.unwrap(), before);
        assert!(!watch.has_changed().unwrap());
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Sound { events: 2 });
    }

    a_command_has_its_effect_once(database) {
        let store = database.store().await;
        let command = CommandRecord {
            key: "k-1".to_owned(),
            principal: Uuid::from_u128(5),
            body_hash: "ab".repeat(32),
            answer: "{\"id\":1}".to_owned(),
            at: NOW,
        };
        let by = by().for_command(command.clone());
        store.teams().create(team(1), &by).await.unwrap();
        assert_eq!(store.find_command(command.principal, "k-1").await.unwrap(), Some(command.clone()));
        assert_eq!(store.find_command(Uuid::from_u128(6), "k-1").await.unwrap(), None);

        let before = store.organization_version().await.unwrap();
        let again = store.teams().create(team(2), &by).await.unwrap_err();
        assert!(matches!(again, StoreError::CommandKnown { .. }), "{again}");
        assert!(matches!(store.teams().find(team(2).id).await, Err(StoreError::NotFound { .. })));
        assert_eq!(store.organization_version().await.unwrap(), before);
        assert_eq!(store.verify_audit().await.unwrap(), AuditChain::Sound { events: 1 });

        assert_eq!(store.prune_commands(NOW.plus_ms(1)).await.unwrap(), 1);
        assert_eq!(store.find_command(command.principal, "k-1").await.unwrap(), None);
    }
}
