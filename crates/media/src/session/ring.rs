//! A ring of packets between a browser's session and the tick: full, it drops the newest.

use crate::clock::Micros;

/// Bytes of the largest voice packet that is taken; Opus stays far below.
pub(crate) const BODY_MAX: usize = 1_300;

/// What stands before a packet's body.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    pub(crate) number: u8,
    pub(crate) mark: bool,
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) arrived: Micros,
    pub(super) len: usize,
}

#[derive(Debug)]
pub(crate) struct Ring {
    heads: Box<[Head]>,
    bodies: Box<[u8]>,
    first: usize,
    count: usize,
}

impl Ring {
    pub(crate) fn new(packets: usize) -> Self {
        Self {
            heads: vec![Head::default(); packets].into(),
            bodies: vec![0; packets * BODY_MAX].into(),
            first: 0,
            count: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// False when there is no room, or the body is none of ours.
    pub(crate) fn push(&mut self, head: Head, body: &[u8]) -> bool {
        if self.count == self.heads.len() || body.len() > BODY_MAX {
            return false;
        }
        let place = (self.first + self.count) % self.heads.len();
        self.heads[place] = Head { len: body.len(), ..head };
        self.bodies[place * BODY_MAX..][..body.len()].copy_from_slice(body);
        self.count += 1;
        true
    }

    /// Copies the oldest packet's body out, and says how long it is.
    pub(crate) fn pop(&mut self, out: &mut [u8]) -> Option<(Head, usize)> {
        if self.count == 0 {
            return None;
        }
        let place = self.first;
        let head = self.heads[place];
        let len = head.len.min(out.len());
        out[..len].copy_from_slice(&self.bodies[place * BODY_MAX..][..len]);
        self.first = (place + 1) % self.heads.len();
        self.count -= 1;
        Some((head, len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_out_in_turn_and_the_newest_finds_no_room() {
        let mut ring = Ring::new(2);
        let mut out = [0; BODY_MAX];
        for round in 0..5u16 {
            let head = |sequence| Head { sequence, ..Head::default() };
            assert!(ring.push(head(round), &[1, 2]) && ring.push(head(round + 1), &[3]));
            assert!(!ring.push(head(9), &[4]));
            let (first, len) = ring.pop(&mut out).unwrap();
            assert_eq!((first.sequence, &out[..len]), (round, &[1, 2][..]));
            let (second, len) = ring.pop(&mut out).unwrap();
            assert_eq!((second.sequence, &out[..len]), (round + 1, &[3][..]));
            assert!(ring.pop(&mut out).is_none() && ring.is_empty());
        }
        assert!(!ring.push(Head::default(), &[0; BODY_MAX + 1]));
    }
}
