//! The rows of parts as a report reads them.

use std::{ops::Range, sync::Arc};

use uuid::Uuid;
use voicecall::{CallType, CoachingMode, Purpose, Role, SegmentKind};

use super::{
    LONGEST_MS, Ledger, Queue, Share, Window, matter,
    packed::{CallRow, CoachingRow, LegRow, NONE, OPEN, Part, SegmentRow},
    place,
};

/// One part of a ledger.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    ledger: &'a Ledger,
    share: &'a Share,
}

fn some(at: u32) -> Option<u32> {
    (at != NONE).then_some(at)
}

fn mapped(map: &[u32], at: u32) -> Option<u32> {
    map.get(at as usize).copied()
}

impl<'a> Page<'a> {
    pub(super) fn new(ledger: &'a Ledger, share: &'a Share) -> Self {
        Self { ledger, share }
    }

    fn part(self) -> &'a Part {
        &self.share.part
    }

    pub(super) fn call(self, at: u32) -> Call<'a> {
        Call { page: self, at, row: &self.part().calls[at as usize] }
    }

    pub(super) fn leg(self, at: u32) -> Leg<'a> {
        Leg { page: self, at, row: &self.part().legs[at as usize] }
    }

    fn calls(self, range: Range<u32>) -> impl Iterator<Item = Call<'a>> {
        let rows = &self.part().calls[range.start as usize..range.end as usize];
        range.zip(rows).map(move |(at, row)| Call { page: self, at, row })
    }

    pub(super) fn each_conversation(self, window: Window, take: &mut impl FnMut(Conversation<'a>)) {
        let rows = &self.part().conversations;
        let first = window
            .from
            .map_or(0, |from| rows.partition_point(|row| row.started < from.saturating_sub(LONGEST_MS)));
        let last = window.to.map_or(rows.len(), |to| rows.partition_point(|row| row.started < to));
        let mut dead = self.share.dead.iter().peekable();
        while dead.next_if(|at| (**at as usize) < first).is_some() {}
        for at in place(first)..place(last) {
            if dead.next_if_eq(&&at).is_none() {
                take(Conversation { page: self, at });
            }
        }
    }

    /// Coachings of conversations that can have calls in the window.
    pub(crate) fn coaching(self, window: Window) -> impl Iterator<Item = Coaching<'a>> {
        let rows = &self.part().coaching;
        let first = window
            .from
            .map_or(0, |from| rows.partition_point(|row| row.start < from.saturating_sub(LONGEST_MS)));
        let lives = move |row: &&CoachingRow| {
            let conversation = self.part().calls[row.call as usize].conversation;
            self.share.dead.binary_search(&conversation).is_err()
        };
        rows.iter().skip(first).filter(lives).map(move |row| Coaching { page: self, row })
    }

    fn word(self, at: u32) -> Option<&'a Arc<str>> {
        self.part().words.get(at as usize)
    }

    fn string(self, at: u32) -> Option<&'a str> {
        some(at).and_then(|at| self.part().strings.get(at))
    }
}

impl Ledger {
    pub(crate) fn each_coaching<'a>(
        &'a self,
        pages: Range<usize>,
        window: Window,
        mut take: impl FnMut(Coaching<'a>),
    ) {
        for share in pages {
            self.page(share).coaching(window).for_each(&mut take);
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Conversation<'a> {
    page: Page<'a>,
    at: u32,
}

impl<'a> Conversation<'a> {
    /// A cause before its effects.
    pub fn calls(self) -> impl Iterator<Item = Call<'a>> {
        let part = self.page.part();
        let first = |at: u32| part.conversations.get(at as usize).map(|row| row.first_call);
        let end = first(self.at + 1).unwrap_or(place(part.calls.len()));
        self.page.calls(first(self.at).unwrap_or(end)..end)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    page: Page<'a>,
    at: u32,
    row: &'a CallRow,
}

impl<'a> Call<'a> {
    pub fn ledger(self) -> &'a Ledger {
        self.page.ledger
    }

    /// How the ledger counts it.
    pub fn place(self) -> u32 {
        self.page.share.calls_before + self.at
    }

    /// How the ledger counts its conversation.
    pub(crate) fn conversation_place(self) -> u32 {
        self.page.share.conversations_before + self.row.conversation
    }

    pub fn id(self) -> Uuid {
        self.row.id
    }

    pub fn number(self) -> Option<i64> {
        (self.row.number != 0).then_some(self.row.number)
    }

    pub fn external(self) -> Option<&'a str> {
        self.page.string(self.row.external)
    }

    pub fn conversation(self) -> Uuid {
        self.page.part().conversations[self.row.conversation as usize].id
    }

    /// The calls of its conversation, itself among them.
    pub fn chain(self) -> impl Iterator<Item = Call<'a>> {
        Conversation { page: self.page, at: self.row.conversation }.calls()
    }

    pub fn call_type(self) -> CallType {
        self.row.call_type
    }

    pub fn purpose(self) -> Purpose {
        self.row.purpose
    }

    pub fn customer(self) -> Option<&'a str> {
        self.page.string(self.row.customer)
    }

    pub fn parent(self) -> Option<Call<'a>> {
        some(self.row.parent).map(|at| self.page.call(at))
    }

    pub fn depth(self) -> i64 {
        i64::from(self.row.depth)
    }

    /// Whether the other one caused it, at any depth.
    pub(crate) fn is_below(self, above: Call<'_>) -> bool {
        let mut cause = self.parent();
        for _ in 0..self.row.depth {
            match cause {
                Some(call) if call.place() == above.place() => return true,
                Some(call) => cause = call.parent(),
                None => return false,
            }
        }
        false
    }

    pub fn from(self) -> Option<&'a str> {
        self.page.string(self.row.from)
    }

    pub fn to(self) -> Option<&'a str> {
        self.page.string(self.row.to)
    }

    fn person(self, at: u32) -> Option<u32> {
        mapped(&self.page.share.people, at)
    }

    pub fn user(self) -> Option<u32> {
        self.person(self.row.user)
    }

    pub fn initiator(self) -> Option<u32> {
        self.person(self.row.initiator)
    }

    pub fn target(self) -> Option<u32> {
        self.person(self.row.target)
    }

    pub fn queue(self) -> Option<&'a Queue> {
        self.queue_place().and_then(|at| self.page.ledger.queues.get(at as usize))
    }

    pub(crate) fn queue_place(self) -> Option<u32> {
        mapped(&self.page.share.queues, self.row.queue)
    }

    pub fn subject(self) -> Option<&'a Arc<str>> {
        self.page.word(self.row.subject)
    }

    pub fn category(self) -> Option<&'a Arc<str>> {
        self.page.word(self.row.category)
    }

    pub fn disposition(self) -> &'a str {
        self.page.word(self.row.disposition).map_or("", |word| word)
    }

    pub(crate) fn disposition_word(self) -> Option<&'a Arc<str>> {
        self.page.word(self.row.disposition)
    }

    pub fn disconnect_reason(self) -> Option<&'a Arc<str>> {
        self.page.word(self.row.reason)
    }

    pub fn wrap_up_code(self) -> Option<&'a Arc<str>> {
        let at = mapped(&self.page.share.codes, self.row.code)?;
        self.page.ledger.codes.get(at as usize)?.as_ref()
    }

    pub fn started(self) -> i64 {
        self.row.started
    }

    pub fn queued(self) -> Option<i64> {
        self.row.queued.from(self.row.started)
    }

    pub fn answered(self) -> Option<i64> {
        self.row.answered.from(self.row.started)
    }

    pub fn ended(self) -> Option<i64> {
        self.row.ended.from(self.row.started)
    }

    pub fn is_imported(self) -> bool {
        self.row.imported
    }

    /// By when they rang.
    pub fn legs(self) -> impl Iterator<Item = Leg<'a>> {
        let (page, part) = (self.page, self.page.part());
        let end = part.calls.get(self.at as usize + 1).map_or(place(part.legs.len()), |next| next.first_leg);
        let range = self.row.first_leg..end;
        let rows = &part.legs[range.start as usize..range.end as usize];
        range.zip(rows).map(move |(at, row)| Leg { page, at, row })
    }

    /// Who called about what: the key by which a customer's second call is known. None where nobody knows who called.
    pub(crate) fn repeat_key(self) -> Option<String> {
        let text = |text: Option<&'a Arc<str>>| text.map(|text| &**text);
        Some(matter(self.customer()?, text(self.category()), text(self.subject())))
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    page: Page<'a>,
    at: u32,
    row: &'a LegRow,
}

impl<'a> Leg<'a> {
    pub fn place(self) -> u32 {
        self.page.share.legs_before + self.at
    }

    pub fn id(self) -> Uuid {
        self.row.id
    }

    pub fn call(self) -> Call<'a> {
        self.page.call(self.row.call)
    }

    pub fn user(self) -> Option<u32> {
        mapped(&self.page.share.people, self.row.user)
    }

    pub fn role(self) -> Role {
        self.row.role
    }

    fn base(self) -> i64 {
        self.page.part().calls[self.row.call as usize].started
    }

    pub fn ring(self) -> Option<i64> {
        self.row.ring.from(self.base())
    }

    pub fn answered(self) -> Option<i64> {
        self.row.answered.from(self.base())
    }

    pub fn ended(self) -> Option<i64> {
        self.row.ended.from(self.base())
    }

    pub fn is_answered(self) -> bool {
        self.row.answered.from(0).is_some()
    }

    pub fn end_reason(self) -> Option<&'a Arc<str>> {
        self.page.word(self.row.reason)
    }

    /// By whoever declined the offer.
    pub fn said(self) -> Option<&'a Arc<str>> {
        self.page.word(self.row.said)
    }

    pub fn number(self) -> Option<&'a str> {
        self.page.string(self.row.number)
    }

    pub fn mos_hundredths(self) -> Option<i64> {
        (self.row.mos_hundredths >= 0).then(|| i64::from(self.row.mos_hundredths))
    }

    /// In the order of time.
    pub fn segments(self) -> impl Iterator<Item = Segment> + use<'a> {
        let (part, now) = (self.page.part(), self.page.ledger.now);
        let end = part
            .legs
            .get(self.at as usize + 1)
            .map_or(part.segments.len(), |next| next.first_segment as usize);
        part.segments[self.row.first_segment as usize..end].iter().map(move |row| Segment::of(row, now))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub kind: SegmentKind,
    pub start: i64,
    pub end: i64,
}

impl Segment {
    /// What goes on ends, for now, now.
    fn of(row: &SegmentRow, now: i64) -> Self {
        let end = if row.length == OPEN { now.max(row.start) } else { row.start + i64::from(row.length) };
        Self { kind: row.kind, start: row.start, end }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Coaching<'a> {
    page: Page<'a>,
    row: &'a CoachingRow,
}

impl<'a> Coaching<'a> {
    /// The coaching's own record.
    pub fn call(self) -> Call<'a> {
        self.page.call(self.row.call)
    }

    pub fn supervisor(self) -> Option<u32> {
        mapped(&self.page.share.people, self.row.supervisor)
    }

    pub fn agent(self) -> Option<u32> {
        mapped(&self.page.share.people, self.row.agent)
    }

    pub fn mode(self) -> CoachingMode {
        self.row.mode
    }

    pub fn start(self) -> i64 {
        self.row.start
    }

    pub fn end(self) -> i64 {
        self.row.end.unwrap_or(self.page.ledger.now).max(self.row.start)
    }
}
