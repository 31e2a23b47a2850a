//! Intervals of a time zone: keyed by the instant at which they begin, labelled with the offset that holds there.

use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone,
    Utc,
};
use chrono_tz::Tz;

const MINUTE: i64 = 60_000;
/// No zone moves its clock more than this.
const DAY: i64 = 24 * 60 * MINUTE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    QuarterHour,
    HalfHour,
    Hour,
    Day,
    /// From Monday.
    Week,
    Month,
}

impl Interval {
    pub const WORDS: &[(&str, Interval)] = &[
        ("quarter_hour", Interval::QuarterHour),
        ("half_hour", Interval::HalfHour),
        ("hour", Interval::Hour),
        ("day", Interval::Day),
        ("week", Interval::Week),
        ("month", Interval::Month),
    ];

    /// Our own words, and what others write for the same.
    pub fn read(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase().replace('-', "_");
        let ours = Self::WORDS.iter().find(|(ours, _)| *ours == word).map(|(_, interval)| *interval);
        ours.or(match word.as_str() {
            "15m" | "15min" | "pt15m" => Some(Interval::QuarterHour),
            "30m" | "30min" | "pt30m" => Some(Interval::HalfHour),
            "1h" | "60m" | "pt1h" => Some(Interval::Hour),
            "1d" | "p1d" => Some(Interval::Day),
            "1w" | "p1w" | "p7d" => Some(Interval::Week),
            "1mo" | "p1m" => Some(Interval::Month),
            _ => None,
        })
    }

    const fn length(self) -> Option<i64> {
        match self {
            Interval::QuarterHour => Some(15 * MINUTE),
            Interval::HalfHour => Some(30 * MINUTE),
            Interval::Hour => Some(60 * MINUTE),
            Interval::Day | Interval::Week | Interval::Month => None,
        }
    }
}

fn utc(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

fn offset(zone: Tz, ms: i64) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&utc(ms).naive_utc()).fix().local_minus_utc()) * 1000
}

pub fn local(zone: Tz, ms: i64) -> NaiveDateTime {
    utc(ms).with_timezone(&zone).naive_local()
}

/// The interval around an instant: from its first millisecond to the next one's.
pub fn around(zone: Tz, interval: Interval, at: i64) -> (i64, i64) {
    match interval.length() {
        Some(length) => by_clock(zone, length, at),
        None => {
            let date = local(zone, at).date();
            let first = match interval {
                Interval::Week => back(date, date.weekday().num_days_from_monday()),
                Interval::Month => date.with_day(1).unwrap_or(date),
                _ => date,
            };
            let next = match interval {
                Interval::Week => first.checked_add_days(Days::new(7)),
                Interval::Month => first.checked_add_months(Months::new(1)),
                _ => first.succ_opt(),
            };
            (start_of(zone, first), start_of(zone, next.unwrap_or(first)))
        }
    }
}

fn back(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(days))).unwrap_or(date)
}

/// Of the local clock; where the clock is moved within it, it ends or begins there.
fn by_clock(zone: Tz, length: i64, at: i64) -> (i64, i64) {
    let here = offset(zone, at);
    let clock = at + here;
    let mut start = clock - clock.rem_euclid(length) - here;
    let mut end = start + length;
    if offset(zone, start) != here {
        start = first(start, at, |ms| offset(zone, ms) == here);
    }
    if offset(zone, end - 1) != here {
        end = first(at, end, |ms| offset(zone, ms) != here);
    }
    (start, end)
}

/// The first instant after `low` (where it is false), up to `high` (where it is true), at which `is` holds.
fn first(mut low: i64, mut high: i64, is: impl Fn(i64) -> bool) -> i64 {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if is(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The first instant of a date: midnight, or what comes for it where the clock leaves midnight out.
pub fn start_of(zone: Tz, date: NaiveDate) -> i64 {
    moment(zone, date.and_time(NaiveTime::MIN))
}

/// When a clock there shows this: the first time where it comes twice, the end of the gap where it is left out.
pub fn moment(zone: Tz, clock: NaiveDateTime) -> i64 {
    match zone.from_local_datetime(&clock) {
        MappedLocalTime::Single(at) => at.timestamp_millis(),
        MappedLocalTime::Ambiguous(early, late) => early.timestamp_millis().min(late.timestamp_millis()),
        MappedLocalTime::None => {
            let about = clock.and_utc().timestamp_millis();
            first(about - 2 * DAY, about + 2 * DAY, |ms| local(zone, ms) >= clock)
        }
    }
}

/// RFC 3339 with the offset, so that the two half past ones of an autumn night differ.
pub fn label(zone: Tz, ms: i64) -> String {
    utc(ms).with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YORK: Tz = chrono_tz::America::New_York;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    fn count(zone: Tz, interval: Interval, from: &str, to: &str) -> usize {
        let (mut ms, to, mut count) = (at(from), at(to), 0);
        while ms < to {
            let (start, end) = around(zone, interval, ms);
            assert_eq!(start, ms, "{}", label(zone, ms));
            assert_eq!(around(zone, interval, end - 1), (start, end));
            (ms, count) = (end, count + 1);
        }
        count
    }

    #[test]
    fn the_day_on_which_clocks_go_back_has_fifty_half_hours() {
        let half = Interval::HalfHour;
        assert_eq!(count(NEW_YORK, half, "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"), 50);
        assert_eq!(count(NEW_YORK, half, "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00"), 46);
        assert_eq!(
            count(NEW_YORK, Interval::Day, "2026-10-31T00:00:00-04:00", "2026-11-03T00:00:00-05:00"),
            3
        );
        assert_eq!(
            around(NEW_YORK, half, at("2026-11-01T01:45:00-04:00")).0,
            at("2026-11-01T01:30:00-04:00")
        );
        assert_eq!(label(NEW_YORK, at("2026-11-01T01:30:00-05:00")), "2026-11-01T01:30:00-05:00");
    }

    #[test]
    fn odd_zones_have_intervals_of_their_own_clock() {
        let kathmandu = chrono_tz::Asia::Kathmandu;
        assert_eq!(
            around(kathmandu, Interval::Hour, at("2026-05-01T00:20:00Z")).0,
            at("2026-05-01T00:15:00Z")
        );
        // Half an hour is put back there.
        let lord_howe = chrono_tz::Australia::Lord_Howe;
        let (from, to) = ("2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30");
        assert_eq!(count(lord_howe, Interval::HalfHour, from, to), 49);
        assert_eq!(count(lord_howe, Interval::Hour, from, to), 25);
        // Midnight is left out on this day.
        let beirut = chrono_tz::Asia::Beirut;
        assert_eq!(count(beirut, Interval::Day, "2026-03-28T00:00:00+02:00", "2026-03-31T00:00:00+03:00"), 3);
        assert_eq!(
            count(beirut, Interval::Week, "2026-03-23T00:00:00+02:00", "2026-04-06T00:00:00+03:00"),
            2
        );
    }
}
