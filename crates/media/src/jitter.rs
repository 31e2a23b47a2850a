//! The jitter buffer: a fixed ring of packets in sequence order, and the rule for giving delay back.
//!
//! Delay is not set, it happens: a packet that is not there at its tick is bridged and played a tick later, which
//! makes everything after it one frame later too. What makes the buffer adaptive is the way back. Every packet tells
//! at its tick how long it had lain there (its slack). When all packets of the last one to two seconds lay longer
//! than a whole frame and a guard, one frame can go without missing any of them.

use crate::{clock::Micros, codec::Codec, frame::TICK_US};

/// Packets that can wait: 320 ms at 20 ms each.
pub(crate) const SLOTS: usize = 16;
/// A sequence number this far away is another stream.
const JUMP_MAX: i16 = 200;
/// What must be left of the least slack after a frame is given back.
const GUARD_US: Micros = 2_000;
const WINDOW_US: Micros = 1_000_000;
/// Frames are given back one at a time, this far apart.
const SHED_EVERY_US: Micros = 200_000;
/// Frames that a late packet may make the buffer deeper at most.
const GROWN_MAX: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Audio(Codec),
    /// Holds its place in the sequence and makes no sound: key presses, comfort noise.
    Nothing,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    sequence: u16,
    content: Content,
    len: usize,
    arrived: Micros,
    full: bool,
}

const EMPTY: Slot = Slot { sequence: 0, content: Content::Nothing, len: 0, arrived: 0, full: false };

/// What the tick finds at its place in the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Popped {
    /// The bytes lie in `Jitter::bytes(place)` until the next insert.
    Packet { codec: Codec, place: Place },
    /// This one is missing, later ones are here: bridge it, it is not waited for.
    Missing,
    /// Nothing is here: bridge, and wait.
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    slot: usize,
    len: usize,
}

#[derive(Debug)]
pub(crate) struct Jitter {
    slots: [Slot; SLOTS],
    bytes: Box<[u8]>,
    packet_max: usize,
    /// The sequence number that is played next; none before the first packet.
    next: Option<u16>,
    /// Nothing was played since the stream began.
    fresh: bool,
    queued: usize,
    /// Ticks bridged while nothing was here: a packet found missing afterwards has had its bridge.
    owed: usize,
    /// A packet came just too late: wait one tick more at the next gap.
    grow: bool,
    grown: usize,
    slack: Slack,
    /// Packets that came after their tick.
    pub(crate) late: u32,
}

impl Jitter {
    pub(crate) fn new(packet_max: usize) -> Self {
        Self {
            slots: [EMPTY; SLOTS],
            bytes: vec![0; SLOTS * packet_max].into_boxed_slice(),
            packet_max,
            next: None,
            fresh: true,
            queued: 0,
            owed: 0,
            grow: false,
            grown: 0,
            slack: Slack::default(),
            late: 0,
        }
    }

    pub(crate) fn bytes(&self, place: Place) -> &[u8] {
        let first = place.slot * self.packet_max;
        &self.bytes[first..first + place.len]
    }

    /// Another stream begins: whatever waits is of no use.
    pub(crate) fn restart(&mut self) {
        self.slots = [EMPTY; SLOTS];
        self.next = None;
        self.fresh = true;
        self.queued = 0;
        self.owed = 0;
        self.grow = false;
        self.grown = 0;
        self.slack = Slack::default();
    }

    /// Puts a packet in its place; late, doubled and oversized ones are dropped.
    pub(crate) fn insert(&mut self, sequence: u16, content: Content, payload: &[u8], arrived: Micros) {
        if payload.len() > self.packet_max {
            return;
        }
        let next = *self.next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next) as i16;
        if (-JUMP_MAX..0).contains(&ahead) {
            if self.fresh && ahead > -8 && self.queued < SLOTS / 2 {
                // Two packets swapped at the very start: begin with the earlier one.
                self.next = Some(sequence);
            } else {
                if self.slots[usize::from(sequence) % SLOTS].sequence == sequence {
                    // A double of one that was played.
                    return;
                }
                self.late = self.late.saturating_add(1);
                self.grow = ahead > -4 && self.grown < GROWN_MAX;
                return;
            }
        } else if ahead < 0 || ahead >= SLOTS as i16 {
            self.restart();
            self.next = Some(sequence);
        }
        let index = usize::from(sequence) % SLOTS;
        let slot = &mut self.slots[index];
        if slot.full && slot.sequence == sequence {
            return;
        }
        if !slot.full {
            self.queued += 1;
        }
        *slot = Slot { sequence, content, len: payload.len(), arrived, full: true };
        let first = index * self.packet_max;
        self.bytes[first..first + payload.len()].copy_from_slice(payload);
    }

    /// What is played now. Called once for each packet's worth of time.
    pub(crate) fn pop(&mut self, now: Micros) -> Popped {
        let Some(mut next) = self.next else { return Popped::Empty };
        if self.fresh && self.queued > 0 {
            next = self.newest_run(next);
            self.fresh = false;
        }
        let popped = loop {
            if self.queued == 0 {
                self.owed += 1;
                break Popped::Empty;
            }
            let index = usize::from(next) % SLOTS;
            let slot = self.slots[index];
            if !(slot.full && slot.sequence == next) {
                if self.grow {
                    self.grow = false;
                    self.grown += 1;
                    break Popped::Empty;
                }
                next = next.wrapping_add(1);
                if self.owed > 0 {
                    self.owed -= 1;
                    continue;
                }
                break Popped::Missing;
            }
            self.slots[index].full = false;
            self.queued -= 1;
            self.owed = 0;
            next = next.wrapping_add(1);
            if let Content::Audio(codec) = slot.content {
                self.slack.note(now, now.saturating_sub(slot.arrived));
                break Popped::Packet { codec, place: Place { slot: index, len: slot.len } };
            }
        };
        self.next = Some(next);
        popped
    }

    /// A stream whose first packets came together starts with the newest of them: nothing was promised before.
    fn newest_run(&mut self, next: u16) -> u16 {
        let mut next = next;
        while self.queued > 1 {
            let index = usize::from(next) % SLOTS;
            if self.slots[index].full {
                self.slots[index].full = false;
                self.queued -= 1;
            }
            next = next.wrapping_add(1);
        }
        while !self.slots[usize::from(next) % SLOTS].full {
            next = next.wrapping_add(1);
        }
        next
    }

    /// Whether a frame can be given back now: the caller then plays two packets as one.
    pub(crate) fn sheds(&mut self, now: Micros) -> bool {
        let Some(next) = self.next else { return false };
        let slot = self.slots[usize::from(next) % SLOTS];
        let ready = slot.full && slot.sequence == next && slot.content != Content::Nothing;
        let sheds = ready && self.slack.spares_a_frame(now);
        if sheds {
            self.slack.take_a_frame(now);
            self.grown = self.grown.saturating_sub(1);
        }
        sheds
    }

    #[cfg(test)]
    pub(crate) fn queued(&self) -> usize {
        self.queued
    }
}

/// The least time that packets lay waiting, over the second now running and the one before.
#[derive(Debug, Default)]
struct Slack {
    window_ends: Micros,
    current: Option<Micros>,
    previous: Option<Micros>,
    shed_at: Micros,
}

impl Slack {
    fn note(&mut self, now: Micros, slack: Micros) {
        if now >= self.window_ends {
            self.previous = self.current.take();
            self.window_ends = now + WINDOW_US;
        }
        self.current = Some(self.current.map_or(slack, |least| least.min(slack)));
    }

    fn spares_a_frame(&self, now: Micros) -> bool {
        let (Some(current), Some(previous)) = (self.current, self.previous) else { return false };
        current.min(previous) >= TICK_US + GUARD_US && now >= self.shed_at + SHED_EVERY_US
    }

    fn take_a_frame(&mut self, now: Micros) {
        self.shed_at = now;
        for least in [&mut self.current, &mut self.previous].into_iter().flatten() {
            *least = least.saturating_sub(TICK_US);
        }
    }
}

#[cfg(test)]
#[path = "jitter_tests.rs"]
mod tests;
