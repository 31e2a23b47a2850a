//! Believable history of any size, as the files that `tandem import calls` reads: the same seed gives the same files.
//!
//! Everybody of tier 1 takes one call after the other through their shift; of some subjects they ask a specialist more
//! often than of others; some callers give up, some calls ring at somebody who does not answer, some are listened to.

use std::{
    fmt::Write as _,
    fs,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use chrono::{DateTime, NaiveDate};
use rand::{Rng, SeedableRng, rngs::StdRng};

pub(crate) const DAYS: i64 = 365;
const DAY: i64 = 86_400;
/// A shift in seconds of the day.
const SHIFT: (i64, i64) = (8 * 3_600, 17 * 3_600);
/// Legs that somebody of tier 1 causes in a year.
const LEGS_AN_AGENT: u64 = 31_000;

/// Subject, category, weight of a hundred, and how often of a thousand tier 1 asks about it.
const MATTERS: &[(&str, &str, u32, u32)] = &[
    ("The router restarts every hour", "technical", 20, 130),
    ("I cannot sign in", "access", 18, 60),
    ("Moving to another plan", "sales", 14, 50),
    ("Slow in the evening", "technical", 12, 150),
    ("Porting a number", "technical", 8, 460),
    ("A fixed address for a server", "technical", 6, 520),
    ("The invoice counts a month twice", "billing", 9, 90),
    ("A refund has not come", "billing", 6, 110),
    ("", "", 7, 100),
];
const QUEUES: &[&str] = &["Support", "Billing", "Business", "Evening"];

pub(crate) const START: &str = "2025-01-01";

type Out = BufWriter<fs::File>;

/// Some days of the history, in a directory of their own.
pub(crate) struct Files {
    cases: Out,
    calls: Out,
    legs: Out,
    segments: Out,
    statuses: Out,
    day: String,
    midnight: i64,
    pub(crate) calls_written: u64,
    pub(crate) legs_written: u64,
}

pub(crate) struct People {
    pub(crate) tier_one: usize,
    pub(crate) specialists: usize,
    pub(crate) supervisors: usize,
}

impl People {
    pub(crate) fn for_legs(legs: u64) -> Self {
        let tier_one = usize::try_from(legs / LEGS_AN_AGENT).unwrap_or(usize::MAX).max(3);
        Self { tier_one, specialists: (tier_one / 4).max(2), supervisors: (tier_one / 12).max(1) }
    }

    fn write(&self, directory: &Path) -> io::Result<()> {
        let mut text = "agent_id,name,role,tier,team\n".to_owned();
        for at in 0..self.tier_one {
            let _ = writeln!(text, "a{at},Agent {at},agent,1,Team {}", at / 12);
        }
        for at in 0..self.specialists {
            let _ = writeln!(text, "s{at},Specialist {at},agent,{},Specialists {}", 2 + at % 2, at / 12);
        }
        for at in 0..self.supervisors {
            let _ = writeln!(text, "v{at},Supervisor {at},supervisor,,Team {at}");
        }
        fs::write(directory.join("agents.csv"), text)
    }
}

fn out(directory: &Path, name: &str, header: &str) -> io::Result<Out> {
    let mut file = BufWriter::with_capacity(1 << 18, fs::File::create(directory.join(name))?);
    writeln!(file, "{header}")?;
    Ok(file)
}

/// What one call is written with; times are seconds of the day.
struct Call<'a> {
    id: &'a str,
    root: &'a str,
    parent: &'a str,
    previous: &'a str,
    kind: &'a str,
    queue: &'a str,
    subject: &'a str,
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
    pub(crate) fn create(directory: &Path, people: &People) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        people.write(directory)?;
        Ok(Self {
            cases: out(directory, "cases.csv", "case_id,category")?,
            calls: out(
                directory,
                "calls.csv",
                "call_id,root_id,parent_id,prev_id,call_type,purpose,queue,subject,case_id,customer_id,\
                 initiator_agent_id,target_agent_id,enqueued_at,started_at,answered_at,ended_at,disposition",
            )?,
            legs: out(
                directory,
                "legs.csv",
                "leg_id,call_id,agent_id,role,ring_at,answered_at,ended_at,end_reason",
            )?,
            segments: out(directory, "segments.csv", "leg_id,kind,start_at,end_at")?,
            statuses: out(directory, "agent_status.csv", "agent_id,status,start_at,end_at")?,
            day: String::new(),
            midnight: 0,
            calls_written: 0,
            legs_written: 0,
        })
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        for file in [&mut self.cases, &mut self.calls, &mut self.legs, &mut self.segments, &mut self.statuses]
        {
            file.flush()?;
        }
        Ok(())
    }

    /// One day of everybody's work.
    pub(crate) fn day(&mut self, number: i64, people: &People, seed: u64) -> io::Result<()> {
        let first: NaiveDate = START.parse().map_err(io::Error::other)?;
        self.midnight = first.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() + number * DAY;
        self.day =
            DateTime::from_timestamp(self.midnight, 0).unwrap_or_default().format("%Y-%m-%dT").to_string();
        let mut dice =
            StdRng::seed_from_u64(seed ^ number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut free = vec![0; people.specialists];
        for at in 0..people.specialists {
            self.shift(&format!("s{at}"))?;
        }
        for agent in 0..people.tier_one {
            let name = format!("a{agent}");
            self.shift(&name)?;
            // Each sees the specialists as if they were asked by nobody else.
            free.fill(0);
            let mut at = SHIFT.0 + dice.random_range(5..120);
            let mut turn = 0;
            while at < SHIFT.1 - 1_200 {
                let root = format!("{number}-{agent}-{turn}");
                at = self.conversation(&root, (&name, agent), at, (people, &mut free), &mut dice)?;
                at += dice.random_range(5..150);
                turn += 1;
            }
        }
        Ok(())
    }

    fn shift(&mut self, name: &str) -> io::Result<()> {
        let noon = (SHIFT.0 + SHIFT.1) / 2;
        for (status, from, to) in
            [("available", SHIFT.0, noon), ("break", noon, noon + 900), ("available", noon + 900, SHIFT.1)]
        {
            let (from, to) = (self.time(from), self.time(to));
            writeln!(self.statuses, "{name},{status},{from},{to}")?;
        }
        Ok(())
    }

    fn time(&self, second: i64) -> String {
        format!("{}{:02}:{:02}:{:02}Z", self.day, second / 3_600, second / 60 % 60, second % 60)
    }

    fn maybe(&self, second: Option<i64>) -> String {
        second.map_or_else(String::new, |second| self.time(second))
    }

    fn call(&mut self, call: &Call<'_>) -> io::Result<()> {
        let (enqueued, started) = (self.maybe(call.enqueued), self.time(call.started));
        let (answered, ended) = (self.maybe(call.answered), self.time(call.ended));
        let Call {
            id,
            root,
            parent,
            previous,
            kind,
            queue,
            subject,
            case,
            customer,
            by,
            to,
            disposition,
            ..
        } = call;
        self.calls_written += 1;
        writeln!(
            self.calls,
            "{id},{root},{parent},{previous},{kind},{queue},{subject},{case},{customer},{by},{to},{enqueued},\
             {started},{answered},{ended},{disposition}"
        )
    }

    fn leg(
        &mut self,
        (id, call, who, role): (&str, &str, &str, &str),
        (ring, answered, ended): (Option<i64>, Option<i64>, i64),
        reason: &str,
        segments: &[(&str, i64, i64)],
    ) -> io::Result<()> {
        let (ring, answered, ended) = (self.maybe(ring), self.maybe(answered), self.time(ended));
        self.legs_written += 1;
        writeln!(self.legs, "{id},{call},{who},{role},{ring},{answered},{ended},{reason}")?;
        for (kind, from, to) in segments.iter().filter(|(_, from, to)| from < to) {
            let (from, to) = (self.time(*from), self.time(*to));
            writeln!(self.segments, "{id},{kind},{from},{to}")?;
        }
        Ok(())
    }

    /// From the first ring to the end of the wrap-up; when the agent is free again.
    fn conversation(
        &mut self,
        root: &str,
        (agent, number): (&str, usize),
        at: i64,
        (people, free): (&People, &mut [i64]),
        dice: &mut StdRng,
    ) -> io::Result<i64> {
        let queue = QUEUES[(number + dice.random_range(0..2)) % QUEUES.len()];
        let (subject, category, asks) = matter(dice);
        let customer = format!("c{}", dice.random_range(0..people.tier_one * 6_000));
        let case = if category.is_empty() { String::new() } else { format!("k{root}") };
        if !category.is_empty() {
            writeln!(self.cases, "{case},{category}")?;
        }
        let wait = if dice.random_bool(0.8) { dice.random_range(2..20) } else { dice.random_range(20..200) };
        let mut of_root = Call {
            id: root,
            root,
            parent: "",
            previous: "",
            kind: "inbound,customer",
            queue,
            subject,
            case: &case,
            customer: &customer,
            by: "",
            to: "",
            enqueued: Some(at - wait),
            started: at - wait,
            answered: None,
            ended: at,
            disposition: "abandoned",
        };
        if dice.random_bool(0.05) {
            self.call(&of_root)?;
            return Ok(at);
        }
        let ring = dice.random_range(2..9).min(wait);
        let asked = at + dice.random_range(20..120);
        let consulted = dice.random_ratio(asks, 1_000);
        let place = (0..free.len()).min_by_key(|place| free[*place]).unwrap_or(0);
        let specialist = format!("s{place}");
        let mut ended = asked + dice.random_range(20..200);
        let mut handed = false;
        let mut held = (asked, asked);
        if consulted {
            let busy = free[place] > asked;
            let over = asked + if busy { 20 } else { dice.random_range(30..180) };
            let answered = (!busy).then(|| asked + dice.random_range(3..14));
            handed = !busy && dice.random_bool(0.2);
            let disposition = if busy {
                "no_answer"
            } else if handed {
                "merged"
            } else {
                "completed"
            };
            self.consult(root, (agent, &specialist), (asked, answered, over), disposition)?;
            free[place] = if busy { free[place] } else { over + 10 };
            held = (asked, over);
            ended = if handed { over } else { over + dice.random_range(10..150) };
        }
        let wrap_up = ended + dice.random_range(8..60);
        of_root.answered = Some(at);
        of_root.ended = ended;
        of_root.to = agent;
        of_root.disposition = if handed { "transferred" } else { "completed" };
        self.call(&of_root)?;
        if dice.random_bool(0.05) {
            let missed = format!("a{}", (number + 1) % people.tier_one);
            let (rang, gone) = (at - ring - 12, at - ring);
            let id = format!("{root}m");
            self.leg(
                (&id, root, &missed, "agent"),
                (Some(rang), None, gone),
                "no_answer",
                &[("ring", rang, gone)],
            )?;
        }
        let segments = [
            ("ring", at - ring, at),
            ("talk", at, held.0),
            ("hold", held.0, held.1),
            ("talk", held.1, ended),
            ("acw", ended, wrap_up),
        ];
        let reason = if handed { "transferred" } else { "remote_hangup" };
        self.leg((root, root, agent, "agent"), (Some(at - ring), Some(at), ended), reason, &segments)?;
        if handed {
            free[place] = self.transfer(root, (agent, &specialist), ended, dice)?;
        }
        if dice.random_bool(0.02) {
            let supervisor = format!("v{}", (number / 12) % people.supervisors);
            self.coaching(root, (&supervisor, agent), (at + 10, ended), dice)?;
        }
        Ok(wrap_up)
    }

    fn consult(
        &mut self,
        root: &str,
        (agent, specialist): (&str, &str),
        (asked, answered, over): (i64, Option<i64>, i64),
        disposition: &str,
    ) -> io::Result<()> {
        let id = format!("{root}c");
        self.call(&internal(
            &id,
            root,
            "internal,consult",
            (agent, specialist),
            (asked, answered, over),
            disposition,
        ))?;
        let talked = [("ring", asked, answered.unwrap_or(over)), ("talk", answered.unwrap_or(over), over)];
        self.leg((&id, &id, specialist, "specialist"), (Some(asked), answered, over), disposition, &talked)?;
        if let Some(answered) = answered {
            let own = format!("{root}i");
            let talked = [("talk", answered, over)];
            self.leg((&own, &id, agent, "agent"), (None, Some(answered), over), disposition, &talked)?;
        }
        Ok(())
    }

    fn transfer(
        &mut self,
        root: &str,
        (agent, specialist): (&str, &str),
        at: i64,
        dice: &mut StdRng,
    ) -> io::Result<i64> {
        let (id, consult) = (format!("{root}t"), format!("{root}c"));
        let ended = at + dice.random_range(60..300);
        let mut call =
            internal(&id, root, "inbound,transfer", (agent, specialist), (at, Some(at), ended), "completed");
        (call.parent, call.previous) = (&consult, root);
        self.call(&call)?;
        let segments = [("talk", at, ended), ("acw", ended, ended + 20)];
        self.leg((&id, &id, specialist, "agent"), (None, Some(at), ended), "remote_hangup", &segments)?;
        Ok(ended + 20)
    }

    fn coaching(
        &mut self,
        root: &str,
        (supervisor, agent): (&str, &str),
        (from, ended): (i64, i64),
        dice: &mut StdRng,
    ) -> io::Result<()> {
        if from + 30 >= ended {
            return Ok(());
        }
        let id = format!("{root}v");
        let whisper = dice.random_range(from + 5..ended - 10);
        self.call(&internal(
            &id,
            root,
            "internal,coaching",
            (supervisor, agent),
            (from, Some(from), ended),
            "completed",
        ))?;
        let segments = [("monitor", from, whisper), ("whisper", whisper, ended)];
        self.leg((&id, &id, supervisor, "supervisor"), (None, Some(from), ended), "completed", &segments)
    }
}

fn internal<'a>(
    id: &'a str,
    root: &'a str,
    kind: &'a str,
    (by, to): (&'a str, &'a str),
    (started, answered, ended): (i64, Option<i64>, i64),
    disposition: &'a str,
) -> Call<'a> {
    Call {
        id,
        root,
        parent: root,
        previous: "",
        kind,
        queue: "",
        subject: "",
        case: "",
        customer: "",
        by,
        to,
        enqueued: None,
        started,
        answered,
        ended,
        disposition,
    }
}

fn matter(dice: &mut StdRng) -> (&'static str, &'static str, u32) {
    let mut left = dice.random_range(0..MATTERS.iter().map(|(.., weight, _)| weight).sum());
    for (subject, category, weight, asks) in MATTERS {
        if left < *weight {
            return (subject, category, *asks);
        }
        left -= weight;
    }
    ("", "", 0)
}
