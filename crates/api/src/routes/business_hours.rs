//! Business hours: a week in a time zone, and the days that are unlike the others.

use callcontrol::flow::hours::{Exception, Schedule, Span};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{BusinessHoursRow, Rows, Store};
use terms::BusinessHoursId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

const SPANS_MAX: usize = 10;
const EXCEPTIONS_MAX: usize = 400;

/// When it is open; a day without hours is closed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BusinessHoursFields {
    name: String,
    /// An IANA name like `Europe/Berlin`; the hours are what a clock on the wall there shows, all year round.
    time_zone: String,
    #[serde(default)]
    monday: Vec<HoursSpan>,
    #[serde(default)]
    tuesday: Vec<HoursSpan>,
    #[serde(default)]
    wednesday: Vec<HoursSpan>,
    #[serde(default)]
    thursday: Vec<HoursSpan>,
    #[serde(default)]
    friday: Vec<HoursSpan>,
    #[serde(default)]
    saturday: Vec<HoursSpan>,
    #[serde(default)]
    sunday: Vec<HoursSpan>,
    /// Days with hours of their own: holidays, long Saturdays.
    #[serde(default)]
    exceptions: Vec<HoursException>,
}

/// Within one day: what goes past midnight is two.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoursSpan {
    /// `09:00`.
    #[schema(example = "09:00")]
    from: String,
    /// Later than `from`; `24:00` is the end of the day.
    #[schema(example = "17:30")]
    to: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoursException {
    /// `2026-12-25`.
    #[schema(value_type = String, format = Date)]
    date: NaiveDate,
    #[serde(default)]
    name: String,
    /// Empty: closed all day.
    #[serde(default)]
    hours: Vec<HoursSpan>,
}

impl From<HoursSpan> for Span {
    fn from(span: HoursSpan) -> Self {
        Span { from: span.from, to: span.to }
    }
}

impl From<Span> for HoursSpan {
    fn from(span: Span) -> Self {
        HoursSpan { from: span.from, to: span.to }
    }
}

fn spans(spans: Vec<HoursSpan>) -> Vec<Span> {
    spans.into_iter().map(Span::from).collect()
}

fn shown(spans: Vec<Span>) -> Vec<HoursSpan> {
    spans.into_iter().map(HoursSpan::from).collect()
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BusinessHours {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: BusinessHoursFields,
}

#[derive(Debug)]
pub(crate) enum AllBusinessHours {}

impl Noun for AllBusinessHours {
    type Row = BusinessHoursRow;
    type Write = BusinessHoursFields;
    type View = BusinessHours;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/business-hours";

    fn rows(store: &Store) -> Rows<'_, BusinessHoursRow> {
        store.business_hours()
    }
    fn typed(id: Uuid) -> BusinessHoursId {
        BusinessHoursId(id)
    }
    fn blank(id: Uuid, (): &()) -> BusinessHoursRow {
        BusinessHoursRow {
            id: BusinessHoursId(id),
            version: 0,
            name: String::new(),
            time_zone: String::new(),
            hours: json!({}),
        }
    }
    fn writable(row: &BusinessHoursRow) -> BusinessHoursFields {
        let schedule: Schedule = serde_json::from_value(row.hours.clone()).unwrap_or_default();
        let exception = |exception: Exception| HoursException {
            date: exception.date,
            name: exception.name,
            hours: shown(exception.hours),
        };
        BusinessHoursFields {
            name: row.name.clone(),
            time_zone: row.time_zone.clone(),
            monday: shown(schedule.monday),
            tuesday: shown(schedule.tuesday),
            wednesday: shown(schedule.wednesday),
            thursday: shown(schedule.thursday),
            friday: shown(schedule.friday),
            saturday: shown(schedule.saturday),
            sunday: shown(schedule.sunday),
            exceptions: schedule.exceptions.into_iter().map(exception).collect(),
        }
    }
    fn view(row: BusinessHoursRow) -> BusinessHours {
        BusinessHours { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &BusinessHoursFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        let known = write.time_zone.parse::<chrono_tz::Tz>().is_ok();
        complaints.unless(known, "time_zone", "no time zone of the IANA database");
        for (day, spans) in [
            ("monday", &write.monday),
            ("tuesday", &write.tuesday),
            ("wednesday", &write.wednesday),
            ("thursday", &write.thursday),
            ("friday", &write.friday),
            ("saturday", &write.saturday),
            ("sunday", &write.sunday),
        ] {
            check_spans(day, spans, &mut complaints);
        }
        let few = write.exceptions.len() <= EXCEPTIONS_MAX;
        complaints.unless(few, "exceptions", format!("at most {EXCEPTIONS_MAX}"));
        for (index, exception) in write.exceptions.iter().enumerate() {
            let field = format!("exceptions[{index}]");
            let twice = write.exceptions[..index].iter().any(|other| other.date == exception.date);
            complaints.unless(!twice, format!("{field}.date"), "this day has an exception already");
            let short = exception.name.chars().count() <= 120;
            complaints.unless(short, format!("{field}.name"), "at most 120 characters");
            check_spans(&format!("{field}.hours"), &exception.hours, &mut complaints);
        }
        complaints.done()
    }
    async fn extra(_: &BusinessHoursFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: BusinessHoursFields, (): &(), row: &mut BusinessHoursRow) {
        row.name = write.name.trim().to_owned();
        row.time_zone = write.time_zone;
        let exception = |exception: HoursException| Exception {
            date: exception.date,
            name: exception.name,
            hours: spans(exception.hours),
        };
        row.hours = json!(Schedule {
            monday: spans(write.monday),
            tuesday: spans(write.tuesday),
            wednesday: spans(write.wednesday),
            thursday: spans(write.thursday),
            friday: spans(write.friday),
            saturday: spans(write.saturday),
            sunday: spans(write.sunday),
            exceptions: write.exceptions.into_iter().map(exception).collect(),
        });
    }
    async fn check_delete(row: &BusinessHoursRow, change: &Change<'_, Self>) -> Result<(), Problem> {
        let id = row.id.to_string();
        let organization = change.faces.organization();
        let mut flows = organization.call_flows.iter();
        match flows.find(|flow| super::flows::names(&flow.steps, "business_hours_id", &id)) {
            Some(flow) => Err(Problem::conflict("in_use", format!("the call flow {} uses them", flow.name))),
            None => Ok(()),
        }
    }
}

fn check_spans(field: &str, spans: &[HoursSpan], complaints: &mut Complaints) {
    complaints.unless(spans.len() <= SPANS_MAX, field, format!("at most {SPANS_MAX}"));
    let mut before: Option<u16> = None;
    for (index, span) in spans.iter().enumerate() {
        match Span::from(span.clone()).minutes() {
            Some((from, to)) => {
                let apart = before.is_none_or(|before| before <= from);
                complaints.unless(apart, format!("{field}[{index}]"), "begins before the one above ends");
                before = Some(to);
            }
            None => complaints.add(format!("{field}[{index}]"), "from HH:MM to a later HH:MM, 24:00 at most"),
        }
    }
}
