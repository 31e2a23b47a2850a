//! The settings are there from the first read.

use store::{DirectInternalCalls, SettingsRow, StoreError};

use crate::fixture::*;

on_both! {
    settings_start_with_defaults_and_keep_changes(database) {
        let store = database.store().await;
        assert_eq!(store.settings().await.unwrap(), SettingsRow::default());
        let first = store.update_settings(Some(0), &by(), |row| {
            row.organization_name = "Acme".to_owned();
            row.direct_internal_calls = DirectInternalCalls::Logged;
            row.limits.concurrent_calls = Some(40);
            row.coaching_visible_to_agent.monitor = true;
        }).await.unwrap();
        assert_eq!((first.version, store.settings().await.unwrap()), (1, first));
        let by = by();
        let second = store.update_settings(Some(1), &by, |row| row.training_gap_threshold_permille = 250);
        assert_eq!(second.await.unwrap().version, 2);
        let stale = store.update_settings(Some(1), &by, |row| row.session_idle_minutes = 1).await.unwrap_err();
        assert!(matches!(stale, StoreError::Stale { current: 2 }), "{stale}");
        let now = store.settings().await.unwrap();
        assert_eq!((now.organization_name.as_str(), now.training_gap_threshold_permille), ("Acme", 250));
        assert_eq!(store.load_organization().await.unwrap().settings, now);
    }
}
