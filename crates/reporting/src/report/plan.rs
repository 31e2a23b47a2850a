//! Checking what was asked; what is wrong is said by field, with what would be right.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use serde_json::Value as Json;

use super::{
    Asker, Cell, CrossRequest, Field, FilterRequest, Interval, LikeRequest, Options, PERIODS, Reach, Request,
    TYPES, Type, calendar, field, type_of,
};
use crate::{
    ledger::Window,
    metric::{Kind, Measure, measure},
};

/// What is wrong with one field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub field: String,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    In,
    NotIn,
    Lt,
    Lte,
    Gt,
    Gte,
    Between,
    Contains,
    IsNull,
}

const OPS: &[(&str, Op)] = &[
    ("eq", Op::Eq),
    ("ne", Op::Ne),
    ("in", Op::In),
    ("not_in", Op::NotIn),
    ("lt", Op::Lt),
    ("lte", Op::Lte),
    ("gt", Op::Gt),
    ("gte", Op::Gte),
    ("between", Op::Between),
    ("contains", Op::Contains),
    ("is_null", Op::IsNull),
];

/// One condition on a row.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) field: &'static Field,
    op: Op,
    values: Vec<Cell>,
}

impl Filter {
    pub(super) fn fits(&self, cell: &Cell) -> bool {
        let first = self.values.first().unwrap_or(&Cell::None);
        let ordered = |is: fn(std::cmp::Ordering) -> bool| *cell != Cell::None && is(cell.cmp(first));
        match self.op {
            Op::Eq | Op::In => self.values.contains(cell),
            Op::Ne | Op::NotIn => !self.values.contains(cell),
            Op::Lt => ordered(std::cmp::Ordering::is_lt),
            Op::Lte => ordered(std::cmp::Ordering::is_le),
            Op::Gt => ordered(std::cmp::Ordering::is_gt),
            Op::Gte => ordered(std::cmp::Ordering::is_ge),
            Op::Between => {
                let last = self.values.get(1).unwrap_or(first);
                // A time is half-open like every interval; numbers and words include both ends.
                *cell != Cell::None
                    && first <= cell
                    && (cell < last || (cell == last && self.field.kind != Kind::Time))
            }
            Op::Contains => match (cell, first) {
                (Cell::Text(text), Cell::Text(part)) => text.to_lowercase().contains(&part.to_lowercase()),
                _ => false,
            },
            Op::IsNull => (*cell == Cell::None) == (*first != Cell::Bool(false)),
        }
    }
}

/// Calls that are looked for below a row's.
#[derive(Clone, Debug)]
pub(super) struct Like {
    pub(super) filters: Vec<Filter>,
}

#[derive(Clone, Debug)]
pub(super) struct Sort {
    /// Place in the row.
    pub(super) column: usize,
    pub(super) descending: bool,
}

/// A request that was checked.
#[derive(Debug)]
pub struct Plan {
    pub of: &'static Type,
    pub(super) filters: Vec<Filter>,
    pub(super) with: Option<Like>,
    pub(super) without: Option<Like>,
    pub group_by: Vec<&'static Field>,
    pub measures: Vec<&'static Measure>,
    pub(super) sort: Vec<Sort>,
    pub limit: usize,
    pub options: Options,
    pub reaches: Option<Vec<Reach>>,
    pub sees_full_numbers: bool,
}

const GROUPS_MAX: usize = 3;
const LIMIT_DEFAULT: u64 = 10_000;
const LIMIT_MAX: u64 = 1_000_000;
const SHORT_ABANDON_MS: i64 = 5_000;

pub fn plan(request: &Request, asker: &Asker) -> Result<Plan, Vec<Wrong>> {
    let mut checking = Checking { wrong: Vec::new(), full: asker.sees_full_numbers, zone: asker.time_zone };
    let Some(of) = type_of(&request.of) else {
        let names = TYPES.iter().map(|of| of.name);
        checking.unknown("type", &request.of, names);
        return Err(checking.wrong);
    };
    checking.time_zone(request);
    checking.period(request);
    let interval = checking.interval(request);
    let group_by = checking.groups(request, of);
    let measures = checking.measures(request, of);
    let filters = checking.filters("filters", &request.filters, of.fields);
    let cross = request.cross_filter.clone().unwrap_or_default();
    let (with, without) = checking.cross(&cross, of);
    let window = window(&filters);
    let columns: Vec<&'static str> = interval
        .iter()
        .map(|_| "interval")
        .chain(group_by.iter().map(|field| field.name))
        .chain(measures.iter().map(|measure| measure.public()))
        .collect();
    let sort = checking.sort(request, of, &columns);
    let book_at_end = checking.durations(request);
    let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
    if limit == 0 || limit > LIMIT_MAX {
        checking.refuse("limit", format!("must be from 1 to {LIMIT_MAX}"));
    }
    if !checking.wrong.is_empty() {
        return Err(checking.wrong);
    }
    Ok(Plan {
        of,
        filters,
        with,
        without,
        group_by,
        measures,
        sort,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        options: Options {
            time_zone: checking.zone,
            interval,
            service_level_ms: request.service_level_seconds.map(|seconds| i64::from(seconds) * 1000),
            short_abandon_ms: SHORT_ABANDON_MS,
            book_at_end,
            threshold_permille: asker.threshold_permille,
            window,
            newest: i64::MAX,
        },
        reaches: asker.reaches.clone(),
        sees_full_numbers: asker.sees_full_numbers,
    })
}

/// What conditions on the start leave of time.
fn window(filters: &[Filter]) -> Window {
    let mut window = Window::default();
    for filter in filters.iter().filter(|filter| filter.field.name == "started_at") {
        let at = |place: usize| match filter.values.get(place) {
            Some(Cell::Time(at)) => Some(*at),
            _ => None,
        };
        let (from, to) = match filter.op {
            Op::Gte => (at(0), None),
            Op::Gt => (at(0).map(|at| at + 1), None),
            Op::Lt => (None, at(0)),
            Op::Lte => (None, at(0).map(|at| at + 1)),
            Op::Between => (at(0), at(1)),
            Op::Eq | Op::Ne | Op::In | Op::NotIn | Op::Contains | Op::IsNull => (None, None),
        };
        window.from = window.from.max(from);
        window.to = match (window.to, to) {
            (Some(known), Some(to)) => Some(known.min(to)),
            (known, to) => known.or(to),
        };
    }
    window
}

struct Checking {
    wrong: Vec<Wrong>,
    full: bool,
    zone: Tz,
}

impl Checking {
    fn refuse(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.wrong.push(Wrong { field: field.into(), message: message.into() });
    }

    fn unknown(&mut self, field: impl Into<String>, said: &str, known: impl Iterator<Item = &'static str>) {
        let known: Vec<&str> = known.collect();
        self.refuse(field, format!("\"{said}\" is none of {}", known.join(", ")));
    }

    fn time_zone(&mut self, request: &Request) {
        if let Some(name) = &request.time_zone {
            match name.parse() {
                Ok(zone) => self.zone = zone,
                Err(_) => {
                    self.refuse("time_zone", format!("\"{name}\" is no IANA time zone like Europe/Berlin"))
                }
            }
        }
    }

    fn period(&mut self, request: &Request) {
        if let Some(said) = request.period.as_deref().filter(|said| !PERIODS.contains(said)) {
            self.unknown("period", said, PERIODS.iter().copied());
        }
    }

    fn interval(&mut self, request: &Request) -> Option<Interval> {
        let said = request.interval.as_deref()?;
        let found = Interval::read(said);
        if found.is_none() {
            self.unknown("interval", said, Interval::WORDS.iter().map(|(word, _)| *word));
        }
        found
    }

    fn durations(&mut self, request: &Request) -> bool {
        match request.durations.as_deref() {
            None | Some("split") => false,
            Some("at_end") => true,
            Some(said) => {
                self.unknown("durations", said, ["split", "at_end"].into_iter());
                false
            }
        }
    }

    fn groups(&mut self, request: &Request, of: &Type) -> Vec<&'static Field> {
        let asked: Vec<String> = match &request.group_by {
            Some(asked) => asked.clone(),
            None => of.default_group_by.iter().map(|name| (*name).to_owned()).collect(),
        };
        if asked.len() > GROUPS_MAX {
            self.refuse("group_by", format!("at most {GROUPS_MAX} fields"));
        }
        let mut found = Vec::new();
        for (place, name) in asked.iter().enumerate() {
            if asked.iter().position(|other| other == name) != Some(place) {
                self.refuse(format!("group_by[{place}]"), format!("{name} stands twice"));
            }
            found.extend(self.field(&format!("group_by[{place}]"), name, of.fields));
        }
        found
    }

    fn field(&mut self, at: &str, name: &str, fields: &'static [&'static str]) -> Option<&'static Field> {
        match fields.iter().find(|known| **known == name).and_then(|name| field(name)) {
            Some(found) => Some(found),
            None => {
                self.unknown(at, name, fields.iter().copied());
                None
            }
        }
    }

    fn measures(&mut self, request: &Request, of: &Type) -> Vec<&'static Measure> {
        let offered: Vec<&'static Measure> = of.measures.iter().filter_map(|name| measure(name)).collect();
        let Some(asked) = &request.measures else {
            return of.default_measures.iter().filter_map(|name| measure(name)).collect();
        };
        if asked.is_empty() {
            self.refuse("measures", "must name at least one measure");
        }
        let mut found: Vec<&'static Measure> = Vec::new();
        for (place, name) in asked.iter().enumerate() {
            match offered.iter().find(|measure| measure.public() == name) {
                Some(one) if found.iter().any(|known| known.name == one.name) => {
                    self.refuse(format!("measures[{place}]"), format!("{name} stands twice"));
                }
                Some(one) => found.push(one),
                None => {
                    let names = offered.iter().map(|measure| measure.public());
                    self.unknown(format!("measures[{place}]"), name, names);
                }
            }
        }
        found
    }

    fn filters(&mut self, at: &str, asked: &[FilterRequest], fields: &'static [&'static str]) -> Vec<Filter> {
        let mut found = Vec::new();
        for (place, filter) in asked.iter().enumerate() {
            found.extend(self.filter(&format!("{at}[{place}]"), filter, fields));
        }
        found
    }

    fn filter(&mut self, at: &str, asked: &FilterRequest, fields: &'static [&'static str]) -> Option<Filter> {
        let field = self.field(&format!("{at}.field"), &asked.field, fields);
        let op = OPS.iter().find(|(word, _)| *word == asked.op).map(|(_, op)| *op);
        if op.is_none() {
            self.unknown(format!("{at}.op"), &asked.op, OPS.iter().map(|(word, _)| *word));
        }
        let (field, op) = (field?, op?);
        if field.is_number && !self.full {
            self.refuse(
                format!("{at}.field"),
                format!("{} takes the permission view_full_numbers", field.name),
            );
            return None;
        }
        let at = format!("{at}.value");
        let values: Vec<&Json> = match (op, &asked.value) {
            (Op::In | Op::NotIn | Op::Between, Json::Array(values)) => values.iter().collect(),
            (Op::In | Op::NotIn | Op::Between, _) => {
                self.refuse(at, "must be a list");
                return None;
            }
            (Op::IsNull, Json::Null) => Vec::new(),
            (Op::IsNull, Json::Bool(is)) => {
                return Some(Filter { field, op, values: vec![Cell::Bool(*is)] });
            }
            (Op::IsNull, _) => {
                self.refuse(at, "must be true or false");
                return None;
            }
            (_, value) => vec![value],
        };
        if op == Op::Between && values.len() != 2 {
            self.refuse(at, "must be a list of two, from and to");
            return None;
        }
        let mut cells = Vec::new();
        for value in values {
            cells.push(self.value(&at, field, op, value)?);
        }
        Some(Filter { field, op, values: cells })
    }

    fn value(&mut self, at: &str, field: &Field, op: Op, value: &Json) -> Option<Cell> {
        let compares = matches!(op, Op::Eq | Op::Ne | Op::In | Op::NotIn);
        let read = match (field.kind, value) {
            (_, Json::Null) if compares => Some(Cell::None),
            (_, Json::String(text)) if compares && text == super::NONE => Some(Cell::None),
            (Kind::Text, Json::String(text)) => Some(Cell::Text(text.as_str().into())),
            (Kind::Boolean, Json::Bool(is)) => Some(Cell::Bool(*is)),
            (Kind::Time, Json::String(text)) => self.time(text).map(Cell::Time),
            (Kind::Number | Kind::Seconds, Json::Number(number)) => number.as_i64().map(Cell::Number),
            _ => None,
        };
        if read.is_none() {
            let wanted = match field.kind {
                Kind::Boolean => "true or false",
                Kind::Time => "an RFC 3339 time, or a date (its midnight in the report's time zone)",
                Kind::Number | Kind::Seconds => "a whole number",
                _ => "a text",
            };
            self.refuse(at, format!("must be {wanted}"));
        }
        read
    }

    fn time(&self, text: &str) -> Option<i64> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Some(at.timestamp_millis());
        }
        let date: NaiveDate = text.parse().ok()?;
        Some(calendar::start_of(self.zone, date))
    }

    fn cross(&mut self, cross: &CrossRequest, of: &Type) -> (Option<Like>, Option<Like>) {
        if !of.fields.contains(&"call_type") && (cross.with.is_some() || cross.without.is_some()) {
            let of = of.name;
            self.refuse("cross_filter", format!("rows of {of} have no calls below them"));
        }
        let with = cross.with.as_ref().map(|like| self.like("cross_filter.with", like));
        let without = cross.without.as_ref().map(|like| self.like("cross_filter.without", like));
        (with, without)
    }

    fn like(&mut self, at: &str, like: &LikeRequest) -> Like {
        let fields = TYPES.first().map(|of| of.fields).unwrap_or_default();
        let mut filters = self.filters(&format!("{at}.filters"), &like.filters, fields);
        let named = [
            ("call_type", &like.call_type),
            ("purpose", &like.purpose),
            ("initiator_tier", &like.initiator_tier),
            ("target_tier", &like.target_tier),
        ];
        for (name, value) in named {
            let asked = match value {
                Json::Null => continue,
                Json::Object(condition) => FilterRequest {
                    field: name.to_owned(),
                    op: condition.get("op").and_then(Json::as_str).unwrap_or_default().to_owned(),
                    value: condition.get("value").cloned().unwrap_or_default(),
                },
                Json::Array(_) => {
                    FilterRequest { field: name.to_owned(), op: "in".to_owned(), value: value.clone() }
                }
                _ => FilterRequest { field: name.to_owned(), op: "eq".to_owned(), value: value.clone() },
            };
            filters.extend(self.filter(&format!("{at}.{name}"), &asked, fields));
        }
        if let Some(answered) = like.answered {
            let asked = FilterRequest {
                field: "answered".to_owned(),
                op: "eq".to_owned(),
                value: Json::Bool(answered),
            };
            filters.extend(self.filter(at, &asked, fields));
        }
        Like { filters }
    }

    /// `"-name"`, `{"field": name, "order": "desc"}`, or a list of these.
    fn sort(&mut self, request: &Request, of: &Type, columns: &[&'static str]) -> Vec<Sort> {
        let asked: Vec<Json> = match &request.sort {
            Json::Null => {
                let of_type = of.default_sort.iter().map(|name| Json::from(*name));
                let there = of_type.filter(|name| {
                    name.as_str().is_some_and(|name| columns.contains(&name.trim_start_matches('-')))
                });
                // A time line reads from left to right whatever the type prefers.
                let line = columns.first().filter(|name| **name == "interval").map(|name| Json::from(*name));
                line.into_iter().chain(there).collect()
            }
            Json::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        let mut found = Vec::new();
        for one in asked {
            let (name, descending) = match &one {
                Json::String(name) => (name.trim_start_matches('-').to_owned(), name.starts_with('-')),
                Json::Object(one) => {
                    let text = |key: &str| one.get(key).and_then(Json::as_str).unwrap_or_default();
                    let name = ["field", "by", "name", "measure"]
                        .iter()
                        .map(|key| text(key))
                        .find(|name| !name.is_empty());
                    let order = [text("order"), text("direction")]
                        .iter()
                        .any(|order| order.to_lowercase().starts_with("desc"));
                    let flag = one.get("descending").or_else(|| one.get("desc")).and_then(Json::as_bool);
                    (name.unwrap_or_default().to_owned(), order || flag.unwrap_or_default())
                }
                _ => (String::new(), false),
            };
            match columns.iter().position(|column| *column == name) {
                Some(column) => found.push(Sort { column, descending }),
                None => self.unknown("sort", &name, columns.iter().copied()),
            }
        }
        found
    }
}
