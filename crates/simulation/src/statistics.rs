//! Means with their errors, over runs that have nothing to do with each other.

/// A figure over several runs.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    values: Vec<f64>,
}

impl Sample {
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.values.push(value);
        }
    }
    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.values.len()).unwrap_or(u32::MAX))
    }
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.count()
    }
    /// Standard error of the mean.
    pub fn error(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.values.iter().map(|value| (value - mean) * (value - mean)).sum();
        if self.values.len() < 2 { 0.0 } else { (squares / (self.count() - 1.0) / self.count()).sqrt() }
    }
    /// Half the width of the 95 % confidence interval (Student's t, by its expansion in 1/df).
    pub fn half_width(&self) -> f64 {
        let freedom = (self.count() - 1.0).max(1.0);
        let z = 1.959_964;
        let first = (z * z * z + z) / 4.0;
        let second = (5.0 * f64::powi(z, 5) + 16.0 * f64::powi(z, 3) + 3.0 * z) / 96.0;
        let third =
            (3.0 * f64::powi(z, 7) + 19.0 * f64::powi(z, 5) + 17.0 * f64::powi(z, 3) - 15.0 * z) / 384.0;
        let t = z + first / freedom + second / (freedom * freedom) + third / f64::powi(freedom, 3);
        t * self.error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        let mut sample = Sample::default();
        (1..=11).for_each(|value| sample.add(f64::from(value)));
        assert!((sample.mean() - 6.0).abs() < 1e-12);
        // s = 3.3166, so the error is 1; t of 10 degrees of freedom is 2.228.
        assert!((sample.error() - 1.0).abs() < 1e-12);
        assert!((sample.half_width() - 2.228).abs() < 2e-3, "{}", sample.half_width());
    }
}
