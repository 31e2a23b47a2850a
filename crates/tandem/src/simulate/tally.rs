//! What the tallies of a run say.

use super::{floor::Tally, formula::Figures, theory::float};

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

    /// Parts and mean seconds; what divides by nothing is left out by whoever samples it.
    pub fn figures(&self) -> Figures {
        let offered = float(self.offered);
        let (answered, abandoned) = (float(self.answered), float(self.abandoned));
        let (met, short) = (float(self.answered_within), float(self.abandoned_within));
        let list = [
            ("p_wait", float(self.waited) / offered),
            ("asa_s", self.wait_of_answered / answered),
            ("ew_all_s", self.wait / offered),
            ("p_abandon", abandoned / offered),
            ("sl20_offered", met / offered),
            ("sl20_excl_short_ab", met / (offered - short)),
            ("sl20_answered", met / answered),
            ("sl20_ab_as_met", (met + short) / offered),
            ("ab_within_20", short / offered),
            ("mean_time_to_abandon_s", self.wait_of_abandoned / abandoned),
        ];
        list.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }
}
