//! Messages: what a caller says to nobody yet, written down by a thread of its own, so that no tick waits for a disk.
//!
//! A message is a WAV file of 8 kHz, 16 bits, one channel. Every 20 ms reach the file as they come, so a process that is
//! killed loses none of them; the lengths in the header are right once the message is kept.

use std::{
    collections::{HashMap, VecDeque},
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, TrySendError},
};

use terms::{LegId, MessageId, limits::MESSAGE_SILENCE_MS};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Report,
    frame::{Frame, Rate},
    resample::Downsampler,
};

/// Notes one engine thread keeps while the writer is busy: at 20 ms each, some seconds of one message.
const PENDING_MAX: usize = 256;
/// Notes that may wait for the writer, of all engine threads together.
pub(crate) const NOTES_MAX: usize = 1_024;

const HEADER: usize = 44;
const HERTZ: u32 = 8_000;
const BYTES_A_MS: u64 = 16;
const FRAME_MS: i64 = 20;
/// Below this it is taken for silence: -45 dBFS, well under a voice and well over a quiet line's noise.
const SILENT_RMS: f64 = 184.0;

/// What the writer is told.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all of them are sound, and the ring holds it without a box"
)]
pub(crate) enum Note {
    Sound {
        leg: LegId,
        rate: Rate,
        samples: [i16; 320],
    },
    /// It is over, and no longer than this: what it came to in milliseconds, none where there is nothing.
    Keep {
        leg: LegId,
        most_ms: i64,
        reply: oneshot::Sender<Option<i64>>,
    },
    Drop {
        leg: LegId,
    },
}

/// Notes on their way out of an engine thread: collected in a fixed ring during ticks, handed over between them.
pub(crate) struct Notes {
    pending: VecDeque<Note>,
    lost: u64,
}

impl Notes {
    pub(crate) fn new() -> Self {
        Self { pending: VecDeque::with_capacity(PENDING_MAX), lost: 0 }
    }

    /// 20 ms of a caller. Allocates nothing.
    pub(crate) fn hear(&mut self, leg: LegId, rate: Rate, frame: &Frame) {
        if self.pending.len() >= PENDING_MAX {
            self.lost += 1;
            return;
        }
        let mut samples = [0; 320];
        let heard = frame.samples();
        let length = heard.len().min(samples.len());
        samples[..length].copy_from_slice(&heard[..length]);
        self.pending.push_back(Note::Sound { leg, rate, samples });
    }

    /// What ends a message is never lost, and comes after all that was heard.
    pub(crate) fn push(&mut self, note: Note) {
        self.pending.push_back(note);
    }

    /// Hands over what the writer has room for; returns how many were lost since the last time.
    pub(crate) fn flush(&mut self, out: &SyncSender<Note>) -> u64 {
        while let Some(note) = self.pending.pop_front() {
            match out.try_send(note) {
                Ok(()) => {}
                Err(TrySendError::Full(note)) => {
                    self.pending.push_front(note);
                    break;
                }
                Err(TrySendError::Disconnected(_)) => self.pending.clear(),
            }
        }
        std::mem::take(&mut self.lost)
    }
}

/// A message that is being written.
struct Writing {
    file: File,
    down: Downsampler,
    silent_ms: i64,
}

/// The thread that writes.
pub(crate) struct Scribe {
    directory: PathBuf,
    reports: mpsc::Sender<Report>,
    writing: HashMap<LegId, Option<Writing>>,
}

impl Scribe {
    pub(crate) fn new(directory: PathBuf, reports: mpsc::Sender<Report>) -> Self {
        Self { directory, reports, writing: HashMap::new() }
    }

    /// Until the last engine thread is gone.
    pub(crate) fn run(mut self, notes: Receiver<Note>) {
        while let Ok(note) = notes.recv() {
            match note {
                Note::Sound { leg, rate, samples } => self.hear(leg, rate, &samples),
                Note::Keep { leg, most_ms, reply } => {
                    self.writing.remove(&leg);
                    let kept = self.keep(leg, most_ms).unwrap_or_else(|error| {
                        tracing::error!(%error, leg = %leg, "a message could not be kept");
                        None
                    });
                    // Whoever asked may have gone; the next start asks again.
                    let _ = reply.send(kept);
                }
                Note::Drop { leg } => {
                    self.writing.remove(&leg);
                    if let Err(error) = fs::remove_file(self.path(leg)) {
                        tracing::debug!(%error, leg = %leg, "a dropped message had no file");
                    }
                }
            }
        }
    }

    fn path(&self, leg: LegId) -> PathBuf {
        self.directory.join(MessageId::left_in(leg.conversation).file_name())
    }

    fn begin(&self, leg: LegId) -> io::Result<Writing> {
        fs::create_dir_all(&self.directory)?;
        let mut file = File::create(self.path(leg))?;
        file.write_all(&header(0))?;
        Ok(Writing { file, down: Downsampler::default(), silent_ms: 0 })
    }

    fn hear(&mut self, leg: LegId, rate: Rate, samples: &[i16; 320]) {
        if !self.writing.contains_key(&leg) {
            let begun = self.begin(leg);
            if let Err(error) = &begun {
                tracing::error!(%error, leg = %leg, "a message cannot be written down");
            }
            self.writing.insert(leg, begun.ok());
        }
        let Some(Some(writing)) = self.writing.get_mut(&leg) else { return };
        let mut narrow = [0i16; 160];
        match rate {
            Rate::Narrow => narrow.copy_from_slice(&samples[..160]),
            // Conversations are mixed at 16 kHz at most.
            Rate::Wide | Rate::Full => writing.down.run(samples, &mut narrow),
        }
        if let Err(error) = writing.file.write_all(&bytes(&narrow)) {
            tracing::error!(%error, leg = %leg, "a message is written down no further");
            self.writing.insert(leg, None);
            return;
        }
        let was = writing.silent_ms;
        writing.silent_ms = if is_silent(&narrow) { was + FRAME_MS } else { 0 };
        if writing.silent_ms >= MESSAGE_SILENCE_MS && was < MESSAGE_SILENCE_MS {
            // Should nobody have room for it, the longest time ends the message.
            let _ = self.reports.try_send(Report::MessageSilent { leg });
        }
    }

    /// Makes what was written a whole file, also what a former process wrote; none where there is no sound.
    fn keep(&self, leg: LegId, most_ms: i64) -> io::Result<Option<i64>> {
        let mut file = match OpenOptions::new().read(true).write(true).open(self.path(leg)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let written = file.metadata()?.len().saturating_sub(HEADER as u64) / BYTES_A_MS;
        let ms = written.min(most_ms.max(0).unsigned_abs());
        let data = ms * BYTES_A_MS;
        file.set_len(HEADER as u64 + data)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header(u32::try_from(data).unwrap_or(u32::MAX)))?;
        file.sync_all()?;
        Ok(Some(i64::try_from(ms).unwrap_or(i64::MAX)).filter(|ms| *ms > 0))
    }
}

fn is_silent(samples: &[i16]) -> bool {
    let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (power / samples.len() as f64).sqrt() < SILENT_RMS
}

fn bytes(samples: &[i16; 160]) -> [u8; 320] {
    let mut bytes = [0; 320];
    for (pair, sample) in bytes.chunks_exact_mut(2).zip(samples) {
        pair.copy_from_slice(&sample.to_le_bytes());
    }
    bytes
}

/// RIFF, `fmt ` and `data` of PCM with `data` bytes behind it.
fn header(data: u32) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        header[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(b"RIFF");
    put(&data.saturating_add(HEADER as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16u32.to_le_bytes());
    // PCM, one channel.
    put(&1u16.to_le_bytes());
    put(&1u16.to_le_bytes());
    put(&HERTZ.to_le_bytes());
    put(&(HERTZ * 2).to_le_bytes());
    put(&2u16.to_le_bytes());
    put(&16u16.to_le_bytes());
    put(b"data");
    put(&data.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc::sync_channel, thread};

    use terms::ConversationId;

    use super::*;

    struct Desk {
        directory: PathBuf,
        notes: SyncSender<Note>,
        reports: mpsc::Receiver<Report>,
        scribe: thread::JoinHandle<()>,
    }

    fn place(test: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("tandem-messages-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        place
    }

    fn desk(directory: PathBuf) -> Desk {
        let (notes, taken) = sync_channel(NOTES_MAX);
        let (reports, told) = mpsc::channel(8);
        let scribe = Scribe::new(directory.clone(), reports);
        let scribe = thread::spawn(move || scribe.run(taken));
        Desk { directory, notes, reports: told, scribe }
    }

    fn leg() -> LegId {
        LegId::new(ConversationId::from_number(7), 0)
    }

    impl Desk {
        /// 20 ms of a square wave, or of nothing.
        fn say(&self, frames: usize, level: i16) {
            for _ in 0..frames {
                let mut samples = [0; 320];
                samples[..160]
                    .iter_mut()
                    .enumerate()
                    .for_each(|(n, s)| *s = if n % 8 < 4 { level } else { -level });
                self.notes.send(Note::Sound { leg: leg(), rate: Rate::Narrow, samples }).unwrap();
            }
        }
        fn keep(&self, most_ms: i64) -> Option<i64> {
            let (reply, answer) = oneshot::channel();
            self.notes.send(Note::Keep { leg: leg(), most_ms, reply }).unwrap();
            answer.blocking_recv().unwrap()
        }
        fn file(&self) -> Vec<u8> {
            let name = MessageId::left_in(leg().conversation).file_name();
            fs::read(self.directory.join(name)).unwrap()
        }
        fn end(self) -> PathBuf {
            drop(self.notes);
            self.scribe.join().unwrap();
            self.directory
        }
    }

    #[test]
    fn what_was_said_is_a_wave_file_of_its_length() {
        let desk = desk(place("whole"));
        desk.say(100, 5_000);
        assert_eq!(desk.keep(180_000), Some(2_000));
        let file = desk.file();
        assert_eq!(file.len(), 44 + 32_000);
        assert_eq!((&file[..4], &file[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
        assert_eq!(u32::from_le_bytes(file[40..44].try_into().unwrap()), 32_000);
        assert_eq!(i16::from_le_bytes(file[44..46].try_into().unwrap()), 5_000);
        // Asked again, it is the same.
        assert_eq!(desk.keep(180_000), Some(2_000));
        fs::remove_dir_all(desk.end()).unwrap();
    }

    #[test]
    fn a_message_whose_writer_died_is_kept_up_to_what_was_written() {
        let first = desk(place("killed"));
        first.say(75, 5_000);
        let second = desk(first.end());
        assert_eq!(second.keep(180_000), Some(1_500));
        assert_eq!(u32::from_le_bytes(second.file()[40..44].try_into().unwrap()), 24_000);
        fs::remove_dir_all(second.end()).unwrap();
    }

    #[test]
    fn silence_is_told_once_and_what_follows_the_end_is_cut_off() {
        let mut desk = desk(place("silence"));
        desk.say(50, 5_000);
        desk.say(310, 3);
        assert_eq!(desk.keep(1_000), Some(1_000));
        assert_eq!(desk.file().len(), 44 + 16_000);
        assert_eq!(desk.reports.try_recv(), Ok(Report::MessageSilent { leg: leg() }));
        assert!(desk.reports.try_recv().is_err());
        fs::remove_dir_all(desk.end()).unwrap();
    }

    #[test]
    fn nothing_said_is_no_message_and_a_dropped_one_is_gone() {
        let desk = desk(place("nothing"));
        assert_eq!(desk.keep(180_000), None);
        desk.say(10, 5_000);
        desk.notes.send(Note::Drop { leg: leg() }).unwrap();
        assert_eq!(desk.keep(180_000), None);
        fs::remove_dir_all(desk.end()).unwrap();
    }
}
