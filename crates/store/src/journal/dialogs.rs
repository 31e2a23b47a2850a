//! The SIP state of each leg, so that a restarted node can say goodbye on it.
//!
//! It changes several times a call, needs no fsync and must not wait behind the events' fsyncs: so it is a log of lines in
//! a file of its own, one line a change, written by a thread of its own and rewritten when most of it is of the past.
//! A line survives the death of the process; the machine's death may cost the newest, and those legs end `node_lost`.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
};

use serde::{Deserialize, Serialize};
use terms::{ConversationId, LegId};
use tokio::sync::{mpsc, oneshot};

use super::{Journal, JournalError};

/// Changes that may wait for the disk.
const CHANGES_MAX: usize = 4_096;
/// A log longer than this is rewritten when it is mostly of the past.
const LOG_OCTETS_MAX: u64 = 4 << 20;

type Kept = BTreeMap<LegId, String>;

pub(super) enum Change {
    Save(LegId, String),
    Forget(LegId),
    Read(oneshot::Sender<Vec<(LegId, String)>>),
    Close(oneshot::Sender<()>),
}

/// One line: a leg's newest snapshot, or none when it is forgotten.
#[derive(Serialize, Deserialize)]
struct Line {
    conversation: ConversationId,
    ordinal: u32,
    dialog: Option<String>,
}

/// Starts the thread that writes `path`.
pub(super) fn open(path: &Path) -> io::Result<mpsc::Sender<Change>> {
    let log = Log::open(path)?;
    let (changes, inbox) = mpsc::channel(CHANGES_MAX);
    thread::Builder::new().name("dialogs".to_owned()).spawn(move || log.run(inbox))?;
    Ok(changes)
}

struct Log {
    path: PathBuf,
    file: File,
    octets: u64,
    kept: Kept,
}

impl Log {
    fn open(path: &Path) -> io::Result<Log> {
        let kept = read(path)?;
        let (file, octets) = rewrite(path, &kept)?;
        Ok(Log { path: path.to_owned(), file, octets, kept })
    }

    fn run(mut self, mut inbox: mpsc::Receiver<Change>) {
        while let Some(change) = inbox.blocking_recv() {
            let done = match change {
                Change::Save(leg, dialog) => self.note(leg, Some(dialog)),
                // What was never kept needs no word that it is gone.
                Change::Forget(leg) if !self.kept.contains_key(&leg) => Ok(()),
                Change::Forget(leg) => self.note(leg, None),
                Change::Read(reply) => {
                    let _ =
                        reply.send(self.kept.iter().map(|(leg, dialog)| (*leg, dialog.clone())).collect());
                    Ok(())
                }
                Change::Close(reply) => {
                    let _ = reply.send(());
                    return;
                }
            };
            if let Err(error) = done {
                tracing::warn!(%error, "a dialog snapshot could not be kept; a restart cannot say goodbye on it");
            }
        }
    }

    fn note(&mut self, leg: LegId, dialog: Option<String>) -> io::Result<()> {
        let line = line(leg, dialog.as_deref())?;
        match dialog {
            Some(dialog) => self.kept.insert(leg, dialog),
            None => self.kept.remove(&leg),
        };
        // One write a line: what the process has written before it dies is whole.
        self.file.write_all(&line)?;
        self.octets += line.len() as u64;
        let living: usize = self.kept.values().map(String::len).sum();
        if self.octets > LOG_OCTETS_MAX && self.octets > 4 * living as u64 {
            (self.file, self.octets) = rewrite(&self.path, &self.kept)?;
        }
        Ok(())
    }
}

fn line(leg: LegId, dialog: Option<&str>) -> io::Result<Vec<u8>> {
    let line =
        Line { conversation: leg.conversation, ordinal: leg.ordinal, dialog: dialog.map(str::to_owned) };
    let mut octets = serde_json::to_vec(&line)?;
    octets.push(b'\n');
    Ok(octets)
}

/// A line that was cut off by the end of the machine is left out.
fn read(path: &Path) -> io::Result<Kept> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let mut kept = Kept::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        let leg = LegId::new(line.conversation, line.ordinal);
        match line.dialog {
            Some(dialog) => kept.insert(leg, dialog),
            None => kept.remove(&leg),
        };
    }
    Ok(kept)
}

/// Only what is kept, in a file that takes the place of the old one in one step.
fn rewrite(path: &Path, kept: &Kept) -> io::Result<(File, u64)> {
    let fresh = path.with_extension("new");
    let mut octets = Vec::new();
    for (leg, dialog) in kept {
        octets.extend(line(*leg, Some(dialog))?);
    }
    fs::write(&fresh, &octets)?;
    fs::rename(&fresh, path)?;
    Ok((OpenOptions::new().append(true).open(path)?, octets.len() as u64))
}

impl Journal {
    /// Keeps the newest snapshot of a leg's dialog; it is on its way to the file when this returns.
    pub async fn save_dialog(&self, leg: LegId, snapshot: String) -> Result<(), JournalError> {
        self.dialogs.send(Change::Save(leg, snapshot)).await.map_err(|_| JournalError::Closed)
    }

    pub async fn forget_dialog(&self, leg: LegId) -> Result<(), JournalError> {
        self.dialogs.send(Change::Forget(leg)).await.map_err(|_| JournalError::Closed)
    }

    /// Every dialog that was saved and not forgotten.
    pub async fn dialogs(&self) -> Result<Vec<(LegId, String)>, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.dialogs.send(Change::Read(reply)).await.map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)
    }

    pub(super) async fn close_dialogs(&self) {
        let (reply, answer) = oneshot::channel();
        if self.dialogs.send(Change::Close(reply)).await.is_ok() {
            // The thread answers last; without an answer it had ended before.
            let _ = answer.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_rewritten_and_a_torn_last_line_is_left_out() {
        let path = std::env::temp_dir().join(format!("tandem-dialogs-{}.log", std::process::id()));
        let leg = |ordinal| LegId::new(ConversationId::from_number(1), ordinal);
        let mut log = Log::open(&path).unwrap();
        log.note(leg(0), Some("stays".to_owned())).unwrap();
        let long = "x".repeat(1 << 20);
        for _ in 0..6 {
            log.note(leg(1), Some(long.clone())).unwrap();
            log.note(leg(1), None).unwrap();
        }
        assert!(fs::metadata(&path).unwrap().len() < LOG_OCTETS_MAX);
        drop(log);
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"{\"conversation\":\"0000").unwrap();
        assert_eq!(Log::open(&path).unwrap().kept, Kept::from([(leg(0), "stays".to_owned())]));
        fs::remove_file(path).unwrap();
    }
}
