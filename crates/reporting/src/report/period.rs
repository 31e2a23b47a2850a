//! Dates that move with the day: what "the last seven days" are when a report is run.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use chrono_tz::Tz;
use serde_json::json;

use super::{FilterRequest, Request, calendar, type_of};

/// The words of `period`: days end with today, weeks begin on Monday.
pub const PERIODS: &[&str] =
    &["today", "yesterday", "7d", "30d", "90d", "this_week", "last_week", "this_month", "last_month"];

/// The same report with its period as dates of its time zone (`zone` where it names none), and no period left.
pub fn settled(mut request: Request, now: i64, zone: Tz) -> Request {
    let zone = request.time_zone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(zone);
    let today = calendar::local(zone, now).date();
    // A word that nobody knows stays: the plan refuses it by name.
    let Some((from, before)) = request.period.as_deref().and_then(|word| dates(word, today)) else {
        return request;
    };
    request.period = None;
    let starts = type_of(&request.of).is_some_and(|of| of.fields.contains(&"started_at"));
    request.filters.push(FilterRequest {
        field: if starts { "started_at" } else { "start_at" }.to_owned(),
        op: "between".to_owned(),
        value: json!([from.to_string(), before.to_string()]),
    });
    request
}

/// From the first day to the day after the last.
fn dates(word: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let tomorrow = today.succ_opt()?;
    let back = |days: u64| today.checked_sub_days(Days::new(days));
    let monday = back(u64::from(today.weekday().num_days_from_monday()))?;
    let first = today.with_day(1)?;
    Some(match word {
        "today" => (today, tomorrow),
        "yesterday" => (back(1)?, today),
        "7d" => (back(6)?, tomorrow),
        "30d" => (back(29)?, tomorrow),
        "90d" => (back(89)?, tomorrow),
        "this_week" => (monday, tomorrow),
        "last_week" => (monday.checked_sub_days(Days::new(7))?, monday),
        "this_month" => (first, tomorrow),
        "last_month" => (first.checked_sub_months(Months::new(1))?, first),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-02 04:30 UTC: still Sunday the first in New York.
    const NOW: i64 = 1_772_425_800_000;

    fn settle(of: &str, period: &str) -> Request {
        let request = Request { of: of.to_owned(), period: Some(period.to_owned()), ..Request::default() };
        settled(request, NOW, chrono_tz::America::New_York)
    }

    fn asked(period: &str) -> serde_json::Value {
        settle("voice_calls", period).filters.first().map(|filter| filter.value.clone()).unwrap_or_default()
    }

    #[test]
    fn a_period_is_dates_of_the_reports_time_zone_and_ends_before_the_day_after() {
        assert_eq!(asked("today"), json!(["2026-03-01", "2026-03-02"]));
        assert_eq!(asked("7d"), json!(["2026-02-23", "2026-03-02"]));
        assert_eq!(asked("last_week"), json!(["2026-02-16", "2026-02-23"]));
        assert_eq!(asked("last_month"), json!(["2026-02-01", "2026-03-01"]));
        let mut request = Request {
            of: "voice_calls".to_owned(),
            period: Some("yesterday".to_owned()),
            ..Request::default()
        };
        request.time_zone = Some("Pacific/Kiritimati".to_owned());
        let there = settled(request, NOW, chrono_tz::UTC);
        assert_eq!(there.filters[0].value, json!(["2026-03-01", "2026-03-02"]));
    }

    #[test]
    fn presence_begins_where_its_interval_does_and_an_unknown_word_is_left_to_the_plan() {
        let presence = settle("presence", "today");
        assert_eq!(presence.filters[0].field, "start_at");
        assert_eq!(presence.period, None);
        let unknown = settle("voice_calls", "fortnight");
        assert!(unknown.filters.is_empty());
        assert_eq!(unknown.period.as_deref(), Some("fortnight"));
    }

    #[test]
    fn every_word_has_dates() {
        for word in PERIODS {
            assert_eq!(settle("voice_calls", word).period, None, "{word}");
        }
    }
}
