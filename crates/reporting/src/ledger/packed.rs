//! A part: whole conversations, packed. About 112 bytes a call, 60 a leg and 16 a segment, and each text once.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;
use voicecall::{CallType, CoachingMode, Purpose, Role, SegmentKind};

use super::{customer, place, raw::Raw};
use crate::words;

/// Stands for what is not there.
pub(super) const NONE: u32 = u32::MAX;
/// The length of what goes on.
pub(super) const OPEN: u32 = u32::MAX;

/// A moment as milliseconds after another one: half of what an `Option<i64>` takes. What is more than 24 days away, which
/// no call is, is kept as 24 days away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct After(pub(super) i32);

impl After {
    fn new(base: i64, at: Option<i64>) -> Self {
        let near = |at: i64| (at - base).clamp(i64::from(i32::MIN) + 1, i64::from(i32::MAX));
        Self(at.map_or(i32::MIN, |at| i32::try_from(near(at)).unwrap_or(i32::MAX)))
    }

    pub(super) fn from(self, base: i64) -> Option<i64> {
        (self.0 != i32::MIN).then(|| base + i64::from(self.0))
    }
}

#[derive(Debug)]
pub(super) struct ConversationRow {
    pub(super) id: Uuid,
    /// When its first call started.
    pub(super) started: i64,
    pub(super) first_call: u32,
}

#[derive(Debug)]
pub(super) struct CallRow {
    pub(super) id: Uuid,
    pub(super) started: i64,
    /// 0 for none.
    pub(super) number: i64,
    pub(super) queued: After,
    pub(super) answered: After,
    pub(super) ended: After,
    pub(super) user: u32,
    pub(super) initiator: u32,
    pub(super) target: u32,
    pub(super) queue: u32,
    pub(super) subject: u32,
    pub(super) category: u32,
    pub(super) disposition: u32,
    pub(super) reason: u32,
    pub(super) code: u32,
    pub(super) external: u32,
    pub(super) customer: u32,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) conversation: u32,
    pub(super) parent: u32,
    pub(super) first_leg: u32,
    pub(super) call_type: CallType,
    pub(super) purpose: Purpose,
    pub(super) depth: u8,
    pub(super) imported: bool,
}

#[derive(Debug)]
pub(super) struct LegRow {
    pub(super) id: Uuid,
    pub(super) call: u32,
    pub(super) user: u32,
    pub(super) ring: After,
    pub(super) answered: After,
    pub(super) ended: After,
    pub(super) reason: u32,
    /// By whoever declined the offer.
    pub(super) said: u32,
    pub(super) number: u32,
    pub(super) first_segment: u32,
    /// -1 where it was not measured.
    pub(super) mos_hundredths: i16,
    pub(super) role: Role,
}

#[derive(Debug)]
pub(super) struct SegmentRow {
    pub(super) start: i64,
    /// Milliseconds; `OPEN` while it goes on.
    pub(super) length: u32,
    pub(super) kind: SegmentKind,
}

#[derive(Debug)]
pub(super) struct CoachingRow {
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    /// The coaching's own record.
    pub(super) call: u32,
    pub(super) supervisor: u32,
    pub(super) agent: u32,
    pub(super) mode: CoachingMode,
}

/// Texts that hardly repeat, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Strings {
    pub(super) bytes: String,
    pub(super) ends: Vec<u32>,
}

impl Strings {
    pub(super) fn get(&self, at: u32) -> Option<&str> {
        let at = at as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start as usize..*self.ends.get(at)? as usize)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Part {
    /// By when they began, then id.
    pub(super) conversations: Vec<ConversationRow>,
    /// By conversation, then path: a cause before its effects.
    pub(super) calls: Vec<CallRow>,
    /// By call, then when they rang.
    pub(super) legs: Vec<LegRow>,
    /// By leg, then time.
    pub(super) segments: Vec<SegmentRow>,
    pub(super) coaching: Vec<CoachingRow>,
    pub(super) people: Vec<Uuid>,
    pub(super) queues: Vec<Uuid>,
    pub(super) codes: Vec<Uuid>,
    pub(super) words: Vec<Arc<str>>,
    pub(super) strings: Strings,
}

/// What is given a place when it is first met.
#[derive(Default)]
struct Places {
    people: HashMap<Uuid, u32>,
    queues: HashMap<Uuid, u32>,
    codes: HashMap<Uuid, u32>,
    words: HashMap<String, u32>,
    strings: HashMap<String, u32>,
}

fn of_id(known: &mut HashMap<Uuid, u32>, list: &mut Vec<Uuid>, id: Option<Uuid>) -> u32 {
    let Some(id) = id else { return NONE };
    *known.entry(id).or_insert_with(|| {
        list.push(id);
        place(list.len() - 1)
    })
}

/// An empty text says nothing.
fn of_word(known: &mut HashMap<String, u32>, list: &mut Vec<Arc<str>>, word: Option<String>) -> u32 {
    let Some(word) = word.filter(|word| !word.is_empty()) else { return NONE };
    if let Some(at) = known.get(&word) {
        return *at;
    }
    list.push(word.as_str().into());
    known.insert(word, place(list.len() - 1));
    place(list.len() - 1)
}

fn of_string(known: &mut HashMap<String, u32>, strings: &mut Strings, text: Option<String>) -> u32 {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return NONE };
    if let Some(at) = known.get(&text) {
        return *at;
    }
    strings.bytes.push_str(&text);
    strings.ends.push(place(strings.bytes.len()));
    known.insert(text, place(strings.ends.len() - 1));
    place(strings.ends.len() - 1)
}

impl Part {
    /// Legs of calls that are not there are left out, and what hangs on them.
    pub(super) fn build(raw: Raw) -> Self {
        let (mut part, mut places) = (Self::default(), Places::default());
        let calls = part.take_calls(raw.calls, &mut places);
        let legs = part.take_legs(raw.legs, &calls, &mut places);
        part.take_segments(raw.segments, &legs);
        for row in raw.coaching {
            let Some(call) = calls.get(&row.voice_call_id) else { continue };
            let mut person = |id| of_id(&mut places.people, &mut part.people, id);
            let (supervisor, agent) = (person(Some(row.supervisor_id)), person(row.agent_user_id));
            let mode = match row.mode.as_str() {
                "whisper" => CoachingMode::Whisper,
                "barge" => CoachingMode::Barge,
                _ => CoachingMode::Monitor,
            };
            let (start, end) = (row.start_at, row.end_at);
            part.coaching.push(CoachingRow { start, end, call: *call, supervisor, agent, mode });
        }
        part.coaching.sort_by_key(|row| (row.start, row.call));
        part
    }

    fn take_calls(&mut self, mut rows: Vec<super::raw::CallRow>, places: &mut Places) -> HashMap<Uuid, u32> {
        let mut began: HashMap<Uuid, i64> = HashMap::new();
        for row in &rows {
            let first = began.entry(row.conversation_id).or_insert(row.started_at);
            *first = row.started_at.min(*first);
        }
        let start = |id: &Uuid| began.get(id).copied().unwrap_or_default();
        rows.sort_by(|left, right| {
            let key = |row: &super::raw::CallRow| (start(&row.conversation_id), row.conversation_id);
            key(left).cmp(&key(right)).then_with(|| left.path.cmp(&right.path))
        });
        let at: HashMap<Uuid, u32> = rows.iter().zip(0..).map(|(row, at)| (row.id, at)).collect();
        for row in rows {
            if self.conversations.last().is_none_or(|last| last.id != row.conversation_id) {
                let (id, first_call) = (row.conversation_id, place(self.calls.len()));
                self.conversations.push(ConversationRow { id, started: start(&id), first_call });
            }
            let row = self.call_row(row, &at, places);
            self.calls.push(row);
        }
        at
    }

    fn call_row(
        &mut self,
        row: super::raw::CallRow,
        calls: &HashMap<Uuid, u32>,
        places: &mut Places,
    ) -> CallRow {
        let started = row.started_at;
        let customer = customer(row.customer_id, row.from_address.as_deref(), &row.call_type);
        let mut person = |id| of_id(&mut places.people, &mut self.people, id);
        let (user, initiator) = (person(row.user_id), person(row.initiator_user_id));
        let target = person(row.target_user_id);
        let mut word = |text| of_word(&mut places.words, &mut self.words, text);
        let (subject, category) = (word(row.subject), word(row.case_category));
        let (disposition, reason) = (word(Some(row.disposition)), word(row.disconnect_reason));
        let mut string = |text| of_string(&mut places.strings, &mut self.strings, text);
        CallRow {
            id: row.id,
            started,
            number: row.number.unwrap_or_default(),
            queued: After::new(started, row.queued_at),
            answered: After::new(started, row.accepted_at),
            ended: After::new(started, row.ended_at),
            user,
            initiator,
            target,
            queue: of_id(&mut places.queues, &mut self.queues, row.queue_id),
            subject,
            category,
            disposition,
            reason,
            code: of_id(&mut places.codes, &mut self.codes, row.wrap_up_code_id),
            external: string(row.external_id),
            customer: string(customer),
            from: string(row.from_address),
            to: string(row.to_address),
            conversation: place(self.conversations.len().saturating_sub(1)),
            parent: row.parent_id.and_then(|id| calls.get(&id)).copied().unwrap_or(NONE),
            first_leg: 0,
            call_type: words::call_type(&row.call_type),
            purpose: words::purpose(&row.purpose),
            depth: u8::try_from(row.depth).unwrap_or(u8::MAX),
            imported: row.origin == crate::import::ORIGIN,
        }
    }

    fn take_legs(
        &mut self,
        rows: Vec<super::raw::LegRow>,
        calls: &HashMap<Uuid, u32>,
        places: &mut Places,
    ) -> HashMap<Uuid, u32> {
        let mut rows: Vec<(u32, super::raw::LegRow)> =
            rows.into_iter().filter_map(|row| Some((*calls.get(&row.voice_call_id)?, row))).collect();
        rows.sort_by_key(|(call, row)| (*call, row.ring_at.or(row.answered_at), row.id));
        let at = rows.iter().zip(0..).map(|((_, row), at)| (row.id, at)).collect();
        let mut next_call = 0;
        for (call, row) in rows {
            self.begin_legs(&mut next_call, call);
            let base = self.calls.get(call as usize).map_or(0, |call| call.started);
            self.legs.push(LegRow {
                id: row.id,
                call,
                user: of_id(&mut places.people, &mut self.people, row.user_id),
                ring: After::new(base, row.ring_at),
                answered: After::new(base, row.answered_at),
                ended: After::new(base, row.ended_at),
                reason: of_word(&mut places.words, &mut self.words, row.end_reason),
                said: of_word(&mut places.words, &mut self.words, row.said),
                number: of_string(&mut places.strings, &mut self.strings, row.address),
                first_segment: 0,
                mos_hundredths: row.mos_hundredths.and_then(|mos| i16::try_from(mos).ok()).unwrap_or(-1),
                role: words::role(&row.role),
            });
        }
        let end = place(self.calls.len());
        self.begin_legs(&mut next_call, end);
        at
    }

    /// The legs of all calls up to this one begin here.
    fn begin_legs(&mut self, next: &mut u32, call: u32) {
        let here = place(self.legs.len());
        while *next <= call {
            if let Some(row) = self.calls.get_mut(*next as usize) {
                row.first_leg = here;
            }
            *next += 1;
        }
    }

    fn take_segments(&mut self, rows: Vec<super::raw::SegmentRow>, legs: &HashMap<Uuid, u32>) {
        let mut sorted: Vec<(u32, SegmentRow)> = Vec::with_capacity(rows.len());
        for row in rows {
            let (Some(leg), Some(kind)) = (legs.get(&row.call_leg_id), words::kind(&row.kind)) else {
                continue;
            };
            let long =
                |end: i64| u32::try_from((end - row.start_at).max(0)).unwrap_or(OPEN - 1).min(OPEN - 1);
            sorted.push((
                *leg,
                SegmentRow { start: row.start_at, length: row.end_at.map_or(OPEN, long), kind },
            ));
        }
        sorted.sort_by_key(|(leg, row)| (*leg, row.start, row.length));
        let mut next = 0;
        for (leg, row) in sorted {
            self.begin_segments(&mut next, leg);
            self.segments.push(row);
        }
        let end = place(self.legs.len());
        self.begin_segments(&mut next, end);
    }

    fn begin_segments(&mut self, next: &mut u32, leg: u32) {
        let here = place(self.segments.len());
        while *next <= leg {
            if let Some(row) = self.legs.get_mut(*next as usize) {
                row.first_segment = here;
            }
            *next += 1;
        }
    }

    /// Its conversations and their places, in the order of their ids.
    pub(super) fn by_id(&self) -> Vec<(Uuid, u32)> {
        let mut places: Vec<(Uuid, u32)> = self.conversations.iter().map(|row| row.id).zip(0..).collect();
        places.sort_unstable();
        places
    }
}
