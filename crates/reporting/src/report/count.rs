//! Counting into cells, and collecting what is behind one of them.

use std::collections::BTreeMap;

use super::{Cell, Options, calendar, row::Sink};
use crate::metric::{Atom, Atoms, Sums};

/// The groups of a row, and the interval before them where there is one.
pub(super) type Key = (Option<i64>, Vec<Cell>);

/// All cells of a report.
pub(super) struct Cells<'a> {
    options: &'a Options,
    /// The groups that were met, and what was counted in each: by interval, or whole under None.
    places: BTreeMap<Vec<Cell>, usize>,
    found: Vec<BTreeMap<Option<i64>, Sums>>,
    /// Where what comes is counted.
    here: usize,
    /// Only these make cells: a row's other counts may lie in other intervals.
    wanted: Atoms,
    /// The interval that was needed last.
    near: Option<(i64, i64)>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(options: &'a Options, wanted: Atoms) -> Self {
        Self { options, places: BTreeMap::new(), found: Vec::new(), here: 0, wanted, near: None }
    }

    /// What comes is counted in this group, which is there even where nothing is counted in it; of a time line only
    /// intervals with something in them.
    pub(super) fn begin(&mut self, group: &[Cell]) {
        self.here = match self.places.get(group) {
            Some(place) => *place,
            None => {
                self.places.insert(group.to_vec(), self.found.len());
                self.found.push(BTreeMap::new());
                self.found.len() - 1
            }
        };
        if self.options.interval.is_none()
            && let Some(cells) = self.found.get_mut(self.here)
            && cells.is_empty()
        {
            cells.insert(None, Sums::default());
        }
    }

    fn sums(&mut self, at: i64) -> &mut Sums {
        let interval = interval(self.options, &mut self.near, at).map(|(start, _)| start);
        self.found[self.here].entry(interval).or_default()
    }

    /// In the order of their keys.
    pub(super) fn into_cells(self) -> BTreeMap<Key, Sums> {
        let mut cells = BTreeMap::new();
        let mut found = self.found;
        for (group, place) in self.places {
            for (interval, sums) in std::mem::take(&mut found[place]) {
                cells.insert((interval, group.clone()), sums);
            }
        }
        cells
    }
}

fn interval(options: &Options, near: &mut Option<(i64, i64)>, at: i64) -> Option<(i64, i64)> {
    let asked = options.interval?;
    if let Some((start, end)) = *near
        && start <= at
        && at < end
    {
        return *near;
    }
    *near = Some(calendar::around(options.time_zone, asked, at));
    *near
}

/// The parts of a span by interval.
fn parts(
    options: &Options,
    near: &mut Option<(i64, i64)>,
    (start, end): (i64, i64),
    mut take: impl FnMut(i64, i64),
) {
    let mut from = start;
    while from < end {
        let to = interval(options, near, from).map_or(end, |(_, border)| border.min(end)).max(from + 1);
        take(from, to - from);
        from = to;
    }
}

impl Sink for Cells<'_> {
    fn about(&mut self, _: Option<u32>, _: Option<u32>) {}

    fn wants(&self, atoms: Atoms) -> bool {
        self.wanted.meets(atoms)
    }

    fn add(&mut self, atom: Atom, at: i64, amount: i64) {
        if self.wanted.contains(atom) {
            self.sums(at).add(atom, amount);
        }
    }

    fn span(&mut self, atom: Atom, start: i64, end: i64, booked: i64) {
        if !self.wanted.contains(atom) {
            return;
        }
        if self.options.interval.is_none() || self.options.book_at_end {
            if start < end {
                self.sums(booked).add(atom, end - start);
            }
            return;
        }
        let (options, mut near) = (self.options, self.near);
        let mut pieces = Vec::new();
        parts(options, &mut near, (start, end), |at, ms| pieces.push((at, ms)));
        for (at, ms) in pieces {
            self.sums(at).add(atom, ms);
        }
    }

    fn sample(&mut self, atom: Atom, at: i64, ms: i64) {
        if self.wanted.contains(atom) {
            self.sums(at).sample(atom, ms);
        }
    }

    fn note(&mut self, atom: Atom, at: i64, one: u32) {
        if self.wanted.contains(atom) {
            self.sums(at).note(atom, one);
        }
    }
}

/// One thing behind a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Call(u32),
    Leg(u32),
    /// A row that is about no call.
    Row(u64),
    /// One of a kind that is counted once.
    One(u32),
}

/// What is counted for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    pub(super) call: Option<u32>,
    pub(super) leg: Option<u32>,
    pub(super) row: u64,
    /// How often it is counted, or how much of what is summed.
    pub(super) counted: i64,
    pub(super) value: i64,
}

pub(super) struct Collect<'a> {
    options: &'a Options,
    counted: Atoms,
    valued: Atoms,
    /// The interval of the cell; None takes all.
    within: Option<(i64, i64)>,
    pub(super) found: BTreeMap<Thing, Part>,
    about: (Option<u32>, Option<u32>),
    /// The row that is counted now.
    pub(super) row: u64,
    near: Option<(i64, i64)>,
}

impl<'a> Collect<'a> {
    pub(super) fn new(
        options: &'a Options,
        counted: Atoms,
        valued: Atoms,
        within: Option<(i64, i64)>,
    ) -> Self {
        let (found, about) = (BTreeMap::new(), (None, None));
        Self { options, counted, valued, within, found, about, row: 0, near: None }
    }

    fn is_within(&self, at: i64) -> bool {
        self.within.is_none_or(|(start, end)| start <= at && at < end)
    }

    fn part(&mut self, thing: Thing) -> &mut Part {
        let ((call, leg), row) = (self.about, self.row);
        self.found.entry(thing).or_insert(Part { call, leg, row, ..Part::default() })
    }

    fn take(&mut self, atom: Atom, amount: i64) {
        let (counted, valued) = (self.counted.contains(atom), self.valued.contains(atom));
        if amount == 0 || !(counted || valued) {
            return;
        }
        let thing = match self.about {
            (_, Some(leg)) => Thing::Leg(leg),
            (Some(call), None) => Thing::Call(call),
            (None, None) => Thing::Row(self.row),
        };
        let part = self.part(thing);
        if counted {
            part.counted += amount;
        }
        if valued {
            part.value = if atom.is_peak() { part.value.max(amount) } else { part.value + amount };
        }
    }
}

impl Sink for Collect<'_> {
    fn about(&mut self, call: Option<u32>, leg: Option<u32>) {
        self.about = (call, leg);
    }

    fn wants(&self, atoms: Atoms) -> bool {
        self.counted.meets(atoms) || self.valued.meets(atoms)
    }

    fn add(&mut self, atom: Atom, at: i64, amount: i64) {
        if self.is_within(at) {
            self.take(atom, amount);
        }
    }

    fn span(&mut self, atom: Atom, start: i64, end: i64, booked: i64) {
        if self.options.interval.is_none() || self.options.book_at_end {
            if self.is_within(booked) {
                self.take(atom, end - start);
            }
            return;
        }
        let (options, mut near) = (self.options, self.near);
        let mut inside = 0;
        parts(options, &mut near, (start, end), |at, ms| {
            if self.is_within(at) {
                inside += ms;
            }
        });
        self.near = near;
        self.take(atom, inside);
    }

    fn sample(&mut self, atom: Atom, at: i64, ms: i64) {
        if self.is_within(at) && self.counted.contains(atom) {
            let thing = self.about.0.map_or(Thing::Row(self.row), Thing::Call);
            let part = self.part(thing);
            part.counted += 1;
            part.value = ms;
        }
    }

    fn note(&mut self, atom: Atom, at: i64, one: u32) {
        let (counted, valued) = (self.counted.contains(atom), self.valued.contains(atom));
        if self.is_within(at) && (counted || valued) {
            let part = self.part(Thing::One(one));
            (part.counted, part.value) = (1, 1);
        }
    }
}
