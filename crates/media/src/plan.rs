//! The hearing matrix of one conversation, worked out into what the mixer does each tick.

use terms::{HearingMatrix, LegId, Listener, Source};

use crate::frame::Rate;

/// How one distinct row of the matrix is made. Members are a range of `MixPlan::members`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Silence,
    Copy(usize),
    Pair(usize, usize),
    Sum(Range),
    /// The total of the full room, less these.
    TotalMinus(Range),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    first: usize,
    end: usize,
}

/// What the mixer does each tick for one conversation: which inputs make which output rows, and whose ear gets which.
///
/// Inputs are the legs in the order given, then the treatments (music, prompts, tones).
/// Legs with equal rows share one output, so it is mixed and encoded once.
#[derive(Clone, Debug, Default)]
pub struct MixPlan {
    rate: Rate,
    legs: usize,
    treatments: Vec<Source>,
    rows: Vec<Row>,
    members: Vec<usize>,
    total: Option<Range>,
    /// The row of each leg.
    ears: Vec<usize>,
    /// Legs ordered by row, so that each row is encoded once.
    order: Vec<usize>,
    /// Whether anybody hears the input.
    heard: Vec<bool>,
}

impl MixPlan {
    /// Works the matrix out for the legs that are open. Sources and listeners that are not open are left out;
    /// the recorder is not an ear of this plan.
    pub fn new(matrix: &HearingMatrix, legs: &[LegId], rate: Rate) -> Self {
        let mut plan = Self { rate, legs: legs.len(), ..Self::default() };
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for leg in legs {
            let set = plan.sources_of(matrix, legs, *leg);
            let row = sets.iter().position(|known| *known == set).unwrap_or_else(|| {
                sets.push(set);
                sets.len() - 1
            });
            plan.ears.push(row);
        }
        plan.order = (0..legs.len()).collect();
        plan.order.sort_by_key(|leg| plan.ears[*leg]);
        plan.heard = vec![false; plan.inputs()];
        for source in sets.iter().flatten() {
            plan.heard[*source] = true;
        }
        let total = plan.choose_total(&sets);
        for set in &sets {
            let row = plan.row(set, total.as_deref());
            plan.rows.push(row);
        }
        plan
    }

    fn sources_of(&mut self, matrix: &HearingMatrix, legs: &[LegId], leg: LegId) -> Vec<usize> {
        let mut set: Vec<usize> = Vec::new();
        for source in matrix.row(Listener::Leg(leg)) {
            match source {
                Source::Leg(speaker) => set.extend(legs.iter().position(|open| *open == speaker)),
                Source::HoldMusic(_) | Source::QueueMusic(_) | Source::Prompt(_) | Source::Tone(_) => {
                    let known = self.treatments.iter().position(|known| *known == source);
                    let index = known.unwrap_or_else(|| {
                        self.treatments.push(source);
                        self.treatments.len() - 1
                    });
                    set.push(legs.len() + index);
                }
            }
        }
        set.sort_unstable();
        set
    }

    /// The full room is everybody whom a row of three or more hears; it pays when most rows are that room less
    /// a few.
    fn choose_total(&mut self, sets: &[Vec<usize>]) -> Option<Vec<usize>> {
        let long = || sets.iter().filter(|set| set.len() >= 3);
        let mut room: Vec<usize> = long().flatten().copied().collect();
        room.sort_unstable();
        room.dedup();
        let direct: usize = long().map(Vec::len).sum();
        let through_total: usize =
            room.len() + long().map(|set| set.len().min(room.len() - set.len() + 1)).sum::<usize>();
        if through_total >= direct {
            return None;
        }
        self.total = Some(self.range(&room));
        Some(room)
    }

    fn range(&mut self, members: &[usize]) -> Range {
        let first = self.members.len();
        self.members.extend_from_slice(members);
        Range { first, end: self.members.len() }
    }

    fn row(&mut self, set: &[usize], total: Option<&[usize]>) -> Row {
        match (set, total) {
            ([], _) => Row::Silence,
            ([one], _) => Row::Copy(*one),
            ([one, other], _) => Row::Pair(*one, *other),
            (_, Some(room)) if room.len() - set.len() < set.len() => {
                let missing: Vec<usize> =
                    room.iter().filter(|member| !set.contains(member)).copied().collect();
                Row::TotalMinus(self.range(&missing))
            }
            _ => Row::Sum(self.range(set)),
        }
    }

    pub fn rate(&self) -> Rate {
        self.rate
    }
    /// Frames that `mix` takes: legs, then treatments.
    pub fn inputs(&self) -> usize {
        self.legs + self.treatments.len()
    }
    /// Frames that `mix` makes: one for each distinct row.
    pub fn outputs(&self) -> usize {
        self.rows.len()
    }
    /// What is played, in input order after the legs.
    pub fn treatments(&self) -> &[Source] {
        &self.treatments
    }
    /// The output that the leg at this place hears.
    pub fn ear(&self, leg: usize) -> usize {
        self.ears[leg]
    }
    /// Whether anybody hears this input.
    pub fn is_heard(&self, input: usize) -> bool {
        self.heard[input]
    }
    /// Legs, those with equal rows side by side.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }
    pub(crate) fn total(&self) -> Option<&[usize]> {
        self.total.map(|range| self.members(range))
    }
    pub(crate) fn members(&self, range: Range) -> &[usize] {
        &self.members[range.first..range.end]
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
