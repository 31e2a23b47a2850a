//! Measures over the rows of an answer: what one row means among the others.

use crate::metric::{Atom, OverRows, Sums, Value};

/// The value of each row, in their order.
pub(super) fn values(what: OverRows, rows: &[&Sums]) -> Vec<Value> {
    let counts: Vec<(i64, i64)> =
        rows.iter().map(|sums| (sums.get(Atom::TierOneConsulted), sums.get(Atom::TierOne))).collect();
    let values = match what {
        OverRows::Shrunk => shrunk(&counts),
        OverRows::P => chances(&counts),
        OverRows::Q => discoveries(&chances(&counts)),
    };
    values.into_iter().map(|value| value.map_or(Value::Null, Value::Float)).collect()
}

fn float(number: i64) -> f64 {
    number as f64
}

/// Beta-binomial by moments (Kleinman 1973): a row of `n` calls keeps `n / (n + strength)` of its own rate, where the
/// strength of the whole follows from how much the rows differ beyond chance.
fn shrunk(counts: &[(i64, i64)]) -> Vec<Option<f64>> {
    let all: f64 = counts.iter().map(|(_, of)| float(*of)).sum();
    let hits: f64 = counts.iter().map(|(hits, _)| float(*hits)).sum();
    if all == 0.0 {
        return vec![None; counts.len()];
    }
    let mean = hits / all;
    let rows = counts.iter().filter(|(_, of)| *of > 0).count() as f64;
    let spread: f64 = counts
        .iter()
        .filter(|(_, of)| *of > 0)
        .map(|(hits, of)| float(*of) * (float(*hits) / float(*of) - mean).powi(2))
        .sum();
    let chance = mean * (1.0 - mean);
    let squares: f64 = counts.iter().map(|(_, of)| float(*of).powi(2)).sum();
    let room = all - squares / all;
    let beyond = if room > 0.0 { (spread - chance * (rows - 1.0)) / room } else { 0.0 };
    let one = |(hits, of): &(i64, i64)| {
        (*of > 0).then(|| {
            let own = float(*hits) / float(*of);
            if beyond <= 0.0 || chance <= 0.0 {
                return mean;
            }
            let strength = (chance / beyond - 1.0).max(0.0);
            let keeps = float(*of) / (float(*of) + strength);
            keeps * own + (1.0 - keeps) * mean
        })
    };
    counts.iter().map(one).collect()
}

/// P(X >= hits) for X ~ Binomial(of, the rate of the other rows).
fn chances(counts: &[(i64, i64)]) -> Vec<Option<f64>> {
    let (hits, all) = counts.iter().fold((0, 0), |(hits, all), (hit, of)| (hits + hit, all + of));
    let one = |(hit, of): &(i64, i64)| {
        let others = all - of;
        (*of > 0 && others > 0).then(|| tail(*hit, *of, float(hits - hit) / float(others)))
    };
    counts.iter().map(one).collect()
}

fn tail(hits: i64, of: i64, rate: f64) -> f64 {
    if hits <= 0 || rate >= 1.0 {
        return 1.0;
    }
    if rate <= 0.0 {
        return 0.0;
    }
    // The logarithm of the probability of `hits`, then from each to the next.
    let choose: f64 = (1..=hits).map(|step| (float(of - hits + step) / float(step)).ln()).sum();
    let mut log = choose + float(hits) * rate.ln() + float(of - hits) * (1.0 - rate).ln();
    let (mut sum, odds) = (0.0, (rate / (1.0 - rate)).ln());
    for step in hits..=of {
        sum += log.exp();
        log += (float(of - step) / float(step + 1)).ln() + odds;
    }
    sum.min(1.0)
}

/// Benjamini and Hochberg's step-up, as adjusted values.
fn discoveries(chances: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        chances.iter().enumerate().filter_map(|(place, chance)| Some((place, (*chance)?))).collect();
    order.sort_by(|left, right| left.1.total_cmp(&right.1));
    let many = order.len() as f64;
    let mut adjusted = vec![None; chances.len()];
    let mut least = 1.0_f64;
    for (rank, (place, chance)) in order.iter().enumerate().rev() {
        least = least.min(chance * many / (rank as f64 + 1.0));
        if let Some(value) = adjusted.get_mut(*place) {
            *value = Some(least);
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: Option<f64>, right: f64) {
        assert!((left.unwrap() - right).abs() < 1e-9, "{left:?} is not {right}");
    }

    #[test]
    fn chances_are_those_of_the_binomial_distribution() {
        // 1 - (1 - 0.5)^1 and the like, by hand.
        near(Some(tail(1, 1, 0.5)), 0.5);
        near(Some(tail(2, 3, 0.5)), 0.5);
        near(Some(tail(3, 3, 0.1)), 0.001);
        near(Some(tail(0, 3, 0.1)), 1.0);
        let found = discoveries(&[Some(0.01), Some(0.04), None, Some(0.03)]);
        near(found[0], 0.03);
        near(found[1], 0.04);
        assert_eq!(found[2], None);
        near(found[3], 0.04);
    }

    #[test]
    fn few_calls_are_drawn_further_towards_the_whole_than_many() {
        let counts = [(3, 5), (600, 1000), (100, 1000), (150, 1000)];
        let found = shrunk(&counts);
        let drawn = |place: usize, rate: f64| (found[place].unwrap() - rate).abs();
        assert!(drawn(0, 0.6) > drawn(1, 0.6));
        assert!(found[0].unwrap() < 0.6 && found[2].unwrap() > 0.1);
        assert_eq!(shrunk(&[(0, 0)]), [None]);
    }
}
