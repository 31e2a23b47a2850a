//! Today's figures of each queue, counted as the reports count them.

use std::{collections::BTreeMap, sync::Arc};

use chrono_tz::Tz;
use reporting::{
    ledger::{Ledger, Window},
    metric::{Measure, Value, measure},
    report::{Asker, FilterRequest, Interval, Request, calendar, plan, run},
};
use serde_json::json;
use terms::{QueueId, Timestamp};

use crate::{Faces, body::Time};

/// What a board shows of a queue's day. These are the names of the report type `queues`.
pub(crate) const MEASURES: [&str; 14] = [
    "offered",
    "answered",
    "abandoned",
    "short_abandoned",
    "callback_requested",
    "abandon_rate",
    "asa_seconds",
    "longest_wait_seconds",
    "answered_in_time",
    "service_level_offered",
    "service_level_excluding_short",
    "service_level_answered",
    "service_level_abandons_met",
    "service_level_abandons_missed",
];

const GAP_DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 3_600_000;

/// Each queue's figures since a moment, in the order of `MEASURES`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Period {
    pub(crate) since: Timestamp,
    of: BTreeMap<QueueId, Vec<Value>>,
    /// Of a queue in which nothing has happened.
    nothing: Vec<Value>,
}

impl Period {
    pub(crate) fn of(&self, queue: QueueId) -> impl Iterator<Item = (&'static str, &Value)> {
        MEASURES.into_iter().zip(self.of.get(&queue).unwrap_or(&self.nothing))
    }

    pub(crate) fn value(&self, queue: QueueId, name: &str) -> Option<f64> {
        self.of(queue).find(|(measure, _)| *measure == name).and_then(|(_, value)| match value {
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::Null | Value::Bool(_) | Value::Text(_) => None,
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// None before the first count.
    pub(crate) counted_at: Option<Timestamp>,
    pub(crate) time_zone: Tz,
    pub(crate) today: Period,
    pub(crate) half_hour: Period,
}

/// What the measures mean.
pub(crate) fn definitions() -> BTreeMap<&'static str, &'static str> {
    let of = |measure: &'static Measure| (measure.public(), measure.definition);
    MEASURES.iter().filter_map(|name| measure(name)).map(of).collect()
}

/// The report that counts the same: the calls behind a number are found with it.
pub(crate) fn request(since: Timestamp) -> Request {
    let from = FilterRequest { field: "started_at".into(), op: "gte".into(), value: json!(Time(since)) };
    Request {
        of: "queues".into(),
        filters: vec![from],
        group_by: Some(vec!["queue_id".into()]),
        measures: Some(MEASURES.iter().map(|name| (*name).to_owned()).collect()),
        ..Request::default()
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CountError {
    #[error("{0}")]
    Store(#[from] store::StoreError),
    #[error("{0}")]
    Facts(String),
    #[error("counting broke off")]
    Broken,
}

async fn asker(faces: &Faces) -> Result<Asker, CountError> {
    let settings = faces.store.settings().await?;
    Ok(Asker {
        reaches: None,
        sees_full_numbers: false,
        time_zone: settings.time_zone.parse().unwrap_or_default(),
        threshold_permille: i64::from(settings.training_gap_threshold_permille),
    })
}

async fn facts(faces: &Faces, from: i64) -> Result<Ledger, CountError> {
    let window = Window { from: Some(from), to: None };
    let loaded = faces.archive.ledger(window, faces.now().ms()).await;
    loaded.map_err(|error| CountError::Facts(error.to_string()))
}

/// Reads the facts of the day and counts them, off the threads that serve requests.
pub(crate) async fn count(faces: &Faces) -> Result<Figures, CountError> {
    let asker = asker(faces).await?;
    let now = faces.now();
    let since = |interval| Timestamp::from_ms(calendar::around(asker.time_zone, interval, now.ms()).0);
    let (today, half_hour) = (since(Interval::Day), since(Interval::HalfHour));
    let ledger = Arc::new(facts(faces, today.ms().min(half_hour.ms())).await?);
    let counted = tokio::task::spawn_blocking(move || {
        let today = period(today, &asker, &ledger)?;
        let half_hour = period(half_hour, &asker, &ledger)?;
        Ok(Figures { counted_at: Some(now), time_zone: asker.time_zone, today, half_hour })
    });
    counted.await.map_err(|_| CountError::Broken)?
}

fn period(since: Timestamp, asker: &Asker, ledger: &Ledger) -> Result<Period, CountError> {
    let request = request(since);
    let broken = |_| CountError::Facts("the board asks for what reports do not have".into());
    let report = run(&plan(&request, asker).map_err(broken)?, ledger);
    let whole = Request { group_by: Some(Vec::new()), ..request };
    let empty = run(&plan(&whole, asker).map_err(broken)?, &Ledger::default());
    let row = |row: Vec<Value>| match row.first() {
        Some(Value::Text(id)) => Some((QueueId(id.parse().ok()?), row.get(1..)?.to_vec())),
        _ => None,
    };
    Ok(Period { since, of: report.rows.into_iter().filter_map(row).collect(), nothing: empty.totals })
}

/// A subject, its consult rate, and from how many calls.
pub(crate) type Gap = (String, f64, i64);

/// Of each subject over the last days.
pub(crate) async fn gaps(faces: &Faces) -> Result<Vec<Gap>, CountError> {
    let asker = asker(faces).await?;
    let since = Timestamp::from_ms(faces.now().ms() - GAP_DAYS * DAY_MS);
    let request = Request {
        of: "training_gaps".into(),
        group_by: Some(vec!["subject".into()]),
        measures: Some(vec!["calls".into(), "consult_rate".into()]),
        ..request(since)
    };
    let plan =
        plan(&request, &asker).map_err(|_| CountError::Facts("training gaps cannot be asked".into()))?;
    let ledger = facts(faces, since.ms()).await?;
    let counted = tokio::task::spawn_blocking(move || run(&plan, &ledger));
    let report = counted.await.map_err(|_| CountError::Broken)?;
    let read = |row: Vec<Value>| match row.as_slice() {
        [Value::Text(subject), Value::Int(calls), Value::Float(rate)] => {
            Some((subject.clone(), *rate, *calls))
        }
        _ => None,
    };
    Ok(report.rows.into_iter().filter_map(read).collect())
}
