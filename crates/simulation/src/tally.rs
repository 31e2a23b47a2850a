//! Tallies that are added up.

use crate::floor::Tally;

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.offered += other.offered;
        self.waited += other.waited;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.overflowed += other.overflowed;
        self.answered_within += other.answered_within;
        self.abandoned_within += other.abandoned_within;
        self.wait_of_answered += other.wait_of_answered;
        self.wait_of_abandoned += other.wait_of_abandoned;
        self.wait += other.wait;
    }
}
