//! Business hours: a week in a time zone, and the days that are unlike the others.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use terms::Timestamp;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// When it is open. Hours are what a clock on the wall there shows: on the two odd days of the year they move with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessHours {
    pub name: String,
    pub time_zone: Tz,
    pub schedule: Schedule,
}

/// As the API takes it and the database keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Schedule {
    pub monday: Vec<Span>,
    pub tuesday: Vec<Span>,
    pub wednesday: Vec<Span>,
    pub thursday: Vec<Span>,
    pub friday: Vec<Span>,
    pub saturday: Vec<Span>,
    pub sunday: Vec<Span>,
    pub exceptions: Vec<Exception>,
}

/// From the minute `from` on, until before the minute `to`: `09:00` to `17:30`; `24:00` is the end of the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: String,
    pub to: String,
}

/// A day with hours of its own; none is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    pub date: NaiveDate,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub hours: Vec<Span>,
}

/// Whether it is open, and which exception says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub open: bool,
    pub exception: Option<String>,
}

/// `HH:MM` as minutes of the day, up to `24:00`.
pub fn minutes_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
    let whole = hours * 60 + minutes;
    (minutes < 60 && whole <= DAY_MINUTES).then_some(whole)
}

impl Span {
    /// Both ends in minutes, where it is one.
    pub fn minutes(&self) -> Option<(u16, u16)> {
        let (from, to) = (minutes_of(&self.from)?, minutes_of(&self.to)?);
        (from < to).then_some((from, to))
    }
    fn holds(&self, minute: u16) -> bool {
        self.minutes().is_some_and(|(from, to)| (from..to).contains(&minute))
    }
}

impl Schedule {
    /// The days by name, Monday first.
    pub fn days(&self) -> [(&'static str, &Vec<Span>); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }
}

impl BusinessHours {
    pub fn at(&self, at: Timestamp) -> Opened {
        let utc = DateTime::from_timestamp_millis(at.ms()).unwrap_or_default();
        let there = utc.with_timezone(&self.time_zone);
        let minute = u16::try_from(there.hour() * 60 + there.minute()).unwrap_or(0);
        let date = there.date_naive();
        let exception = self.schedule.exceptions.iter().find(|exception| exception.date == date);
        let spans = match exception {
            Some(exception) => &exception.hours,
            None => self.schedule.days()[date.weekday().num_days_from_monday() as usize].1,
        };
        let open = spans.iter().any(|span| span.holds(minute));
        Opened { open, exception: exception.map(|exception| exception.name.clone()) }
    }
}

/// Business hours by their id.
pub type AllHours = BTreeMap<terms::BusinessHoursId, BusinessHours>;

#[cfg(test)]
mod tests {
    use super::*;

    fn office(zone: Tz) -> BusinessHours {
        let day = vec![Span { from: "09:00".into(), to: "17:30".into() }];
        let sunday = vec![Span { from: "02:30".into(), to: "03:30".into() }];
        let christmas = Exception {
            date: NaiveDate::from_ymd_opt(2026, 12, 25).unwrap(),
            name: "Christmas".into(),
            hours: Vec::new(),
        };
        let schedule = Schedule {
            monday: day.clone(),
            friday: day,
            saturday: vec![Span { from: "22:00".into(), to: "24:00".into() }],
            sunday,
            exceptions: vec![christmas],
            ..Schedule::default()
        };
        BusinessHours { name: "Office".into(), time_zone: zone, schedule }
    }

    fn open(zone: Tz, at: &str) -> bool {
        let at = DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis();
        office(zone).at(Timestamp::from_ms(at)).open
    }

    #[test]
    fn hours_begin_and_end_to_the_minute() {
        let zone = chrono_tz::Europe::Berlin;
        assert!(!open(zone, "2026-11-23T08:59:59+01:00"));
        assert!(open(zone, "2026-11-23T09:00:00+01:00"));
        assert!(open(zone, "2026-11-23T17:29:59+01:00"));
        assert!(!open(zone, "2026-11-23T17:30:00+01:00"));
        assert!(open(zone, "2026-11-28T23:59:59+01:00"));
    }

    #[test]
    fn the_same_clock_on_the_wall_opens_in_summer_and_in_winter() {
        let zone = chrono_tz::America::New_York;
        assert!(open(zone, "2026-07-06T13:00:00Z") && !open(zone, "2026-07-06T12:59:00Z"));
        assert!(open(zone, "2026-12-07T14:00:00Z") && !open(zone, "2026-12-07T13:59:00Z"));
    }

    #[test]
    fn an_hour_that_the_clock_skips_is_short_and_one_that_comes_twice_is_open_twice() {
        let zone = chrono_tz::Europe::Berlin;
        // 2026-03-29: 02:00 becomes 03:00; 02:30 to 03:30 begins at 03:00.
        assert!(!open(zone, "2026-03-29T00:59:00Z"));
        assert!(open(zone, "2026-03-29T01:00:00Z"));
        assert!(!open(zone, "2026-03-29T01:30:00Z"));
        // 2026-10-25: 03:00 becomes 02:00.
        assert!(open(zone, "2026-10-25T00:45:00Z") && open(zone, "2026-10-25T01:45:00Z"));
    }

    #[test]
    fn an_exception_takes_the_place_of_its_day() {
        let hours = office(chrono_tz::Europe::Berlin);
        let friday = DateTime::parse_from_rfc3339("2026-12-25T10:00:00+01:00").unwrap();
        let opened = hours.at(Timestamp::from_ms(friday.timestamp_millis()));
        assert_eq!(opened, Opened { open: false, exception: Some("Christmas".into()) });
    }

    #[test]
    fn what_is_no_time_of_day_is_none() {
        for text in ["24:01", "9:00", "12:60", "", "12", "1a:00", "-1:00"] {
            assert_eq!(minutes_of(text), None, "{text}");
        }
        assert_eq!(minutes_of("24:00"), Some(1_440));
    }
}
