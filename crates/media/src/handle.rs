//! Media's door: what callcontrol may ask of it.

use terms::{ConversationId, Direction, HearingMatrix, LegId, Sdp};
use tokio::sync::mpsc;

use crate::{Config, MediaError, Report};

/// Asks the media plane; cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    reports: mpsc::Sender<Report>,
}

/// Our answer to a far end's offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub sdp: Sdp,
    /// What the far end wants, as it said: `SendOnly` and `Inactive` mean that it put us on hold.
    pub direction: Direction,
}

/// Reports that may wait for their reader.
const REPORTS_MAX: usize = 8_192;

impl Handle {
    /// Starts the engine threads. Reports come out of the bounded receiver.
    pub fn start(config: Config) -> Result<(Handle, mpsc::Receiver<Report>), MediaError> {
        let _ = config;
        let (reports, receiver) = mpsc::channel(REPORTS_MAX);
        Ok((Handle { reports }, receiver))
    }

    /// We dial, or answer a late offer: takes a port and describes it.
    pub async fn offer(&self, leg: LegId) -> Result<Sdp, MediaError> {
        self.reports.reserve().await.map_err(|_| MediaError::UnknownLeg(leg))?;
        Err(MediaError::Stopped)
    }

    /// They offered, also by re-INVITE: takes a port the first time and answers.
    pub async fn answer(&self, leg: LegId, offer: Sdp) -> Result<Answer, MediaError> {
        let _ = offer;
        self.reports.reserve().await.map_err(|_| MediaError::UnknownLeg(leg))?;
        Err(MediaError::Stopped)
    }

    /// Their answer to our offer, also early media; it may come twice.
    pub async fn accept(&self, leg: LegId, answer: Sdp) -> Result<Direction, MediaError> {
        let _ = answer;
        self.reports.reserve().await.map_err(|_| MediaError::UnknownLeg(leg))?;
        Err(MediaError::Stopped)
    }

    /// Who hears whom from the next tick on: the whole matrix, idempotent; a version older than the last is ignored.
    pub fn obey(&self, conversation: ConversationId, version: u64, matrix: &HearingMatrix) {
        let _ = (conversation, version, matrix);
    }

    /// Sends key presses (0-9, *, #, A-D) to the far end; other characters are skipped.
    pub fn send_digits(&self, leg: LegId, digits: &str) {
        let _ = (leg, digits);
    }

    /// Frees socket and memory; the last `Report::Measured` follows. Idempotent.
    pub fn close(&self, leg: LegId) {
        let _ = leg;
    }

    /// Closes every leg and ends the engine threads.
    pub async fn stop(&self) {
        self.reports.closed().await;
    }
}
