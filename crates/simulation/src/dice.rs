//! Dice with a seed: the same run again whenever somebody asks.

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A seed for dice of their own.
    pub fn seed(&mut self) -> u64 {
        self.next()
    }
    /// At least 0 and less than 1.
    pub fn part(&mut self) -> f64 {
        // 53 bits are what a float can tell apart.
        f64::from(u32::try_from(self.next() >> 38).unwrap_or(0)) / f64::from(1u32 << 26)
            + f64::from(u32::try_from(self.next() >> 38).unwrap_or(0))
                / f64::from(1u32 << 26)
                / f64::from(1u32 << 26)
    }
    /// Exponential with this mean, in whole milliseconds.
    pub fn exponential_ms(&mut self, mean_ms: f64) -> i64 {
        whole(-(1.0 - self.part()).ln() * mean_ms)
    }
    /// Log-normal with this mean and coefficient of variation, in whole milliseconds.
    pub fn lognormal_ms(&mut self, mean_ms: f64, variation: f64) -> i64 {
        let variance = (1.0 + variation * variation).ln();
        let normal = (-2.0 * (1.0 - self.part()).ln()).sqrt() * (std::f64::consts::TAU * self.part()).cos();
        whole(mean_ms * (normal * variance.sqrt() - variance / 2.0).exp())
    }
}

/// Rounded, and never so far off that time runs out.
pub fn whole(value: f64) -> i64 {
    const MOST: f64 = 1e15;
    #[allow(clippy::as_conversions, clippy::cast_possible_truncation, reason = "bounded the line before")]
    let whole = value.clamp(-MOST, MOST).round() as i64;
    whole
}

/// A count to calculate with.
pub fn float(count: u64) -> f64 {
    #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "far below 2^53")]
    let float = count as f64;
    float
}
