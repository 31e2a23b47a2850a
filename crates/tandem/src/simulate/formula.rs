//! What queueing theory says: Erlang-C, Erlang-A, two priorities, and first come first served to the longest idle.
//!
//! Sources: Erlang 1917 (C), Palm 1957 and Garnett, Mandelbaum and Reiman 2002 (A), Cobham 1954 (priorities),
//! Adan and Weiss, Stochastic Systems 4(1) 2014 (skills).

use std::collections::BTreeMap;

/// A figure's name and its value; times in seconds.
pub type Figures = BTreeMap<String, f64>;

fn figures(list: &[(&str, f64)]) -> Figures {
    list.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

/// Probability that a caller of an M/M/n queue waits; `load` in erlang, below n.
pub fn erlang_c(n: u32, load: f64) -> f64 {
    let mut blocked = 1.0;
    for k in 1..=n {
        blocked = load * blocked / (f64::from(k) + load * blocked);
    }
    let rho = load / f64::from(n);
    blocked / (1.0 - rho * (1.0 - blocked))
}

/// Nobody gives up.
pub fn of_erlang_c(n: u32, an_hour: f64, handle_s: f64, within_s: f64) -> Figures {
    let (lambda, mu) = (an_hour / 3600.0, 1.0 / handle_s);
    let load = lambda / mu;
    let waits = erlang_c(n, load);
    let drain = f64::from(n) * mu - lambda;
    let asa = waits / drain;
    let level = 1.0 - waits * (-drain * within_s).exp();
    figures(&[
        ("occupancy", load / f64::from(n)),
        ("p_wait", waits),
        ("asa_s", asa),
        ("ew_all_s", asa),
        ("p_abandon", 0.0),
        ("sl20_offered", level),
        ("sl20_excl_short_ab", level),
        ("sl20_answered", level),
        ("sl20_ab_as_met", level),
    ])
}

/// Patience is exponential: M/M/n+M.
pub fn of_erlang_a(n: u32, an_hour: f64, handle_s: f64, patience_s: f64, within_s: f64) -> Figures {
    let (lambda, mu, theta) = (an_hour / 3600.0, 1.0 / handle_s, 1.0 / patience_s);
    let servers = f64::from(n);
    // Probabilities of k in the system, unnormalised, until the rest is nothing.
    let mut weights = vec![1.0f64];
    for k in 1..100_000u32 {
        let death = f64::from(k.min(n)) * mu + f64::from(k.saturating_sub(n)) * theta;
        let weight = weights.last().copied().unwrap_or(0.0) * lambda / death;
        weights.push(weight);
        if k > n && weight < 1e-18 * weights.iter().sum::<f64>() {
            break;
        }
    }
    let sum: f64 = weights.iter().sum();
    let (mut busy, mut before_last, mut waits) = (0.0, 0.0, 0.0);
    for (k, weight) in (0u32..).zip(&weights) {
        let part = weight / sum;
        busy += f64::from(k.min(n)) * part;
        waits += if k >= n { part } else { 0.0 };
        before_last += if k + 1 == n { part } else { 0.0 };
    }
    // The density of the wait that is offered, integrated by Simpson's rule.
    let density = |x: f64| {
        lambda * before_last * (lambda / theta * (1.0 - (-theta * x).exp()) - servers * mu * x).exp()
    };
    let upper = (60.0 + lambda / theta) / (servers * mu);
    let over = |from: f64, to: f64, of: &dyn Fn(f64) -> f64| {
        const STEPS: u32 = 20_000;
        let h = (to - from) / f64::from(STEPS);
        let weight = |i: u32| if i == 0 || i == STEPS { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
        (0..=STEPS).map(|i| weight(i) * of(from + h * f64::from(i))).sum::<f64>() * h / 3.0
    };
    let stays = |x: f64| (-theta * x).exp();
    let abandon = over(0.0, upper, &|x| density(x) * (1.0 - stays(x)));
    let answered_wait = over(0.0, upper, &|x| density(x) * x * stays(x));
    let gave_up_at = over(0.0, upper, &|x| density(x) * ((1.0 - stays(x)) / theta - x * stays(x)));
    let within = within_s.min(upper);
    let met = 1.0 - waits + over(0.0, within, &|x| density(x) * stays(x));
    let gave_up_within = over(0.0, within, &|x| density(x) * (1.0 - stays(x)))
        + over(within, upper, &density) * (1.0 - stays(within));
    figures(&[
        ("occupancy", busy / servers),
        ("p_wait", waits),
        ("asa_s", answered_wait / (1.0 - abandon)),
        ("ew_all_s", answered_wait + gave_up_at),
        ("p_abandon", abandon),
        ("sl20_offered", met),
        ("sl20_excl_short_ab", met / (1.0 - gave_up_within)),
        ("sl20_answered", met / (1.0 - abandon)),
        ("sl20_ab_as_met", met + gave_up_within),
        ("ab_within_20", gave_up_within),
        ("mean_time_to_abandon_s", gave_up_at / abandon),
    ])
}

/// Two strict priorities with equal handle times; the high ones do not interrupt.
pub fn of_two_priorities(n: u32, high_an_hour: f64, low_an_hour: f64, handle_s: f64) -> Figures {
    let mu = 1.0 / handle_s;
    let capacity = f64::from(n) * mu;
    let (high, low) = (high_an_hour / 3600.0 / capacity, low_an_hour / 3600.0 / capacity);
    let waits = erlang_c(n, (high + low) * f64::from(n));
    let of_high = waits / (capacity * (1.0 - high));
    let of_low = of_high / (1.0 - high - low);
    let all = (high * of_high + low * of_low) / (high + low);
    figures(&[
        ("occupancy", high + low),
        ("p_wait", waits),
        ("ew_all_s", all),
        ("w_high_s", of_high),
        ("w_low_s", of_low),
    ])
}

/// Callers of several types, agents with several skills, first come first served to the longest idle.
pub struct Skills {
    pub types: Vec<(&'static str, f64)>,
    /// Agents with the types they serve.
    pub agents: Vec<(&'static str, Vec<usize>)>,
    pub handle_s: f64,
}

/// The product form of Adan and Weiss: the busy agents in the order of their callers' arrivals, then the idle ones.
pub fn of_skills(skills: &Skills) -> Figures {
    let mu = 1.0 / skills.handle_s;
    let rate = |type_: usize| skills.types[type_].1 / 3600.0;
    let mut order: Vec<usize> = (0..skills.agents.len()).collect();
    let mut sum = 0.0;
    let mut busy = vec![0.0; skills.agents.len()];
    let mut waits = vec![0.0; skills.types.len()];
    let mut queued = vec![0.0; skills.types.len()];
    permute(&mut order, 0, &mut |order| {
        for first_idle in 0..=order.len() {
            let mut weight = 1.0;
            let mut lengths = vec![0.0; skills.types.len()];
            for j in 0..first_idle {
                // Types that nobody outside the first j + 1 serves wait behind the j-th.
                let only: Vec<usize> = (0..skills.types.len())
                    .filter(|type_| {
                        order[j + 1..].iter().all(|agent| !skills.agents[*agent].1.contains(type_))
                    })
                    .collect();
                let speed = f64::from(u32::try_from(j + 1).unwrap_or(u32::MAX)) * mu;
                let arrivals: f64 = only.iter().map(|type_| rate(*type_)).sum();
                let ratio = arrivals / speed;
                weight *= 1.0 / speed / (1.0 - ratio);
                for type_ in &only {
                    lengths[*type_] += ratio / (1.0 - ratio) * rate(*type_) / arrivals;
                }
            }
            for j in first_idle..order.len() {
                let served = (0..skills.types.len())
                    .filter(|type_| order[j..].iter().any(|agent| skills.agents[*agent].1.contains(type_)));
                weight /= served.map(rate).sum::<f64>();
            }
            sum += weight;
            order[..first_idle].iter().for_each(|agent| busy[*agent] += weight);
            for type_ in 0..skills.types.len() {
                let found = order[first_idle..].iter().any(|agent| skills.agents[*agent].1.contains(&type_));
                waits[type_] += if found { 0.0 } else { weight };
                queued[type_] += weight * lengths[type_];
            }
        }
    });
    let mut figures = Figures::new();
    for (index, (name, _)) in skills.types.iter().enumerate() {
        figures.insert(format!("p_wait {name}"), waits[index] / sum);
        figures.insert(format!("ew {name}"), queued[index] / sum / rate(index));
    }
    for (index, (name, _)) in skills.agents.iter().enumerate() {
        figures.insert(format!("occupancy {name}"), busy[index] / sum);
    }
    figures
}

fn permute(order: &mut Vec<usize>, fixed: usize, each: &mut dyn FnMut(&[usize])) {
    if fixed == order.len() {
        each(order);
        return;
    }
    for next in fixed..order.len() {
        order.swap(fixed, next);
        permute(order, fixed + 1, each);
        order.swap(fixed, next);
    }
}
