//! Key presses on the wire: RFC 4733 both ways, and plain dual tones for wires that did not agree to it.

use crate::frame::Rate;

/// Ticks a pressed key lasts: 100 ms.
const PRESS_TICKS: u16 = 5;
/// The end is said three times, since it may be lost (RFC 4733 §2.5.1.4).
const END_TICKS: u16 = 3;
/// Ticks between two keys.
const PAUSE_TICKS: u16 = 3;
/// Keys that can wait to be sent.
const QUEUE_MAX: usize = terms::limits::DIGITS_MAX;
const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// The event code of a key (RFC 4733 §3.2).
pub(crate) fn event_of(key: char) -> Option<u8> {
    let key = key.to_ascii_uppercase();
    KEYS.iter().position(|known| *known == key).and_then(|index| u8::try_from(index).ok())
}

/// Hears each press once, however often its packets repeat it.
#[derive(Debug, Default)]
pub(crate) struct DigitReader {
    /// RTP timestamp of the last press: it names the press.
    last: Option<u32>,
}

impl DigitReader {
    pub(crate) fn restart(&mut self) {
        self.last = None;
    }

    /// Reads one event packet; a key comes out the first time its press is seen.
    pub(crate) fn read(&mut self, payload: &[u8], timestamp: u32) -> Option<char> {
        let [event, _, _, _, ..] = payload else { return None };
        let key = *KEYS.get(usize::from(*event))?;
        let newer = self.last.is_none_or(|last| timestamp.wrapping_sub(last) as i32 > 0);
        if !newer {
            return None;
        }
        self.last = Some(timestamp);
        Some(key)
    }
}

/// One packet's worth of a key being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) code: u8,
    pub(crate) end: bool,
    /// Ticks that the key is down so far.
    pub(crate) ticks: u16,
    /// The first packet of a press carries the marker and fixes the timestamp.
    pub(crate) first: bool,
}

impl Event {
    /// The four bytes of RFC 4733 §2.3, at -10 dBm0; `tick` is a tick's length in the stream's clock.
    pub(crate) fn bytes(&self, tick: u16) -> [u8; 4] {
        let duration = self.ticks.saturating_mul(tick).to_be_bytes();
        [self.code, u8::from(self.end) << 7 | 10, duration[0], duration[1]]
    }
}

/// Sends keys one after the other, one step a tick.
#[derive(Debug)]
pub(crate) struct DigitSender {
    queue: [u8; QUEUE_MAX],
    first: usize,
    waiting: usize,
    /// Ticks of the current key that are over; none while no key is being sent.
    step: Option<u16>,
    phase: [u32; 2],
}

impl Default for DigitSender {
    fn default() -> Self {
        Self { queue: [0; QUEUE_MAX], first: 0, waiting: 0, step: None, phase: [0; 2] }
    }
}

impl DigitSender {
    /// Puts a key into the queue; what does not fit is dropped.
    pub(crate) fn push(&mut self, code: u8) {
        if self.waiting < QUEUE_MAX {
            self.queue[(self.first + self.waiting) % QUEUE_MAX] = code;
            self.waiting += 1;
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.waiting == 0
    }

    /// What this tick carries: an event in place of the sound, or nothing between keys.
    pub(crate) fn next(&mut self) -> Option<Event> {
        if self.waiting == 0 {
            return None;
        }
        let step = self.step.unwrap_or(0);
        let code = self.queue[self.first];
        self.step = Some(step + 1);
        if step < PRESS_TICKS {
            return Some(Event { code, end: false, ticks: step + 1, first: step == 0 });
        }
        if step < PRESS_TICKS + END_TICKS {
            return Some(Event { code, end: true, ticks: PRESS_TICKS, first: false });
        }
        if step + 1 >= PRESS_TICKS + END_TICKS + PAUSE_TICKS {
            self.first = (self.first + 1) % QUEUE_MAX;
            self.waiting -= 1;
            self.step = None;
        }
        None
    }

    /// The key as the two tones of ITU-T Q.23 in place of the sound.
    pub(crate) fn tone(&mut self, event: Event, rate: Rate, out: &mut [i16]) {
        const LOW: [u32; 4] = [697, 770, 852, 941];
        const HIGH: [u32; 4] = [1209, 1336, 1477, 1633];
        // Row and column of each event code on the keypad.
        const PLACE: [(usize, usize); 16] = [
            (3, 1),
            (0, 0),
            (0, 1),
            (0, 2),
            (1, 0),
            (1, 1),
            (1, 2),
            (2, 0),
            (2, 1),
            (2, 2),
            (3, 0),
            (3, 2),
            (0, 3),
            (1, 3),
            (2, 3),
            (3, 3),
        ];
        if event.end {
            out.fill(0);
            return;
        }
        let Some((row, column)) = PLACE.get(usize::from(event.code)) else { return };
        if event.first {
            self.phase = [0; 2];
        }
        let steps = [LOW[*row], HIGH[*column]]
            .map(|hertz| u32::try_from((u64::from(hertz) << 32) / u64::from(rate.hertz())).unwrap_or(0));
        for sample in out {
            let mut sum = 0.0f32;
            for (phase, step) in self.phase.iter_mut().zip(steps) {
                *phase = phase.wrapping_add(step);
                sum += (*phase as f32 * (std::f32::consts::TAU / 4_294_967_296.0)).sin();
            }
            *sample = (sum * 7_000.0) as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_repeated_in_many_packets_is_heard_once_and_the_next_press_again() {
        let mut reader = DigitReader::default();
        let packet = [5u8, 10, 0, 160];
        let heard: Vec<_> =
            [1000u32, 1000, 1000, 5000, 5000, 1000].iter().map(|ts| reader.read(&packet, *ts)).collect();
        assert_eq!(heard, [Some('5'), None, None, Some('5'), None, None]);
    }

    #[test]
    fn short_packets_and_unknown_events_are_no_keys() {
        let mut reader = DigitReader::default();
        assert_eq!(reader.read(&[1, 2, 3], 1), None);
        assert_eq!(reader.read(&[16, 10, 0, 160], 2), None);
        assert_eq!(reader.read(&[], 3), None);
    }

    #[test]
    fn every_key_has_its_code_and_reads_back() {
        for key in KEYS {
            let code = event_of(key).unwrap();
            assert_eq!(DigitReader::default().read(&[code, 10, 0, 160], 7), Some(key));
        }
        assert_eq!(event_of('x'), None);
        assert_eq!(event_of('a'), event_of('A'));
    }

    #[test]
    fn a_key_is_five_ticks_long_ends_three_times_and_leaves_a_pause() {
        let mut sender = DigitSender::default();
        sender.push(7);
        sender.push(8);
        let ticks: Vec<Option<Event>> = (0..22).map(|_| sender.next()).collect();
        assert_eq!(ticks[0].map(|e| (e.code, e.first, e.end, e.ticks)), Some((7, true, false, 1)));
        assert_eq!(ticks[4].map(|e| (e.end, e.ticks)), Some((false, 5)));
        assert!(ticks[5..8].iter().all(|e| e.is_some_and(|e| e.end && e.ticks == 5)));
        assert!(ticks[8..11].iter().all(Option::is_none));
        assert_eq!(ticks[11].map(|e| (e.code, e.first)), Some((8, true)));
        assert!(sender.is_idle());
        assert_eq!(ticks[5].map(|e| e.bytes(160)), Some([7, 0x8A, 3, 32]));
    }

    #[test]
    fn keys_beyond_the_queue_are_dropped() {
        let mut sender = DigitSender::default();
        for _ in 0..QUEUE_MAX + 10 {
            sender.push(1);
        }
        let presses = (0..QUEUE_MAX * 20).filter(|_| sender.next().is_some_and(|e| e.first)).count();
        assert_eq!(presses, QUEUE_MAX);
    }
}
