//! A part as bytes, and back. Numbers are little-endian; what is not there is said as in memory.

use std::sync::Arc;

use uuid::Uuid;
use voicecall::{CallType, CoachingMode, Purpose, Role, SegmentKind};

use super::packed::{After, CallRow, CoachingRow, ConversationRow, LegRow, Part, SegmentRow, Strings};

/// Moves when anything here or in `packed` means something else: files of another version are not read.
pub(super) const VERSION: u32 = 2;

/// No time of ours.
const NEVER: i64 = i64::MIN;

const CALL_TYPES: [CallType; 3] = [CallType::Inbound, CallType::Outbound, CallType::Internal];
const PURPOSES: [Purpose; 7] = [
    Purpose::Customer,
    Purpose::Consult,
    Purpose::Transfer,
    Purpose::Participant,
    Purpose::Coaching,
    Purpose::Direct,
    Purpose::Callback,
];
const ROLES: [Role; 5] = [Role::Customer, Role::Agent, Role::Specialist, Role::Supervisor, Role::ThirdParty];
const KINDS: [SegmentKind; 11] = [
    SegmentKind::Ivr,
    SegmentKind::Queue,
    SegmentKind::Ring,
    SegmentKind::Talk,
    SegmentKind::Hold,
    SegmentKind::Conference,
    SegmentKind::Monitor,
    SegmentKind::Whisper,
    SegmentKind::Barge,
    SegmentKind::Park,
    SegmentKind::Acw,
];
const MODES: [CoachingMode; 3] = [CoachingMode::Monitor, CoachingMode::Whisper, CoachingMode::Barge];

fn number_of<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|known| known == one).and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

/// Writes.
#[derive(Default)]
pub(super) struct Ink(pub(super) Vec<u8>);

impl Ink {
    pub(super) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.0.extend_from_slice(&bytes);
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.put(number.to_le_bytes());
    }

    pub(super) fn i64(&mut self, number: i64) {
        self.put(number.to_le_bytes());
    }

    pub(super) fn id(&mut self, id: Uuid) {
        self.put(id.into_bytes());
    }

    fn length(&mut self, length: usize) {
        self.u32(super::place(length));
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn all<T>(&mut self, rows: &[T], mut one: impl FnMut(&mut Self, &T)) {
        self.length(rows.len());
        rows.iter().for_each(|row| one(self, row));
    }
}

/// Reads; None is the end of what makes sense.
pub(super) struct Eye<'a>(pub(super) &'a [u8]);

impl<'a> Eye<'a> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.take().map(i32::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.take().map(i64::from_le_bytes)
    }

    pub(super) fn id(&mut self) -> Option<Uuid> {
        self.take().map(Uuid::from_bytes)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let [at] = self.take()?;
        all.get(usize::from(at)).copied()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.u32()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// `least` is what one row takes at least: a length that cannot be is not believed.
    pub(super) fn all<T>(
        &mut self,
        least: usize,
        mut one: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let length = self.u32()? as usize;
        if length.checked_mul(least)? > self.0.len() {
            return None;
        }
        let mut rows = Vec::with_capacity(length);
        for _ in 0..length {
            rows.push(one(self)?);
        }
        Some(rows)
    }
}

impl Part {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut ink = Ink::default();
        ink.all(&self.conversations, |ink, row| {
            ink.id(row.id);
            ink.i64(row.started);
            ink.u32(row.first_call);
        });
        ink.all(&self.calls, put_call);
        ink.all(&self.legs, |ink, row| {
            ink.id(row.id);
            for number in [row.call, row.user, row.reason, row.said, row.number, row.first_segment] {
                ink.u32(number);
            }
            for after in [row.ring, row.answered, row.ended] {
                ink.put(after.0.to_le_bytes());
            }
            ink.put(row.mos_hundredths.to_le_bytes());
            ink.put([number_of(&ROLES, &row.role)]);
        });
        ink.all(&self.segments, |ink, row| {
            ink.i64(row.start);
            ink.u32(row.length);
            ink.put([number_of(&KINDS, &row.kind)]);
        });
        ink.all(&self.coaching, |ink, row| {
            ink.i64(row.start);
            ink.i64(row.end.unwrap_or(NEVER));
            for number in [row.call, row.supervisor, row.agent] {
                ink.u32(number);
            }
            ink.put([number_of(&MODES, &row.mode)]);
        });
        for ids in [&self.people, &self.queues, &self.codes] {
            ink.all(ids, |ink, id| ink.id(*id));
        }
        ink.all(&self.words, |ink, word| ink.text(word));
        ink.text(&self.strings.bytes);
        ink.all(&self.strings.ends, |ink, end| ink.u32(*end));
        ink.0
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let eye = &mut Eye(bytes);
        let conversations = eye.all(28, |eye| {
            Some(ConversationRow { id: eye.id()?, started: eye.i64()?, first_call: eye.u32()? })
        })?;
        let calls = eye.all(112, take_call)?;
        let legs = eye.all(55, take_leg)?;
        let segments = eye.all(13, |eye| {
            Some(SegmentRow { start: eye.i64()?, length: eye.u32()?, kind: eye.one_of(&KINDS)? })
        })?;
        let coaching = eye.all(29, |eye| {
            Some(CoachingRow {
                start: eye.i64()?,
                end: Some(eye.i64()?).filter(|end| *end != NEVER),
                call: eye.u32()?,
                supervisor: eye.u32()?,
                agent: eye.u32()?,
                mode: eye.one_of(&MODES)?,
            })
        })?;
        let people = eye.all(16, Eye::id)?;
        let queues = eye.all(16, Eye::id)?;
        let codes = eye.all(16, Eye::id)?;
        let words = eye.all(4, |eye| eye.text().map(Arc::from))?;
        let strings = Strings { bytes: eye.text()?.to_owned(), ends: eye.all(4, Eye::u32)? };
        eye.0.is_empty().then_some(Self {
            conversations,
            calls,
            legs,
            segments,
            coaching,
            people,
            queues,
            codes,
            words,
            strings,
        })
    }

    /// About what it takes in memory, in bytes.
    pub(super) fn memory(&self) -> usize {
        fn of<T>(rows: &[T]) -> usize {
            size_of_val(rows)
        }
        of(&self.conversations)
            + of(&self.calls)
            + of(&self.legs)
            + of(&self.segments)
            + of(&self.coaching)
            + of(&self.strings.ends)
            + self.strings.bytes.len()
    }
}

fn put_call(ink: &mut Ink, row: &CallRow) {
    ink.id(row.id);
    ink.i64(row.started);
    ink.i64(row.number);
    for after in [row.queued, row.answered, row.ended] {
        ink.put(after.0.to_le_bytes());
    }
    for number in [
        row.user,
        row.initiator,
        row.target,
        row.queue,
        row.subject,
        row.category,
        row.disposition,
        row.reason,
        row.code,
        row.external,
        row.customer,
        row.from,
        row.to,
        row.conversation,
        row.parent,
        row.first_leg,
    ] {
        ink.u32(number);
    }
    ink.put([number_of(&CALL_TYPES, &row.call_type), number_of(&PURPOSES, &row.purpose)]);
    ink.put([row.depth, u8::from(row.imported)]);
}

fn take_call(eye: &mut Eye<'_>) -> Option<CallRow> {
    Some(CallRow {
        id: eye.id()?,
        started: eye.i64()?,
        number: eye.i64()?,
        queued: After(eye.i32()?),
        answered: After(eye.i32()?),
        ended: After(eye.i32()?),
        user: eye.u32()?,
        initiator: eye.u32()?,
        target: eye.u32()?,
        queue: eye.u32()?,
        subject: eye.u32()?,
        category: eye.u32()?,
        disposition: eye.u32()?,
        reason: eye.u32()?,
        code: eye.u32()?,
        external: eye.u32()?,
        customer: eye.u32()?,
        from: eye.u32()?,
        to: eye.u32()?,
        conversation: eye.u32()?,
        parent: eye.u32()?,
        first_leg: eye.u32()?,
        call_type: eye.one_of(&CALL_TYPES)?,
        purpose: eye.one_of(&PURPOSES)?,
        depth: eye.take::<1>()?[0],
        imported: eye.take::<1>()? == [1],
    })
}

fn take_leg(eye: &mut Eye<'_>) -> Option<LegRow> {
    let id = eye.id()?;
    let (call, user) = (eye.u32()?, eye.u32()?);
    let (reason, said) = (eye.u32()?, eye.u32()?);
    let (number, first_segment) = (eye.u32()?, eye.u32()?);
    let (ring, answered, ended) = (After(eye.i32()?), After(eye.i32()?), After(eye.i32()?));
    let mos_hundredths = eye.take().map(i16::from_le_bytes)?;
    let role = eye.one_of(&ROLES)?;
    Some(LegRow {
        id,
        call,
        user,
        ring,
        answered,
        ended,
        reason,
        said,
        number,
        first_segment,
        mos_hundredths,
        role,
    })
}
