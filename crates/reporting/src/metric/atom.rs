//! What metrics are counted from: sums, peaks and samples that can be added up over any rows.

use std::collections::{BTreeMap, BTreeSet};

macro_rules! atoms {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One thing that is counted, in events or milliseconds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Atom { $($(#[$doc])* $name,)* }

        impl Atom {
            pub const COUNT: usize = [$(Atom::$name,)*].len();
        }
    };
}

atoms! {
    Calls,
    CallsAnswered,
    CallMs,
    CallsAbandoned,
    /// Inbound root calls.
    Interactions,
    InteractionsAnswered,
    InteractionsTransferred,
    InteractionsConsulted,
    RepeatKnown,
    Resolved,
    CustomerCallsAnswered,
    InternalAnswered,
    ConsultMs,
    LongestHold,
    LongestHoldInteraction,
    Legs,
    LegsAnswered,
    LegsMissed,
    OffersAccepted,
    OffersDeclined,
    OffersMissed,
    OffersWithdrawn,
    OffersFailed,
    Ring,
    Talk,
    Hold,
    Conference,
    Monitor,
    Whisper,
    Barge,
    Acw,
    Waiting,
    Ivr,
    Park,
    HoldCount,
    HandledLegs,
    Handle,
    HandleTalk,
    HandleHold,
    HandleConference,
    HandleAcw,
    HandleSample,
    MosSum,
    MosCount,
    MosLowest,
    Offered,
    QueueAnswered,
    QueueAbandoned,
    Wait,
    AbandonWait,
    InTime,
    AbandonedInTime,
    AbandonedLate,
    ShortAbandoned,
    CallbackRequested,
    LongestWait,
    WaitSample,
    TierOne,
    TierOneConsulted,
    TierOneConsults,
    TierOneConsultMs,
    Escalated,
    RecentCalls,
    RecentConsulted,
    EarlierCalls,
    EarlierConsulted,
    Attempts,
    EdgesAnswered,
    EdgeConsults,
    EdgeTransfers,
    EdgeConsultMs,
    EdgeConversations,
    ConsultsOffered,
    ConsultsReceived,
    ConsultsMade,
    /// Of who was consulted, and of who got the customer, beside what they did themselves.
    ConsultsTaken,
    TransfersTaken,
    ConsultReceivedMs,
    Advised,
    TookOver,
    Joined,
    CoachingSessions,
    CoachedCalls,
    CoachedAgents,
    CoachingMs,
    SignedIn,
    Available,
    Busy,
    Idle,
    RingTime,
    Statuses,
    StatusMs,
    StatusInCall,
}

impl Atom {
    /// The greatest counts, not the sum.
    pub const fn is_peak(self) -> bool {
        matches!(self, Atom::LongestHold | Atom::LongestHoldInteraction | Atom::LongestWait | Atom::MosLowest)
    }
}

/// Some atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Atoms(u128);

impl Atoms {
    pub(crate) const fn of(atoms: &[Atom]) -> Self {
        const { assert!(Atom::COUNT <= 128) }
        let (mut set, mut at) = (0, 0);
        while at < atoms.len() {
            set |= 1 << (atoms[at] as u32);
            at += 1;
        }
        Self(set)
    }

    pub(crate) const fn contains(self, atom: Atom) -> bool {
        self.0 & (1 << (atom as u32)) != 0
    }

    pub(crate) const fn meets(self, others: Atoms) -> bool {
        self.0 & others.0 != 0
    }
}

/// What was counted for one cell of a report.
#[derive(Clone, Debug)]
pub struct Sums {
    of: Box<[i64; Atom::COUNT]>,
    /// Exact histograms, in milliseconds: percentiles of a whole come from these, never from percentiles of parts.
    samples: BTreeMap<Atom, BTreeMap<i64, u64>>,
    distinct: BTreeMap<Atom, BTreeSet<u32>>,
}

impl Default for Sums {
    fn default() -> Self {
        Self { of: Box::new([0; Atom::COUNT]), samples: BTreeMap::new(), distinct: BTreeMap::new() }
    }
}

impl Sums {
    pub fn get(&self, atom: Atom) -> i64 {
        self.of[atom as usize]
    }

    pub fn add(&mut self, atom: Atom, amount: i64) {
        let sum = &mut self.of[atom as usize];
        *sum = if atom.is_peak() { (*sum).max(amount) } else { *sum + amount };
    }

    pub fn sample(&mut self, atom: Atom, ms: i64) {
        *self.samples.entry(atom).or_default().entry(ms).or_default() += 1;
    }

    pub fn note(&mut self, atom: Atom, one: u32) {
        self.distinct.entry(atom).or_default().insert(one);
    }

    pub fn distinct(&self, atom: Atom) -> i64 {
        self.distinct.get(&atom).map_or(0, |found| i64::try_from(found.len()).unwrap_or(i64::MAX))
    }

    pub fn merge(&mut self, other: &Sums) {
        for (place, amount) in other.of.iter().enumerate() {
            let peak = PEAKS.contains(&place);
            self.of[place] = if peak { self.of[place].max(*amount) } else { self.of[place] + amount };
        }
        for (atom, samples) in &other.samples {
            let mine = self.samples.entry(*atom).or_default();
            for (ms, count) in samples {
                *mine.entry(*ms).or_default() += count;
            }
        }
        for (atom, found) in &other.distinct {
            self.distinct.entry(*atom).or_default().extend(found);
        }
    }

    /// The smallest sample that at least `percent` of a hundred do not exceed (nearest rank).
    pub fn percentile(&self, atom: Atom, percent: u64) -> Option<i64> {
        let samples = self.samples.get(&atom)?;
        let all: u64 = samples.values().sum();
        let rank = (all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (ms, count) in samples {
            seen += count;
            if seen >= rank {
                return Some(*ms);
            }
        }
        None
    }
}

const PEAKS: [usize; 4] = [
    Atom::LongestHold as usize,
    Atom::LongestHoldInteraction as usize,
    Atom::LongestWait as usize,
    Atom::MosLowest as usize,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_whole_come_from_all_samples() {
        let (mut left, mut right) = (Sums::default(), Sums::default());
        (1..=9).for_each(|ms| left.sample(Atom::WaitSample, ms));
        right.sample(Atom::WaitSample, 100);
        left.merge(&right);
        assert_eq!(left.percentile(Atom::WaitSample, 50), Some(5));
        assert_eq!(left.percentile(Atom::WaitSample, 90), Some(9));
        assert_eq!(left.percentile(Atom::WaitSample, 95), Some(100));
        assert_eq!(right.percentile(Atom::HandleSample, 50), None);
    }
}
