//! The steps of the schema run up, down and up again, and by two nodes at once.

use migrations::{Migrator, MigratorTrait};
use store::{Store, StoreError};

use crate::fixture::*;

on_both! {
    every_step_goes_down_and_up_again(database) {
        let store = database.store().await;
        store.teams().create(team(1), &by()).await.unwrap();
        let steps = u32::try_from(Migrator::migrations().len()).unwrap();
        for _ in 0..steps {
            Migrator::down(store.database(), Some(1)).await.unwrap();
        }
        let again = store.teams().find(team(1).id).await.unwrap_err();
        assert!(matches!(again, StoreError::Database(_)), "{again}");
        Migrator::up(store.database(), None).await.unwrap();
        store.teams().create(team(1), &by()).await.unwrap();
    }

    what_is_stored_is_there_at_the_next_start(database) {
        let store = database.store().await;
        let user = full_user(&store).await;
        let version = store.organization_version().await.unwrap();
        store.close().await.unwrap();
        let store = database.store().await;
        assert_eq!(store.users().find(user.id).await.unwrap(), user);
        assert_eq!(store.organization_version().await.unwrap(), version);
        assert_eq!(*store.watch_organization().borrow(), version);
    }
}

#[tokio::test]
async fn two_nodes_may_start_on_an_empty_postgres_at_once() {
    let database = crate::support::Database::postgres().await;
    let (one, two, three) = tokio::join!(
        Store::connect(&database.url),
        Store::connect(&database.url),
        Store::connect(&database.url)
    );
    one.unwrap().teams().create(team(1), &by()).await.unwrap();
    two.unwrap().teams().create(team(2), &by()).await.unwrap();
    assert_eq!(three.unwrap().load_organization().await.unwrap().teams.len(), 2);
}

#[tokio::test]
async fn a_url_of_another_database_is_refused() {
    let refused = Store::connect("mysql://localhost/tandem").await.unwrap_err();
    assert!(matches!(refused, StoreError::Url), "{refused}");
}

#[tokio::test]
async fn a_postgres_is_reached_over_tls_and_only_with_the_right_certificate() {
    let url = crate::support::postgres::new_database_over_tls().await;
    let store = Store::connect(&url).await.unwrap();
    store.teams().create(team(1), &by()).await.unwrap();
    let elsewhere = url.replace("127.0.0.1", "localhost");
    let refused = Store::connect(&elsewhere).await.unwrap_err();
    assert!(matches!(refused, StoreError::Database(_)), "{refused}");
}
