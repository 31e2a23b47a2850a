//! The time of people: what they did at once counts once.

use voicecall::SegmentKind;

use super::{
    Options,
    row::{Sink, keeps_busy},
};
use crate::{ledger::Ledger, metric::Atom};

type Span = (i64, i64);

/// Sorted, apart from each other.
fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|(start, end)| start < end);
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// What of `spans` lies outside `cut`; both as `union` makes them.
fn without(spans: &[Span], cut: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for (start, end) in spans {
        let mut from = *start;
        let first = cut.partition_point(|(_, to)| to <= start);
        for (cut_from, cut_to) in cut.iter().skip(first).take_while(|(cut_from, _)| cut_from < end) {
            if from < *cut_from {
                left.push((from, *cut_from));
            }
            from = from.max(*cut_to);
        }
        if from < *end {
            left.push((from, *end));
        }
    }
    left
}

/// When each person was there, in calls and rung; by their place in the ledger.
#[derive(Debug, Default)]
pub(crate) struct PersonTimes {
    people: Vec<Times>,
}

#[derive(Clone, Debug, Default)]
struct Times {
    signed_in: Vec<Span>,
    available: Vec<Span>,
    busy: Vec<Span>,
    ring: Vec<Span>,
    /// Busy or rung.
    engaged: Vec<Span>,
}

/// Presence in which nobody is there.
const AWAY: &[&str] = &["offline", "signed_out", "logged_out"];

impl PersonTimes {
    pub(crate) fn new(ledger: &Ledger, options: &Options) -> Self {
        let mut people = vec![Times::default(); ledger.people.len()];
        ledger.each_call(0..ledger.pages(), options.window, |call| {
            for leg in call.legs().filter(|leg| keeps_busy(*leg)) {
                let Some(times) = leg.user().and_then(|user| people.get_mut(user as usize)) else { continue };
                for segment in leg.segments() {
                    let Some(span) = options.clip(segment.start, segment.end) else { continue };
                    if segment.kind == SegmentKind::Ring {
                        times.ring.push(span)
                    } else {
                        times.busy.push(span)
                    }
                }
            }
        });
        for status in &ledger.statuses {
            let Some(times) = people.get_mut(status.person as usize) else { continue };
            let Some(span) = options.clip(status.start, status.end) else { continue };
            if !AWAY.contains(&&*status.status) {
                times.signed_in.push(span);
            }
            if &*status.status == "available" {
                times.available.push(span);
            }
        }
        for times in &mut people {
            for spans in [&mut times.signed_in, &mut times.available, &mut times.busy, &mut times.ring] {
                *spans = union(std::mem::take(spans));
            }
            times.engaged = union(times.busy.iter().chain(&times.ring).copied().collect());
        }
        Self { people }
    }

    fn of(&self, person: u32) -> Option<&Times> {
        self.people.get(person as usize)
    }

    /// Whether there is any time of theirs to tell.
    pub(crate) fn is_seen(&self, person: u32) -> bool {
        self.of(person).is_some_and(|times| {
            !(times.signed_in.is_empty() && times.busy.is_empty() && times.ring.is_empty())
        })
    }

    /// The parts of an interval that somebody spent in calls.
    pub(crate) fn in_call(&self, person: u32, start: i64, end: i64) -> Vec<Span> {
        let busy = self.of(person).map(|times| times.busy.as_slice()).unwrap_or_default();
        let first = busy.partition_point(|(_, to)| *to <= start);
        let near = busy.iter().skip(first).take_while(|(from, _)| *from < end);
        near.map(|(from, to)| ((*from).max(start), (*to).min(end))).collect()
    }

    /// The parts of an interval in which somebody neither was in a call nor rung.
    pub(crate) fn idle(&self, person: u32, start: i64, end: i64) -> Vec<Span> {
        without(&[(start, end)], self.of(person).map(|times| times.engaged.as_slice()).unwrap_or_default())
    }

    pub(crate) fn emit(&self, person: u32, sink: &mut dyn Sink) {
        let Some(times) = self.of(person) else { return };
        let idle = without(&times.available, &times.engaged);
        for (atom, spans) in [
            (Atom::SignedIn, &times.signed_in),
            (Atom::Available, &times.available),
            (Atom::Busy, &times.busy),
            (Atom::Idle, &idle),
            (Atom::RingTime, &times.ring),
        ] {
            for (start, end) in spans {
                sink.span(atom, *start, *end, *end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_put_together_and_cut_out() {
        assert_eq!(union(vec![(5, 9), (0, 3), (3, 4), (8, 8), (6, 12)]), [(0, 4), (5, 12)]);
        assert_eq!(without(&[(0, 10), (20, 30)], &[(2, 3), (5, 22), (29, 40)]), [(0, 2), (3, 5), (22, 29)]);
        assert_eq!(without(&[(0, 10)], &[]), [(0, 10)]);
        assert_eq!(without(&[(3, 4)], &[(0, 10)]), []);
    }
}
