//! When a report is due: every day, on days of the week or on a day of the month, at a time of a place's clock.
//!
//! Each date has one such moment. Where the clock leaves the time out (spring), it is the first moment after the gap;
//! where the time comes twice (autumn), the first of the two.

use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::report::calendar;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    Day,
    Week,
    Month,
}

/// Days of the week, Monday first.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    pub every: Every,
    /// `07:30`.
    pub at: String,
    /// Of a week: `mon` to `sun`.
    #[serde(default)]
    pub weekdays: Vec<String>,
    /// Of a month, 1 to 31; in a month that is shorter, its last day.
    #[serde(default)]
    pub day: Option<u32>,
    /// An IANA name.
    pub time_zone: String,
}

/// A field that is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongTiming {
    pub field: &'static str,
    pub message: String,
}

/// A timing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clockwork {
    zone: Tz,
    at: NaiveTime,
    days: Rhythm,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rhythm {
    All,
    /// Numbers from Monday, 0 to 6.
    OfWeek(Vec<u32>),
    OfMonth(u32),
}

/// A month and a few days hold every rhythm's next date.
const LOOK_AHEAD_DAYS: u64 = 64;

impl Timing {
    pub fn check(&self) -> Result<Clockwork, Vec<WrongTiming>> {
        let mut wrong = Vec::new();
        let mut refuse = |field, message: &str| wrong.push(WrongTiming { field, message: message.into() });
        let zone = self.time_zone.parse::<Tz>().ok();
        let at = NaiveTime::parse_from_str(&self.at, "%H:%M").ok().filter(|_| self.at.len() == 5);
        if zone.is_none() {
            refuse("time_zone", "is no IANA time zone, like Europe/Berlin");
        }
        if at.is_none() {
            refuse("at", "is a time of day, 00:00 to 23:59");
        }
        let numbers: Vec<Option<u32>> = self.weekdays.iter().map(|day| number_of(day)).collect();
        let days = match self.every {
            Every::Day => Some(Rhythm::All),
            Every::Week => {
                let known = numbers.iter().all(Option::is_some) && !numbers.is_empty();
                if !known {
                    refuse("weekdays", "one or more of mon, tue, wed, thu, fri, sat, sun");
                }
                known.then(|| Rhythm::OfWeek(numbers.into_iter().flatten().collect()))
            }
            Every::Month => {
                let day = self.day.filter(|day| (1..=31).contains(day));
                if day.is_none() {
                    refuse("day", "1 to 31");
                }
                day.map(Rhythm::OfMonth)
            }
        };
        match (zone, at, days) {
            (Some(zone), Some(at), Some(days)) => Ok(Clockwork { zone, at, days }),
            _ => Err(wrong),
        }
    }
}

fn number_of(day: &str) -> Option<u32> {
    WEEKDAYS.iter().position(|known| *known == day).and_then(|at| u32::try_from(at).ok())
}

fn last_day(date: NaiveDate) -> u32 {
    let next = if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
    NaiveDate::from_ymd_opt(next.0, next.1, 1)
        .and_then(|first| first.pred_opt())
        .map_or(31, |last| last.day())
}

impl Clockwork {
    fn is_due_on(&self, date: NaiveDate) -> bool {
        match &self.days {
            Rhythm::All => true,
            Rhythm::OfWeek(days) => days.contains(&date.weekday().num_days_from_monday()),
            Rhythm::OfMonth(day) => date.day() == (*day).min(last_day(date)),
        }
    }

    /// The first due moment after this one, in milliseconds UTC.
    pub fn next(&self, after: i64) -> Option<i64> {
        let first = calendar::local(self.zone, after).date().pred_opt()?;
        (0..LOOK_AHEAD_DAYS)
            .filter_map(|days| first.checked_add_days(Days::new(days)))
            .filter(|date| self.is_due_on(*date))
            .map(|date| calendar::moment(self.zone, date.and_time(self.at)))
            .find(|at| *at > after)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    fn timing(every: Every, at: &str, zone: &str) -> Timing {
        Timing { every, at: at.into(), weekdays: Vec::new(), day: None, time_zone: zone.into() }
    }

    fn dues(timing: &Timing, after: &str, count: usize) -> Vec<String> {
        let clockwork = timing.check().unwrap();
        let (mut after, mut found) = (at(after), Vec::new());
        for _ in 0..count {
            after = clockwork.next(after).unwrap();
            found.push(calendar::label(timing.time_zone.parse().unwrap(), after));
        }
        found
    }

    #[test]
    fn a_time_that_the_spring_leaves_out_comes_once_right_after_the_gap() {
        let daily = timing(Every::Day, "02:30", "Europe/Berlin");
        assert_eq!(
            dues(&daily, "2026-03-27T12:00:00+01:00", 4),
            [
                "2026-03-28T02:30:00+01:00",
                "2026-03-29T03:00:00+02:00",
                "2026-03-30T02:30:00+02:00",
                "2026-03-31T02:30:00+02:00"
            ]
        );
    }

    #[test]
    fn a_time_that_the_autumn_has_twice_comes_once() {
        let daily = timing(Every::Day, "02:30", "Europe/Berlin");
        assert_eq!(
            dues(&daily, "2026-10-24T03:00:00+02:00", 2),
            ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]
        );
        let between = at("2026-10-25T02:30:00+01:00");
        let next = daily.check().unwrap().next(between).unwrap();
        assert_eq!(next, at("2026-10-26T02:30:00+01:00"), "not a second time in the hour that repeats");
    }

    #[test]
    fn a_day_that_has_no_midnight_is_due_when_it_begins() {
        let daily = timing(Every::Day, "00:00", "Asia/Beirut");
        assert_eq!(
            dues(&daily, "2026-03-28T12:00:00+02:00", 2),
            ["2026-03-29T01:00:00+03:00", "2026-03-30T00:00:00+03:00"]
        );
    }

    #[test]
    fn weeks_and_months_come_on_their_days_and_short_months_on_their_last() {
        let mut weekly = timing(Every::Week, "07:00", "America/New_York");
        weekly.weekdays = vec!["fri".into(), "mon".into()];
        assert_eq!(
            dues(&weekly, "2026-11-21T12:00:00Z", 3),
            ["2026-11-23T07:00:00-05:00", "2026-11-27T07:00:00-05:00", "2026-11-30T07:00:00-05:00"]
        );
        let mut monthly = timing(Every::Month, "23:59", "UTC");
        monthly.day = Some(31);
        assert_eq!(
            dues(&monthly, "2027-12-31T23:59:00Z", 4),
            ["2028-01-31T23:59:00Z", "2028-02-29T23:59:00Z", "2028-03-31T23:59:00Z", "2028-04-30T23:59:00Z"]
        );
    }

    #[test]
    fn what_cannot_be_says_what_would_be_right() {
        let wrong = |timing: &Timing| {
            timing.check().unwrap_err().into_iter().map(|wrong| wrong.field).collect::<Vec<_>>()
        };
        assert_eq!(wrong(&timing(Every::Week, "7:30", "Berlin")), ["time_zone", "at", "weekdays"]);
        assert_eq!(wrong(&timing(Every::Month, "24:00", "UTC")), ["at", "day"]);
        let mut monthly = timing(Every::Month, "00:00", "UTC");
        monthly.day = Some(32);
        assert_eq!(wrong(&monthly), ["day"]);
    }
}
