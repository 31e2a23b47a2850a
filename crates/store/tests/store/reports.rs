//! What reports keep of their own: saved ones, alerts and their rules, schedules with their runs, exports.

use serde_json::json;
use store::{
    AlertFilter, AlertRow, AlertRuleRow, Hidden, Page, ReportExportRow, ReportRunRow, ReportScheduleRow,
    SavedReportRow, StoreError,
};
use terms::{
    AlertId, AlertRuleId, ConversationId, QueueId, ReportExportId, ReportScheduleId, SavedReportId, TeamId,
    Timestamp, UserId,
};
use uuid::Uuid;

use crate::fixture::*;

fn saved(number: u128) -> SavedReportRow {
    SavedReportRow {
        id: SavedReportId::from_number(number),
        version: 0,
        name: format!("Report {number:03}"),
        folder: "Weekly".to_owned(),
        owner_id: UserId::from_number(1),
        request: json!({"type": "queues", "filters": [{"field": "queue", "op": "eq", "value": "Ä"}]}),
        shared_with: json!([Uuid::from_u128(4)]),
    }
}

fn rule(number: u128) -> AlertRuleRow {
    AlertRuleRow {
        id: AlertRuleId::from_number(number),
        version: 0,
        name: format!("Rule {number:03}"),
        kind: "long_wait".to_owned(),
        enabled: true,
        severity: "warning".to_owned(),
        queue_ids: json!([QueueId::from_number(1)]),
        condition: json!({"threshold": 120.5}),
    }
}

fn schedule(number: u128) -> ReportScheduleRow {
    ReportScheduleRow {
        id: ReportScheduleId::from_number(number),
        version: 0,
        name: format!("Schedule {number:03}"),
        saved_report_id: SavedReportId::from_number(1),
        owner_id: UserId::from_number(1),
        enabled: true,
        timing: json!({"every": "day", "at": "07:00", "time_zone": "Europe/Berlin"}),
        format: "csv".to_owned(),
        delivery: json!({"kind": "file"}),
        secret: Some(Hidden::new("signs".to_owned())),
        since: NOW,
        paused_reason: None,
    }
}

fn alert(number: u128, raised: i64) -> AlertRow {
    AlertRow {
        id: AlertId::from_number(number),
        rule_id: Some(AlertRuleId::from_number(1)),
        rule_name: "Rule 001".to_owned(),
        kind: "long_hold".to_owned(),
        severity: "critical".to_owned(),
        subject: format!("conversation/{number}"),
        queue_id: Some(QueueId::from_number(1)),
        conversation_id: Some(ConversationId::from_number(number)),
        team_id: Some(TeamId::from_number(2)),
        user_id: None,
        threshold: 60.5,
        value: 61.25,
        worst: 61.25,
        raised_at: NOW.plus_ms(raised),
        cleared_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
    }
}

fn run(number: u128, planned: i64, by_hand: bool) -> ReportRunRow {
    ReportRunRow {
        id: Uuid::from_u128(number),
        schedule_id: ReportScheduleId::from_number(1),
        planned_for: NOW.plus_ms(planned),
        by_hand,
        started_at: NOW.plus_ms(planned + 5),
        ended_at: None,
        outcome: "running".to_owned(),
        attempts: 0,
        rows: None,
        bytes: None,
        detail: None,
    }
}

fn export(number: u128, created: i64) -> ReportExportRow {
    ReportExportRow {
        id: ReportExportId::from_number(number),
        owner_id: UserId::from_number(1),
        name: "Gaps".to_owned(),
        format: "xlsx".to_owned(),
        request: json!({"type": "training_gaps"}),
        state: "waiting".to_owned(),
        rows: None,
        bytes: None,
        detail: None,
        created_at: NOW.plus_ms(created),
        ended_at: None,
        expires_at: NOW.plus_ms(created + 60_000),
    }
}

fn ids<T>(found: &[T], id: impl Fn(&T) -> Uuid) -> Vec<u128> {
    found.iter().map(|row| id(row).as_u128()).collect()
}

fn number(id: u128) -> u128 {
    AlertId::from_number(id).0.as_u128()
}

on_both! {
    alerts_are_kept_worsen_clear_and_are_seen_to_once(database) {
        let store = database.store().await;
        // Two of the same moment: their order is total all the same.
        for (number, raised) in [(1, 0), (2, 10), (3, 10)] {
            store.add_alert(&alert(number, raised)).await.unwrap();
        }
        assert_eq!(store.alert(AlertId::from_number(2)).await.unwrap(), alert(2, 10));
        let (by, at) = (UserId::from_number(9), NOW.plus_ms(20));
        assert!(store.acknowledge_alert(AlertId::from_number(2), by, at).await.unwrap());
        assert!(!store.acknowledge_alert(AlertId::from_number(2), UserId::from_number(8), at).await.unwrap());
        // How it goes on says nothing of who saw to it, and takes nothing of it away.
        let over = AlertRow { worst: 99.5, cleared_at: Some(NOW.plus_ms(30)), ..alert(2, 10) };
        store.move_alert(&over).await.unwrap();
        let expected = AlertRow { acknowledged_at: Some(at), acknowledged_by: Some(by), ..over };
        assert_eq!(store.alert(AlertId::from_number(2)).await.unwrap(), expected);
        let open = store.open_alerts().await.unwrap();
        assert_eq!(ids(&open, |row| row.id.0), [number(1), number(3)]);
        let mut told = Vec::new();
        let mut page = Page { limit: Some(2), cursor: None };
        loop {
            let listed = store.alerts(AlertFilter::default(), &page).await.unwrap();
            told.extend(ids(&listed.items, |row| row.id.0));
            let Some(next) = listed.next_cursor else { break };
            page.cursor = Some(next);
        }
        assert_eq!(told, [number(3), number(2), number(1)]);
        assert_eq!(store.prune_alerts(NOW.plus_ms(30)).await.unwrap(), 0);
        assert_eq!(store.prune_alerts(NOW.plus_ms(31)).await.unwrap(), 1);
        let gone = store.alert(AlertId::from_number(2)).await.unwrap_err();
        assert!(matches!(gone, StoreError::NotFound { .. }), "{gone}");
        assert_eq!(store.open_alerts().await.unwrap().len(), 2);
    }

    open_alerts_and_their_rules_are_there_at_the_next_start(database) {
        let store = database.store().await;
        store.alert_rules().create(rule(1), &by()).await.unwrap();
        store.alert_rules().create(AlertRuleRow { enabled: false, ..rule(2) }, &by()).await.unwrap();
        store.add_alert(&alert(1, 0)).await.unwrap();
        store.close().await.unwrap();
        let store = database.store().await;
        assert_eq!(store.open_alerts().await.unwrap(), [alert(1, 0)]);
        let rules = store.all_alert_rules().await.unwrap();
        assert_eq!(rules, [AlertRuleRow { version: 1, ..rule(1) }, AlertRuleRow { version: 1, enabled: false, ..rule(2) }]);
    }

    runs_of_a_schedule_are_listed_newest_first_and_go_with_it(database) {
        let store = database.store().await;
        store.saved_reports().create(saved(1), &by()).await.unwrap();
        store.report_schedules().create(schedule(1), &by()).await.unwrap();
        let schedule_id = ReportScheduleId::from_number(1);
        assert_eq!(store.last_planned_run(schedule_id).await.unwrap(), None);
        for (number, planned, by_hand) in [(1, 0, false), (2, 100, false), (3, 500, true)] {
            store.add_report_run(&run(number, planned, by_hand)).await.unwrap();
        }
        // One that somebody asked for is no date of the schedule's.
        assert_eq!(store.last_planned_run(schedule_id).await.unwrap(), Some(NOW.plus_ms(100)));
        let done = ReportRunRow {
            ended_at: Some(NOW.plus_ms(700)),
            outcome: "delivered".to_owned(),
            attempts: 2,
            rows: Some(7),
            bytes: Some(900),
            detail: Some("at last".to_owned()),
            ..run(1, 0, false)
        };
        store.move_report_run(&done).await.unwrap();
        let first = store.report_runs(schedule_id, &Page { limit: Some(2), cursor: None }).await.unwrap();
        assert_eq!(ids(&first.items, |row| row.id), [3, 2]);
        let rest = store.report_runs(schedule_id, &Page { limit: Some(2), cursor: first.next_cursor }).await.unwrap();
        assert_eq!(rest.items, [done]);
        let mut cut_short = ids(&store.unfinished_report_runs().await.unwrap(), |row| row.id);
        cut_short.sort_unstable();
        assert_eq!(cut_short, [2, 3]);
        assert_eq!(store.prune_report_runs(NOW.plus_ms(701)).await.unwrap(), 1);
        // The saved report goes, and takes its schedules with it.
        store.saved_reports().delete(SavedReportId::from_number(1), None, &by()).await.unwrap();
        assert_eq!(store.all_report_schedules().await.unwrap(), []);
        assert_eq!(store.unfinished_report_runs().await.unwrap(), []);
        // One that comes to its end afterwards is no error.
        store.move_report_run(&run(2, 100, false)).await.unwrap();
    }

    exports_are_their_owners_and_tidied_when_their_time_is_over(database) {
        let store = database.store().await;
        let mine = UserId::from_number(1);
        for (number, created) in [(1, 0), (2, 10), (3, 20)] {
            store.add_report_export(&export(number, created)).await.unwrap();
        }
        let other = ReportExportRow { owner_id: UserId::from_number(2), ..export(4, 30) };
        store.add_report_export(&other).await.unwrap();
        let done = ReportExportRow {
            state: "done".to_owned(),
            rows: Some(3),
            bytes: Some(1 << 40),
            ended_at: Some(NOW.plus_ms(40)),
            ..export(1, 0)
        };
        store.move_report_export(&done).await.unwrap();
        assert_eq!(store.report_export(done.id).await.unwrap(), done);
        let listed = store.report_exports(mine, 2).await.unwrap();
        assert_eq!(listed, [export(3, 20), export(2, 10)]);
        let early = store.report_exports_to_tidy(NOW.plus_ms(50)).await.unwrap();
        assert!(early.iter().all(|row| row.ended_at.is_none()) && early.len() == 3);
        let late = store.report_exports_to_tidy(NOW.plus_ms(60_000)).await.unwrap();
        assert!(late.contains(&done));
        store.remove_report_export(done.id).await.unwrap();
        let gone = store.report_export(done.id).await.unwrap_err();
        assert!(matches!(gone, StoreError::NotFound { .. }), "{gone}");
    }

    saved_reports_rules_and_schedules_come_back_as_they_were_written(database) {
        let store = database.store().await;
        let report = store.saved_reports().create(saved(1), &by()).await.unwrap();
        assert_eq!(report, SavedReportRow { version: 1, ..saved(1) });
        assert_eq!(store.saved_reports().find(report.id).await.unwrap(), report);
        let paused = store.report_schedules().create(schedule(1), &by()).await.unwrap();
        let reason = "may not export any more";
        let paused = store
            .report_schedules()
            .update(paused.id, Some(1), &by(), |row| {
                row.enabled = false;
                row.paused_reason = Some(reason.to_owned());
                row.since = Timestamp::from_ms(NOW.ms() + 1);
            })
            .await
            .unwrap();
        assert_eq!(store.all_report_schedules().await.unwrap(), std::slice::from_ref(&paused));
        assert_eq!((paused.paused_reason.as_deref(), paused.enabled), (Some(reason), false));
        // What signs the bodies is in no audit event.
        let audit = store.audit_events(&store::AuditFilter::default(), &Page::default()).await.unwrap();
        assert!(!format!("{audit:?}").contains("signs"));
        let elsewhere = ReportScheduleRow { saved_report_id: SavedReportId::from_number(9), ..schedule(2) };
        let refused = store.report_schedules().create(elsewhere, &by()).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unknown { .. }), "{refused}");
    }
}
