//! The facts that a report is counted from: calls, legs, segments, people and their presence, linked and in memory.
//!
//! What happened lies packed in **parts**, each with whole conversations, in the order in which these began; a part is
//! built once and never changed, so ledgers share it. A **ledger** is what one report is counted from: parts, and who
//! people and queues are today. `Call`, `Leg` and `Segment` are views of a part's rows.
//! Times are milliseconds UTC, intervals half-open.

mod archive;
mod bytes;
mod load;
mod packed;
mod raw;
mod shelf;
mod view;

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, OnceLock},
};

use uuid::Uuid;

use crate::metric::INBOUND;

pub use archive::Archive;
pub(crate) use archive::CHANGES;
pub use load::load;
pub use view::{Call, Coaching, Conversation, Leg, Page, Segment};

use packed::Part;

/// Calls that started in it; None is without an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// No conversation of ours is longer; one that began before a window still keeps its agents busy in it.
pub(crate) const LONGEST_MS: i64 = 24 * 3_600_000;

/// Somebody who works or worked here.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: Uuid,
    /// What reports call them; nobody else is called so.
    pub label: Arc<str>,
    /// The username, or the former system's id.
    pub external: Arc<str>,
    /// None for who is no agent.
    pub tier: Option<i32>,
    pub team: Option<Arc<str>>,
    pub team_id: Option<Uuid>,
}

#[derive(Clone, Debug)]
pub struct Queue {
    pub id: Uuid,
    pub name: Arc<str>,
    /// T of the service level.
    pub service_level_ms: i64,
}

#[derive(Clone, Debug)]
pub struct Status {
    pub person: u32,
    /// The kind.
    pub status: Arc<str>,
    /// What the organization calls it.
    pub name: Option<Arc<str>>,
    pub cause: Option<Arc<str>>,
    /// Whose choice it was.
    pub by: Option<u32>,
    pub reason: Option<Arc<str>>,
    pub start: i64,
    pub end: i64,
}

/// A part as one ledger sees it.
#[derive(Debug)]
pub(crate) struct Share {
    part: Arc<Part>,
    /// Conversations, by their place in the part, of which a later part knows more; sorted.
    dead: Arc<[u32]>,
    /// The part's people, queues and wrap-up codes as places in this ledger.
    people: Box<[u32]>,
    queues: Box<[u32]>,
    codes: Box<[u32]>,
    /// Where its calls, legs and conversations begin in the ledger's counting.
    calls_before: u32,
    legs_before: u32,
    conversations_before: u32,
}

/// When inbound calls of each customer about each matter began, sorted.
type Repeats = HashMap<String, Vec<i64>>;

#[derive(Debug, Default)]
pub struct Ledger {
    pub people: Vec<Person>,
    pub queues: Vec<Queue>,
    pub statuses: Vec<Status>,
    /// Names of wrap-up codes.
    codes: Vec<Option<Arc<str>>>,
    shares: Vec<Share>,
    /// What goes on ends, for now, then.
    now: i64,
    repeats: OnceLock<Repeats>,
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A customer and a matter: the case's category, or else the subject.
fn matter(customer: &str, category: Option<&str>, subject: Option<&str>) -> String {
    match category.or(subject) {
        Some(matter) => format!("{customer}\0{matter}"),
        None => customer.to_owned(),
    }
}

impl Ledger {
    /// Takes a part's rows in: who they name that nobody knows any more gets a name that says so.
    fn share(&mut self, known: &mut Known, part: Arc<Part>, dead: Arc<[u32]>) {
        let people = part.people.iter().map(|id| self.person_place(known, *id)).collect();
        let queues = part.queues.iter().map(|id| self.queue_place(known, *id)).collect();
        let codes = part.codes.iter().map(|id| self.code_place(known, *id)).collect();
        let last = self.shares.last();
        let calls_before = last.map_or(0, |last| last.calls_before + place(last.part.calls.len()));
        let legs_before = last.map_or(0, |last| last.legs_before + place(last.part.legs.len()));
        let conversations_before =
            last.map_or(0, |last| last.conversations_before + place(last.part.conversations.len()));
        self.shares.push(Share {
            part,
            dead,
            people,
            queues,
            codes,
            calls_before,
            legs_before,
            conversations_before,
        });
    }

    fn person_place(&mut self, known: &mut Known, id: Uuid) -> u32 {
        *known.people.entry(id).or_insert_with(|| {
            let (label, external) = (format!("removed user {}", short(id)).into(), id.to_string().into());
            self.people.push(Person { id, label, external, tier: None, team: None, team_id: None });
            place(self.people.len() - 1)
        })
    }

    fn queue_place(&mut self, known: &mut Known, id: Uuid) -> u32 {
        *known.queues.entry(id).or_insert_with(|| {
            let name = format!("removed queue {}", short(id)).into();
            self.queues.push(Queue { id, name, service_level_ms: load::SERVICE_LEVEL_MS });
            place(self.queues.len() - 1)
        })
    }

    fn code_place(&mut self, known: &Known, id: Uuid) -> u32 {
        self.codes.push(known.codes.get(&id).cloned());
        place(self.codes.len() - 1)
    }

    pub fn person(&self, place: u32) -> &Person {
        &self.people[place as usize]
    }

    pub fn tier(&self, person: Option<u32>) -> Option<i32> {
        person.and_then(|person| self.people.get(person as usize)).and_then(|person| person.tier)
    }

    /// Calls as they are counted in this ledger.
    pub fn call(&self, place: u32) -> Call<'_> {
        let share = self.at(place, |share| share.calls_before);
        self.page(share).call(place - self.shares[share].calls_before)
    }

    pub fn leg(&self, place: u32) -> Leg<'_> {
        let share = self.at(place, |share| share.legs_before);
        self.page(share).leg(place - self.shares[share].legs_before)
    }

    fn at(&self, place: u32, before: impl Fn(&Share) -> u32) -> usize {
        self.shares.partition_point(|share| before(share) <= place).saturating_sub(1)
    }

    fn page(&self, share: usize) -> Page<'_> {
        Page::new(self, &self.shares[share])
    }

    /// How many there are, those too that a later part tells anew.
    pub fn calls(&self) -> usize {
        self.shares.last().map_or(0, |last| last.calls_before as usize + last.part.calls.len())
    }

    pub fn pages(&self) -> usize {
        self.shares.len()
    }

    /// All pages in at most so many runs, with about as many calls in each; the first begins with the first page.
    pub(crate) fn cut(&self, runs: usize) -> Vec<Range<usize>> {
        let (all, runs) = (self.calls(), runs.max(1));
        let ends = (1..=runs).map(|run| match run {
            run if run == runs => self.pages(),
            run => self.shares.partition_point(|share| (share.calls_before as usize) < all * run / runs),
        });
        let mut from = 0;
        let ranges = ends.map(|to| std::mem::replace(&mut from, to)..to);
        ranges.filter(|pages| pages.start < pages.end || pages.start == 0).collect()
    }

    /// The conversations of some pages that can have calls in the window.
    pub fn each_conversation<'a>(
        &'a self,
        pages: Range<usize>,
        window: Window,
        mut take: impl FnMut(Conversation<'a>),
    ) {
        for share in pages {
            self.page(share).each_conversation(window, &mut take);
        }
    }

    pub fn each_call<'a>(&'a self, pages: Range<usize>, window: Window, mut take: impl FnMut(Call<'a>)) {
        self.each_conversation(pages, window, |conversation| conversation.calls().for_each(&mut take));
    }

    /// How often the customer called about the matter within so many milliseconds of a moment.
    pub(crate) fn calls_near(&self, key: &str, at: i64, within: i64) -> usize {
        let repeats = self.repeats.get_or_init(|| self.all_repeats());
        let times = repeats.get(key).map(Vec::as_slice).unwrap_or_default();
        let first = times.partition_point(|time| *time <= at - within);
        times.iter().skip(first).take_while(|time| **time < at + within).count()
    }

    fn all_repeats(&self) -> Repeats {
        let mut repeats = Repeats::new();
        self.each_call(0..self.pages(), Window::default(), |call| {
            if let Some(key) = call.repeat_key().filter(|_| call.is_interaction()) {
                repeats.entry(key).or_default().push(call.started());
            }
        });
        repeats.values_mut().for_each(|times| times.sort_unstable());
        repeats
    }

    /// People, queues and codes where nothing happened yet, by id.
    fn known(&self, codes: BTreeMap<Uuid, Arc<str>>) -> Known {
        Known {
            people: self.people.iter().zip(0..).map(|(person, at)| (person.id, at)).collect(),
            queues: self.queues.iter().zip(0..).map(|(queue, at)| (queue.id, at)).collect(),
            codes,
        }
    }
}

/// Places in a ledger by id.
struct Known {
    people: BTreeMap<Uuid, u32>,
    queues: BTreeMap<Uuid, u32>,
    codes: BTreeMap<Uuid, Arc<str>>,
}

fn short(id: Uuid) -> String {
    id.simple().to_string().split_off(24)
}

/// Whom the records know by id, or else by the number they call from.
fn customer(id: Option<String>, from: Option<&str>, call_type: &str) -> Option<String> {
    id.or_else(|| from.filter(|_| call_type == INBOUND).map(str::to_owned))
}
