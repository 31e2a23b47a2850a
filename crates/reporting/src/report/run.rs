//! Answering a checked request, and what is behind one of its numbers.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    ops::Range,
};

use serde_json::Value as Json;

use super::{
    Cell, Field, Options, Plan, Reach, calendar,
    count::{Cells, Collect, Key, Part},
    over,
    plan::Like,
    row::{self, Counting, Row, Source},
    split::in_parts,
    time::PersonTimes,
    watch::Watch,
};
use crate::{
    ledger::{Call, Ledger},
    metric::{Atom, Atoms, Formula, Kind, Measure, Sums, Value},
};

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
    /// One value a column: null for groups, and counted anew from all that is in the rows for measures.
    pub totals: Vec<Value>,
    /// Facts that the report was counted from: calls, legs, consults, coachings or presence intervals.
    pub counted: u64,
    /// Rows there are, of which `rows` holds at most the limit.
    pub rows_found: usize,
}

/// One thing behind a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Places in the ledger.
    pub call: Option<u32>,
    pub leg: Option<u32>,
    pub person: Option<u32>,
    /// Of presence.
    pub status: Option<u32>,
    /// What it adds to the number (or to its numerator): a count, or milliseconds.
    pub value: i64,
    /// It is counted (in the denominator, where there is one).
    pub counted: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    /// The cell's own value, counted from these items.
    pub value: Value,
    /// How many items are counted; of a count this is the cell's value.
    pub count: usize,
    pub items: Vec<Item>,
}

/// None is all.
type Places = Option<BTreeSet<u32>>;

/// Who and what the asker sees, by places in the ledger.
struct Sight {
    /// Of each reach: its people and its queues.
    reaches: Option<Vec<(Places, Places)>>,
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Sight {
    fn new(ledger: &Ledger, reaches: Option<&Vec<Reach>>) -> Self {
        let of = |reach: &Reach| {
            let people = reach.teams.as_ref().map(|teams| {
                let people = ledger.people.iter().enumerate();
                let inside =
                    people.filter(|(_, person)| person.team_id.is_some_and(|team| teams.contains(&team)));
                inside.map(|(at, _)| place(at)).collect()
            });
            let queues = reach.queues.as_ref().map(|queues| {
                let all = ledger.queues.iter().enumerate();
                all.filter(|(_, queue)| queues.contains(&queue.id)).map(|(at, _)| place(at)).collect()
            });
            (people, queues)
        };
        Self { reaches: reaches.map(|reaches| reaches.iter().map(of).collect()) }
    }

    fn sees(&self, row: &Row<'_>) -> bool {
        let Some(reaches) = &self.reaches else { return true };
        let call = row.call;
        let people = match (row.source, call) {
            (Source::Call | Source::Base, Some(call)) => [call.user(), call.initiator(), call.target()],
            (Source::Leg | Source::Time | Source::Status | Source::Taken, _) => [row.agent, None, None],
            _ => [row.agent, row.other, None],
        };
        let queue = call.and_then(Call::queue_place);
        reaches.iter().any(|(reached, queues)| {
            let person = reached
                .as_ref()
                .is_none_or(|reached| people.iter().flatten().any(|person| reached.contains(person)));
            person && queues.as_ref().is_none_or(|queues| queue.is_none_or(|queue| queues.contains(&queue)))
        })
    }
}

/// A plan on the way through a ledger.
struct Asking<'a> {
    plan: &'a Plan,
    ledger: &'a Ledger,
    options: Options,
    times: PersonTimes,
    sight: Sight,
}

impl<'a> Asking<'a> {
    fn new(plan: &'a Plan, ledger: &'a Ledger, wanted: Atoms) -> Self {
        let mut options = plan.options.clone();
        if wanted.meets(OF_TREND) {
            options.newest = newest(ledger, &options);
        }
        let times =
            if plan.of.needs_times { PersonTimes::new(ledger, &options) } else { PersonTimes::default() };
        let sight = Sight::new(ledger, plan.reaches.as_ref());
        Self { plan, ledger, options, times, sight }
    }

    fn counting(&self, pages: Range<usize>) -> Counting<'_> {
        Counting { ledger: self.ledger, options: &self.options, times: &self.times, pages }
    }

    fn cell(&self, field: &Field, row: &Row<'_>) -> Option<Cell> {
        (field.get)(self.ledger, &self.options, row)
    }

    fn takes(&self, row: &Row<'_>) -> bool {
        let fits =
            |filter: &super::plan::Filter| self.cell(filter.field, row).is_none_or(|cell| filter.fits(&cell));
        self.sight.sees(row)
            && self.plan.filters.iter().all(fits)
            && self.plan.with.as_ref().is_none_or(|like| self.has_below(row, like))
            && self.plan.without.as_ref().is_none_or(|like| row.call.is_none() || !self.has_below(row, like))
    }

    /// Whether a call like this was caused by the row's, at any depth.
    fn has_below(&self, row: &Row<'_>, like: &Like) -> bool {
        let Some(call) = row.call else { return true };
        call.chain().filter(|below| below.is_below(call)).any(|below| {
            let row = Row::of_call(below, below.user());
            let fits = |cell: Option<Cell>, filter: &super::plan::Filter| {
                cell.is_some_and(|cell| filter.fits(&cell))
            };
            like.filters.iter().all(|filter| fits(self.cell(filter.field, &row), filter))
        })
    }

    /// Whom the asker may not know is grouped as they are shown, so that what is behind a number is what it counts.
    fn is_masked(&self, field: &Field) -> bool {
        field.is_number && !self.plan.sees_full_numbers
    }

    /// None where a group does not apply to the row.
    fn group(&self, row: &Row<'_>, group: &mut Vec<Cell>) -> Option<()> {
        group.clear();
        for field in &self.plan.group_by {
            let cell = self.cell(field, row)?;
            group.push(if self.is_masked(field) { masked(cell) } else { cell });
        }
        Some(())
    }
}

const OF_TREND: Atoms =
    Atoms::of(&[Atom::RecentCalls, Atom::RecentConsulted, Atom::EarlierCalls, Atom::EarlierConsulted]);

/// When the newest interaction of the window started.
fn newest(ledger: &Ledger, options: &Options) -> i64 {
    let of_part = |pages| {
        let mut newest = 0;
        ledger.each_call(pages, options.window, |call| {
            if call.is_interaction() && options.clip(call.started(), call.started() + 1).is_some() {
                newest = call.started().max(newest);
            }
        });
        newest
    };
    in_parts(ledger, of_part).into_iter().max().unwrap_or_default()
}

pub fn run(plan: &Plan, ledger: &Ledger) -> Report {
    whole(plan, ledger, &Watch::default())
}

/// None where it was cancelled on the way.
pub fn run_watched(plan: &Plan, ledger: &Ledger, watch: &Watch) -> Option<Report> {
    let report = whole(plan, ledger, watch);
    watch.counted();
    (!watch.is_cancelled()).then_some(report)
}

/// Rows between two looks at whether anybody still waits.
const WATCHED: u32 = 1_024;

fn whole(plan: &Plan, ledger: &Ledger, watch: &Watch) -> Report {
    let wanted = wanted(&plan.measures);
    let asking = Asking::new(plan, ledger, wanted);
    let parts = in_parts(ledger, |pages| count(&asking, pages, wanted, watch));
    let (mut cells, mut counted) = (BTreeMap::<Key, Sums>::new(), 0);
    for (part, of_part) in parts {
        counted += of_part;
        for (key, sums) in part {
            match cells.entry(key) {
                Entry::Vacant(entry) => drop(entry.insert(sums)),
                Entry::Occupied(mut entry) => entry.get_mut().merge(&sums),
            }
        }
    }
    let found: Vec<(Key, Sums)> = cells.into_iter().collect();
    let mut whole = Sums::default();
    found.iter().for_each(|(_, sums)| whole.merge(sums));
    answer(plan, &asking.options, &found, &whole, counted)
}

/// The cells of some pages, and how many facts are in them.
fn count(
    asking: &Asking<'_>,
    pages: Range<usize>,
    wanted: Atoms,
    watch: &Watch,
) -> (BTreeMap<Key, Sums>, u64) {
    let counting = asking.counting(pages);
    let mut cells = Cells::new(&asking.options, wanted);
    let (mut counted, mut group, mut seen) = (0, Vec::new(), 0_u32);
    (asking.plan.of.each)(&counting, &mut |row| {
        if seen.is_multiple_of(WATCHED)
            && let Some(call) = row.call
        {
            watch.count(call.place(), asking.ledger.calls());
        }
        seen = seen.wrapping_add(1);
        if watch.is_cancelled() {
            return;
        }
        if !asking.takes(row) || asking.group(row, &mut group).is_none() {
            return;
        }
        counted += u64::from(!matches!(row.source, Source::Time | Source::Taken));
        cells.begin(&group);
        row::emit(&counting, row, &mut cells);
    });
    (cells.into_cells(), counted)
}

fn wanted(measures: &[&'static Measure]) -> Atoms {
    let atoms = measures.iter().flat_map(|measure| {
        let (counted, valued) = measure.formula.behind();
        counted.into_iter().chain(valued)
    });
    Atoms::of(&atoms.collect::<Vec<_>>())
}

fn columns(plan: &Plan) -> Vec<Column> {
    let interval = plan.options.interval.iter().map(|_| Column {
        name: "interval",
        title: "Interval",
        kind: Kind::Interval,
    });
    let groups =
        plan.group_by.iter().map(|field| Column { name: field.name, title: field.title, kind: field.kind });
    let measures = plan.measures.iter().map(|measure| Column {
        name: measure.public(),
        title: measure.title,
        kind: measure.kind,
    });
    interval.chain(groups).chain(measures).collect()
}

fn answer(plan: &Plan, options: &Options, found: &[(Key, Sums)], whole: &Sums, counted: u64) -> Report {
    let sums: Vec<&Sums> = found.iter().map(|(_, sums)| sums).collect();
    let over: Vec<Option<Vec<Value>>> = plan
        .measures
        .iter()
        .map(|measure| match measure.formula {
            Formula::OverRows(what) => Some(over::values(what, &sums)),
            _ => None,
        })
        .collect();
    let value = |measure: &Measure, sums: &Sums| measure.formula.value(sums, options.threshold_permille);
    let mut rows: Vec<(&Key, Vec<Value>)> = Vec::with_capacity(found.len());
    for (place, (key, sums)) in found.iter().enumerate() {
        let mut shown = Vec::new();
        shown.extend(key.0.map(|at| Value::Text(calendar::label(options.time_zone, at))));
        shown.extend(key.1.iter().map(|cell| cell.shown(options)));
        for (measure, over) in plan.measures.iter().zip(&over) {
            let over = over.as_ref().and_then(|values| values.get(place));
            shown.push(over.cloned().unwrap_or_else(|| value(measure, sums)));
        }
        rows.push((key, shown));
    }
    sort(plan, &mut rows);
    let groups = usize::from(options.interval.is_some()) + plan.group_by.len();
    let totals = std::iter::repeat_n(Value::Null, groups)
        .chain(plan.measures.iter().map(|measure| value(measure, whole)))
        .collect();
    let rows_found = rows.len();
    let rows = rows.into_iter().take(plan.limit).map(|(_, shown)| shown).collect();
    Report { columns: columns(plan), rows, totals, counted, rows_found }
}

/// By what was asked, nulls last, then by the groups in their order.
fn sort(plan: &Plan, rows: &mut [(&Key, Vec<Value>)]) {
    let first = usize::from(plan.options.interval.is_some());
    let groups = first + plan.group_by.len();
    rows.sort_by(|(left_key, left), (right_key, right)| {
        for sort in &plan.sort {
            let order = if sort.column < first {
                directed(left_key.0.cmp(&right_key.0), sort.descending)
            } else if sort.column < groups {
                let cell = |key: &Key| key.1.get(sort.column - first).cloned().unwrap_or(Cell::None);
                directed(by_name(&cell(left_key), &cell(right_key)), sort.descending)
            } else {
                let value = |row: &[Value]| row.get(sort.column).cloned().unwrap_or(Value::Null);
                by_value(&value(left), &value(right), sort.descending)
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        let names = || left_key.1.iter().zip(&right_key.1);
        let by_names = names().map(|(left, right)| by_name(left, right)).find(|order| order.is_ne());
        left_key.0.cmp(&right_key.0).then(by_names.unwrap_or(Ordering::Equal))
    });
}

fn directed(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

/// An empty field stands where its name, `(none)`, does.
fn by_name(left: &Cell, right: &Cell) -> Ordering {
    let named = |cell: &Cell| match cell {
        Cell::None => Cell::Text(super::NONE.into()),
        cell => cell.clone(),
    };
    named(left).cmp(&named(right))
}

fn by_value(left: &Value, right: &Value, descending: bool) -> Ordering {
    let number = |value: &Value| match value {
        Value::Null | Value::Text(_) => None,
        Value::Bool(is) => Some(f64::from(u8::from(*is))),
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
    };
    match (number(left), number(right)) {
        (Some(left), Some(right)) => directed(left.total_cmp(&right), descending),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn masked(cell: Cell) -> Cell {
    match cell {
        Cell::Text(text) => Cell::Text(masked_text(&text).into()),
        _ => Cell::None,
    }
}

/// The last four of a number or customer id, of a short one the last; stars for the rest.
pub fn masked_text(text: &str) -> String {
    let plus = text.starts_with('+');
    let rest: Vec<char> = text.chars().skip(usize::from(plus)).collect();
    let shown = if rest.len() > 6 { 4 } else { 1 };
    let hidden = rest.len().saturating_sub(shown);
    let last: String = rest.iter().skip(hidden).collect();
    format!("{}{}{last}", if plus { "+" } else { "" }, "*".repeat(hidden))
}

/// The cell: a measure, and the value of each group (as the answer shows it) that narrows it; others are left open.
pub fn drill(
    plan: &Plan,
    ledger: &Ledger,
    measure: &'static Measure,
    groups: &[(&'static Field, Json)],
    interval: Option<i64>,
) -> Behind {
    let (counted, valued) = measure.formula.behind();
    let all: Vec<Atom> = counted.iter().chain(&valued).copied().collect();
    let all = Atoms::of(&all);
    let asking = Asking::new(plan, ledger, all);
    let counting = asking.counting(0..ledger.pages());
    let within = interval
        .zip(asking.options.interval)
        .map(|(at, interval)| calendar::around(asking.options.time_zone, interval, at));
    let mut collect = Collect::new(&asking.options, Atoms::of(&counted), Atoms::of(&valued), within);
    let mut whole = Cells::new(&asking.options, all);
    whole.begin(&[]);
    let mut rows: Vec<(Option<u32>, Option<u32>)> = Vec::new();
    let mut group = Vec::new();
    (plan.of.each)(&counting, &mut |row| {
        if !asking.takes(row) || asking.group(row, &mut group).is_none() {
            return;
        }
        let inside = groups.iter().all(|(field, wanted)| {
            let cell = asking.cell(field, row);
            let cell = cell.map(|cell| if asking.is_masked(field) { masked(cell) } else { cell });
            cell.is_some_and(|cell| is_same(&cell.shown(&asking.options), wanted))
        });
        if !inside {
            return;
        }
        collect.row = rows.len() as u64;
        rows.push((row.agent, row.status));
        row::emit(&counting, row, &mut collect);
        row::emit(&counting, row, &mut whole);
    });
    let mut sums = Sums::default();
    for ((at, _), part) in &whole.into_cells() {
        if within.is_none() || *at == within.map(|(start, _)| start) {
            sums.merge(part);
        }
    }
    let item = |part: &Part| {
        let row = usize::try_from(part.row).ok().and_then(|at| rows.get(at));
        Item {
            call: part.call,
            leg: part.leg,
            person: row.and_then(|(person, _)| *person),
            status: row.and_then(|(_, status)| *status),
            value: part.value,
            counted: part.counted > 0,
        }
    };
    let items: Vec<Item> = collect.found.values().map(item).collect();
    let count = items.iter().filter(|item| item.counted).count();
    Behind { value: measure.formula.value(&sums, asking.options.threshold_permille), count, items }
}

fn is_same(shown: &Value, wanted: &Json) -> bool {
    match (shown, wanted) {
        (Value::Text(shown), Json::Null) => shown == super::NONE,
        (Value::Text(shown), Json::String(wanted)) => shown == wanted,
        (Value::Bool(shown), Json::Bool(wanted)) => shown == wanted,
        (Value::Int(shown), Json::Number(wanted)) => wanted.as_i64() == Some(*shown),
        _ => false,
    }
}
