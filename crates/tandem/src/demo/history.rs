//! Thirty days of believable history, so that reports mean something on the first start: written as the files that
//! `tandem import calls` reads, and taken in the same way. The same seed and day give the same history.
//!
//! Two training gaps are planted: tier 1 asks a specialist about porting a number and about fixed addresses in almost
//! every second call, and about everything else in one of ten.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use rand::{Rng, SeedableRng, rngs::StdRng};
use store::Store;
use terms::Timestamp;

const DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 3_600_000;
const SECOND: i64 = 1_000;
/// When a shift begins, in seconds of the day, and its two halves with the break between them.
const SHIFT: i64 = 8 * 3_600;
const HALF: i64 = 4 * 3_600;
const BREAK: i64 = 1_800;

/// What customers call about, how often of a hundred, and how often tier 1 asks a specialist then.
struct Matter {
    subject: &'static str,
    category: &'static str,
    weight: u32,
    asks: f64,
}

const fn matter(subject: &'static str, category: &'static str, weight: u32, asks: f64) -> Matter {
    Matter { subject, category, weight, asks }
}

const SUPPORT: &[Matter] = &[
    matter("The router restarts every hour", "technical", 24, 0.12),
    matter("I cannot sign in", "access", 22, 0.06),
    matter("Moving to another plan", "sales", 16, 0.05),
    matter("Slow in the evening", "technical", 14, 0.14),
    matter("Porting a number", "technical", 9, 0.46),
    matter("A fixed address for a server", "technical", 6, 0.52),
    matter("", "", 9, 0.10),
];
const BILLING: &[Matter] = &[
    matter("The invoice counts a month twice", "billing", 50, 0.0),
    matter("A refund has not come", "billing", 30, 0.0),
    matter("Another account for debits", "billing", 20, 0.0),
];

const TIER_ONE: &[&str] = &["ana", "ben", "cleo", "dora"];
const SPECIALISTS: &[&str] = &["eli", "fay", "gus"];
const BILLERS: &[&str] = &["hana", "ivo", "juno"];
const SUPERVISORS: &[&str] = &["kim", "lee"];

/// Builds it once; a practice that has a history keeps it. Says how many conversations there are new.
pub(super) async fn prepare(store: &Store, data: &Path, now: Timestamp, seed: u64) -> anyhow::Result<u64> {
    if reporting::import::has_imported(store).await.context("looking for a history")? {
        return Ok(0);
    }
    let directory = data.join("history");
    Files::of(now, seed).write(&directory)?;
    let imported = reporting::import::import(store, &directory, false, |_| ()).await;
    let imported = imported.context("importing the practice's history")?;
    Ok(imported.conversations_new)
}

#[derive(Default)]
struct Files {
    cases: String,
    calls: String,
    legs: String,
    segments: String,
    statuses: String,
    number: u32,
}

fn time(ms: i64) -> String {
    let at = Timestamp::from_ms(ms).ms();
    let (days, of_day) = (at.div_euclid(DAY_MS), at.rem_euclid(DAY_MS) / SECOND);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of the days since 1970 (Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let month = if part < 10 { part + 3 } else { part - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, of_year - (153 * part + 2) / 5 + 1)
}

/// One call on its way into the files.
struct Call<'a> {
    id: String,
    root: &'a str,
    parent: &'a str,
    previous: &'a str,
    kind: (&'a str, &'a str),
    queue: &'a str,
    matter: Option<&'a Matter>,
    case: &'a str,
    customer: &'a str,
    by: &'a str,
    to: &'a str,
    enqueued: Option<i64>,
    started: i64,
    answered: Option<i64>,
    ended: i64,
    disposition: &'a str,
}

impl Files {
    fn of(now: Timestamp, seed: u64) -> Self {
        let mut files = Self::default();
        let mut dice = StdRng::seed_from_u64(seed);
        let today = now.ms().div_euclid(DAY_MS) * DAY_MS;
        for day in (1..=DAYS).rev() {
            files.day(today - day * DAY_MS, &mut dice);
        }
        files
    }

    /// Everybody works their shift, each a little later than the one before; weekends are half as busy.
    fn day(&mut self, midnight: i64, dice: &mut StdRng) {
        let weekend = matches!((midnight / DAY_MS + 4).rem_euclid(7), 0 | 6);
        let pause = if weekend { 45..200 } else { 5..45 };
        let mut free = [midnight; 3];
        let mut turns: Vec<(i64, usize, i64)> = Vec::new();
        for (place, name) in TIER_ONE.iter().chain(SPECIALISTS).chain(BILLERS).chain(SUPERVISORS).enumerate()
        {
            let begins = midnight + SHIFT * SECOND + i64::try_from(place).unwrap_or(0) * 300 * SECOND;
            self.shift(name, begins);
            if TIER_ONE.contains(name) || BILLERS.contains(name) {
                turns.push((begins, place, begins));
            }
        }
        let names: Vec<&str> = TIER_ONE.iter().chain(SPECIALISTS).chain(BILLERS).copied().collect();
        // Whoever is free first takes the next call, so that specialists are asked in the order of time.
        while let Some(next) = turns.iter().enumerate().min_by_key(|(_, turn)| turn.0).map(|(at, _)| at) {
            let Some((at, place, begins)) = turns.get(next).copied() else { break };
            let (noon, evening) = (begins + HALF * SECOND, begins + (2 * HALF + BREAK) * SECOND);
            let (mut idle, mut at) = (at, at + dice.random_range(pause.clone()) * SECOND);
            if at > noon - 600 * SECOND && at < noon + BREAK * SECOND {
                idle = noon + BREAK * SECOND;
                at = idle + dice.random_range(5..60) * SECOND;
            }
            if at > evening - 900 * SECOND {
                turns.swap_remove(next);
                continue;
            }
            let Some(name) = names.get(place) else { break };
            let over = self.conversation(name, (idle, at), &mut free, dice);
            if let Some(turn) = turns.get_mut(next) {
                turn.0 = over;
            }
        }
    }

    fn shift(&mut self, name: &str, begins: i64) {
        let borders = [0, HALF, HALF + BREAK, 2 * HALF + BREAK].map(|after| begins + after * SECOND);
        for (status, pair) in ["available", "break", "available"].iter().zip(borders.windows(2)) {
            if let [start, end] = pair {
                let _ = writeln!(self.statuses, "{name},{status},{},{}", time(*start), time(*end));
            }
        }
    }

    /// One customer's matter, answered at `at` by an agent who was idle before; when they are free again.
    fn conversation(
        &mut self,
        agent: &str,
        (idle, at): (i64, i64),
        free: &mut [i64; 3],
        dice: &mut StdRng,
    ) -> i64 {
        self.number += 1;
        let root = format!("h{:05}", self.number);
        let first_tier = TIER_ONE.contains(&agent);
        let (queue, matters) = if first_tier { ("Support", SUPPORT) } else { ("Billing", BILLING) };
        let matter = pick(matters, dice);
        let customer = format!("customer-{:04}", dice.random_range(0..6_000));
        if !matter.category.is_empty() {
            let _ = writeln!(self.cases, "{root},{}", matter.category);
        }
        let case = if matter.category.is_empty() { "" } else { root.as_str() };
        self.maybe_abandoned((agent, idle), queue, matter, at, dice);
        let wait = if dice.random_bool(0.85) { dice.random_range(2..20) } else { dice.random_range(20..150) };
        let ring = dice.random_range(2..9).min(wait);
        let mut talk = dice.random_range(40..230);
        let (mut hold, mut handed) = (None, None);
        let mut disposition = "completed";
        if first_tier && dice.random_bool(matter.asks) {
            let before = dice.random_range(20..talk.max(21));
            let asked = at + before * SECOND;
            let outcome = self.consult(&root, agent, asked, free, dice);
            hold = Some((before, (outcome.ended - asked) / SECOND));
            if let Some(consult) = outcome.merged {
                (talk, disposition, handed) =
                    (before, "transferred", Some((outcome.specialist, consult, outcome.ended)));
            } else {
                talk = talk.max(before);
            }
        }
        let held = hold.map_or(0, |(_, long)| long);
        let ended = at + (talk + held) * SECOND;
        let wrap_up = ended + dice.random_range(8..40) * SECOND;
        let ring_at = at - ring * SECOND;
        self.call(&Call {
            id: root.clone(),
            root: &root,
            parent: "",
            previous: "",
            kind: ("inbound", "customer"),
            queue,
            matter: Some(matter),
            case,
            customer: &customer,
            by: "",
            to: agent,
            enqueued: Some(at - wait * SECOND),
            started: at - wait * SECOND,
            answered: Some(at),
            ended,
            disposition,
        });
        let reason = if disposition == "transferred" { "transferred" } else { "remote_hangup" };
        self.leg(&root, &root, agent, "agent", (Some(ring_at), Some(at), ended), reason);
        self.segment(&root, "ring", ring_at, at);
        self.talked(&root, hold, at, ended);
        self.segment(&root, "acw", ended, wrap_up);
        if let Some((specialist, consult, from)) = handed {
            self.transfer(&root, (agent, specialist), &consult, from, free, dice);
        }
        if ended - at > 90 * SECOND && dice.random_bool(0.02) {
            self.coaching(&root, agent, at, ended, dice);
        }
        wrap_up
    }

    /// Talk, and the hold within it: after how many seconds, and how long.
    fn talked(&mut self, leg: &str, hold: Option<(i64, i64)>, at: i64, ended: i64) {
        let Some((before, long)) = hold else { return self.segment(leg, "talk", at, ended) };
        let (from, to) = (at + before * SECOND, at + (before + long) * SECOND);
        self.segment(leg, "talk", at, from);
        self.segment(leg, "hold", from, to);
        self.segment(leg, "talk", to, ended);
    }

    /// It rang at an agent who declined, or did not answer for as long as a phone rings, or the caller left first.
    fn rang_in_vain(&mut self, call: &str, agent: &str, (from, left): (i64, i64), busy: i64) {
        const RINGS: i64 = 20 * SECOND;
        let (declined, whole) = (from + 3 * SECOND, from + RINGS);
        let (to, reason) = if whole <= left.min(busy) {
            (whole, "no_answer")
        } else if left <= busy && left > from {
            (left, "cancelled")
        } else if declined <= left.min(busy) {
            (declined, "declined")
        } else {
            return;
        };
        let id = format!("{call}r");
        self.leg(&id, call, agent, "agent", (Some(from), None, to), reason);
        self.segment(&id, "ring", from, to);
    }

    /// Somebody else who waited at the same time and went away; it may have rung at the agent, who was idle before `at`.
    fn maybe_abandoned(
        &mut self,
        (agent, idle): (&str, i64),
        queue: &str,
        matter: &Matter,
        at: i64,
        dice: &mut StdRng,
    ) {
        if !dice.random_bool(0.045) {
            return;
        }
        let id = format!("h{:05}x", self.number);
        let started = at - dice.random_range(30..90) * SECOND;
        let waited = dice.random_range(2..120) * SECOND;
        let disposition = if dice.random_bool(0.15) { "callback_requested" } else { "abandoned" };
        self.call(&Call {
            root: &id,
            id: id.clone(),
            parent: "",
            previous: "",
            kind: ("inbound", "customer"),
            queue,
            matter: Some(matter),
            case: "",
            customer: "",
            by: "",
            to: "",
            enqueued: Some(started),
            started,
            answered: None,
            ended: started + waited,
            disposition,
        });
        // Before the agent's own call rings.
        let busy = at - 10 * SECOND;
        self.rang_in_vain(&id, agent, (started.max(idle) + SECOND, started + waited), busy);
    }

    fn consult(
        &mut self,
        root: &str,
        agent: &str,
        asked: i64,
        free: &mut [i64; 3],
        dice: &mut StdRng,
    ) -> Consulted {
        let id = format!("{root}c");
        let place = (0..free.len()).min_by_key(|place| free.get(*place)).unwrap_or(0);
        let specialist = SPECIALISTS.get(place).copied().unwrap_or("eli");
        let busy = free.get(place).is_some_and(|until| *until > asked) || dice.random_bool(0.04);
        let answered = (!busy).then(|| asked + dice.random_range(3..14) * SECOND);
        let ended = answered.map_or(asked + 20 * SECOND, |at| at + dice.random_range(25..150) * SECOND);
        let merged = answered.is_some() && dice.random_bool(0.18);
        let disposition = match (answered, merged) {
            (None, _) => "no_answer",
            (Some(_), true) => "merged",
            (Some(_), false) => "completed",
        };
        self.call(&Call {
            root,
            id: id.clone(),
            parent: root,
            previous: "",
            kind: ("internal", "consult"),
            queue: "",
            matter: None,
            case: "",
            customer: "",
            by: agent,
            to: specialist,
            enqueued: None,
            started: asked,
            answered,
            ended,
            disposition,
        });
        self.leg(&id, &id, specialist, "specialist", (Some(asked), answered, ended), disposition);
        self.segment(&id, "ring", asked, answered.unwrap_or(ended));
        if let Some(answered) = answered {
            let own = format!("{id}i");
            self.segment(&id, "talk", answered, ended);
            self.leg(&own, &id, agent, "agent", (None, Some(answered), ended), disposition);
            self.segment(&own, "talk", answered, ended);
            if let Some(until) = free.get_mut(place) {
                *until = ended + 10 * SECOND;
            }
        }
        Consulted { specialist, ended, merged: merged.then_some(id) }
    }

    fn transfer(
        &mut self,
        root: &str,
        (from, to): (&str, &str),
        consult: &str,
        at: i64,
        free: &mut [i64; 3],
        dice: &mut StdRng,
    ) {
        let id = format!("{root}t");
        let ended = at + dice.random_range(60..400) * SECOND;
        self.call(&Call {
            root,
            id: id.clone(),
            parent: consult,
            previous: root,
            kind: ("inbound", "transfer"),
            queue: "",
            matter: None,
            case: "",
            customer: "",
            by: from,
            to,
            enqueued: None,
            started: at,
            answered: Some(at),
            ended,
            disposition: "completed",
        });
        self.leg(&id, &id, to, "agent", (None, Some(at), ended), "remote_hangup");
        self.segment(&id, "talk", at, ended);
        self.segment(&id, "acw", ended, ended + 20 * SECOND);
        let place = SPECIALISTS.iter().position(|name| *name == to);
        if let Some(until) = place.and_then(|place| free.get_mut(place)) {
            *until = ended + 30 * SECOND;
        }
    }

    fn coaching(&mut self, root: &str, agent: &str, at: i64, ended: i64, dice: &mut StdRng) {
        let id = format!("{root}s");
        let supervisor = if TIER_ONE.contains(&agent) { "kim" } else { "lee" };
        let from = at + 20 * SECOND;
        let whisper = from + dice.random_range(10..40) * SECOND;
        let barge = dice.random_bool(0.2).then_some(whisper + 15 * SECOND).filter(|at| *at < ended);
        let mut call = Call {
            root,
            id: id.clone(),
            parent: root,
            previous: "",
            kind: ("internal", "coaching"),
            queue: "",
            matter: None,
            case: "",
            customer: "",
            by: supervisor,
            to: agent,
            enqueued: None,
            started: from,
            answered: Some(from),
            ended,
            disposition: "completed",
        };
        call.ended = call.ended.max(whisper);
        self.call(&call);
        self.leg(&id, &id, supervisor, "supervisor", (None, Some(from), call.ended), "completed");
        self.segment(&id, "monitor", from, whisper);
        self.segment(&id, "whisper", whisper, barge.unwrap_or(call.ended));
        if let Some(barge) = barge {
            self.segment(&id, "barge", barge, call.ended);
        }
    }

    fn call(&mut self, call: &Call<'_>) {
        let subject = call.matter.map_or("", |matter| matter.subject);
        let at = |at: Option<i64>| at.map(time).unwrap_or_default();
        let _ = writeln!(
            self.calls,
            "{},{},{},{},{},{},{},{subject},{},{},{},{},{},{},{},{},{}",
            call.id,
            call.root,
            call.parent,
            call.previous,
            call.kind.0,
            call.kind.1,
            call.queue,
            call.case,
            call.customer,
            call.by,
            call.to,
            at(call.enqueued),
            time(call.started),
            at(call.answered),
            time(call.ended),
            call.disposition
        );
    }

    fn leg(
        &mut self,
        id: &str,
        call: &str,
        agent: &str,
        role: &str,
        (ring, answered, ended): (Option<i64>, Option<i64>, i64),
        reason: &str,
    ) {
        let at = |at: Option<i64>| at.map(time).unwrap_or_default();
        let _ = writeln!(
            self.legs,
            "{id},{call},{agent},{role},{},{},{},{reason}",
            at(ring),
            at(answered),
            time(ended)
        );
    }

    fn segment(&mut self, leg: &str, kind: &str, start: i64, end: i64) {
        if start < end {
            let _ = writeln!(self.segments, "{leg},{kind},{},{}", time(start), time(end));
        }
    }

    fn write(self, directory: &Path) -> anyhow::Result<()> {
        let mut agents = String::new();
        for (names, role, tier, team) in [
            (TIER_ONE, "agent", "1", "Tier 1"),
            (SPECIALISTS, "agent", "2", "Tier 2"),
            (BILLERS, "agent", "", "Billing specialists"),
            (SUPERVISORS, "supervisor", "", "Supervisor pool"),
        ] {
            for name in names {
                let _ = writeln!(agents, "{name},{name},{role},{tier},{team}");
            }
        }
        fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
        let put = |name: &str, header: &str, rows: &str| {
            let path: PathBuf = directory.join(name);
            fs::write(&path, format!("{header}\n{rows}"))
                .with_context(|| format!("writing {}", path.display()))
        };
        put("agents.csv", "agent_id,name,role,tier,team", &agents)?;
        put("cases.csv", "case_id,category", &self.cases)?;
        put(
            "calls.csv",
            "call_id,root_id,parent_id,prev_id,call_type,purpose,queue,subject,case_id,customer_id,\
             initiator_agent_id,target_agent_id,enqueued_at,started_at,answered_at,ended_at,disposition",
            &self.calls,
        )?;
        put("legs.csv", "leg_id,call_id,agent_id,role,ring_at,answered_at,ended_at,end_reason", &self.legs)?;
        put("segments.csv", "leg_id,kind,start_at,end_at", &self.segments)?;
        put("agent_status.csv", "agent_id,status,start_at,end_at", &self.statuses)
    }
}

struct Consulted {
    specialist: &'static str,
    ended: i64,
    /// The consult, where the customer goes on with the specialist.
    merged: Option<String>,
}

fn pick<'a>(matters: &'a [Matter], dice: &mut StdRng) -> &'a Matter {
    let mut left = dice.random_range(0..matters.iter().map(|matter| matter.weight).sum());
    for matter in matters {
        if left < matter.weight {
            return matter;
        }
        left -= matter.weight;
    }
    &matters[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(1_772_323_200_000), "2026-03-01T00:00:00Z");
        assert_eq!(time(1_709_208_000_000), "2024-02-29T12:00:00Z");
    }

    #[tokio::test]
    async fn the_history_imports_whole_and_is_large_enough() {
        let data = std::env::temp_dir().join(format!("tandem-history-{}", std::process::id()));
        fs::create_dir_all(&data).unwrap();
        let store =
            Store::connect(&format!("sqlite://{}?mode=rwc", data.join("o.db").display())).await.unwrap();
        let now = Timestamp::from_ms(1_795_000_000_000);
        let made = prepare(&store, &data, now, 7).await.unwrap();
        assert!(made >= 20_000, "{made}");
        assert_eq!(prepare(&store, &data, now, 7).await.unwrap(), 0);
        store.close().await.unwrap();
        fs::remove_dir_all(data).unwrap();
    }
}
