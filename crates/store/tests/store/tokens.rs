//! Refresh tokens are used once; a second use ends the family.

use store::{RefreshTokenRow, Rotation, Store};
use terms::{Timestamp, UserId};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::fixture::*;

const FAMILY: Uuid = Uuid::from_u128(77);

fn later(ms: i64) -> Timestamp {
    NOW.plus_ms(ms)
}

async fn signed_in(store: &Store) -> UserId {
    let user_id = store.users().create(user(1), &by()).await.unwrap().id;
    let token_hash = "first".to_owned();
    let token =
        RefreshTokenRow { token_hash, family: FAMILY, user_id, issued_at: NOW, expires_at: later(1000) };
    store.add_refresh_token(&token).await.unwrap();
    user_id
}

on_both! {
    a_token_is_replaced_by_the_next_and_a_second_use_ends_the_family(database) {
        let store = database.store().await;
        let user_id = signed_in(&store).await;
        let rotated = Rotation::Rotated { user_id, family: FAMILY };
        assert_eq!(store.rotate_refresh_token("first", "second", later(2000), later(1)).await.unwrap(), rotated);
        assert_eq!(store.rotate_refresh_token("second", "third", later(2000), later(2)).await.unwrap(), rotated);
        assert!(store.is_family_alive(FAMILY, later(3)).await.unwrap());

        let reused = Rotation::Reused { user_id, family: FAMILY };
        assert_eq!(store.rotate_refresh_token("first", "stolen", later(2000), later(3)).await.unwrap(), reused);
        assert!(!store.is_family_alive(FAMILY, later(4)).await.unwrap());
        for token in ["third", "stolen", "unknown"] {
            let refused = store.rotate_refresh_token(token, "next", later(2000), later(4)).await.unwrap();
            assert_eq!(refused, Rotation::Refused, "{token}");
        }
    }

    an_expired_or_revoked_token_is_refused(database) {
        let store = database.store().await;
        let user_id = signed_in(&store).await;
        let refused = store.rotate_refresh_token("first", "second", later(5000), later(1000)).await.unwrap();
        assert_eq!(refused, Rotation::Refused, "a token is good until before its expiry");
        store.revoke_refresh_token("first", later(10)).await.unwrap();
        store.revoke_refresh_token("unknown", later(10)).await.unwrap();
        let refused = store.rotate_refresh_token("first", "second", later(5000), later(11)).await.unwrap();
        assert_eq!(refused, Rotation::Refused);

        let other = Uuid::from_u128(78);
        let token = RefreshTokenRow {
            token_hash: "other".to_owned(), family: other, user_id, issued_at: NOW, expires_at: later(1000),
        };
        store.add_refresh_token(&token).await.unwrap();
        store.revoke_refresh_tokens_of(user_id, later(20)).await.unwrap();
        assert!(!store.is_family_alive(other, later(21)).await.unwrap());
        assert_eq!(store.prune_refresh_tokens(later(2000)).await.unwrap(), 2);
    }

    a_token_goes_with_its_user(database) {
        let store = database.store().await;
        let user_id = signed_in(&store).await;
        store.users().delete(user_id, None, &by()).await.unwrap();
        assert!(!store.is_family_alive(FAMILY, later(1)).await.unwrap());
    }

    of_ten_uses_at_once_one_gets_the_next_token(database) {
        let store = database.store().await;
        signed_in(&store).await;
        let mut tries = JoinSet::new();
        for number in 0..10 {
            let store = store.clone();
            tries.spawn(async move {
                store.rotate_refresh_token("first", &format!("next {number}"), later(2000), later(1)).await
            });
        }
        let results = tries.join_all().await;
        let rotated = results.iter().filter(|result| matches!(result, Ok(Rotation::Rotated { .. }))).count();
        assert_eq!(rotated, 1, "{results:?}");
        assert!(results.iter().all(Result::is_ok), "{results:?}");
    }
}
