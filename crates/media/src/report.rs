//! What media tells about the wires.

use terms::{LegId, PromptId, Quality};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The far end pressed a key (RFC 4733): 0-9, *, #, A-D. Told once a press.
    Digit { leg: LegId, digit: char },
    /// No RTP for `silent_ms` while we expect it.
    Silent { leg: LegId },
    /// RTP came back after `Silent`.
    Heard { leg: LegId },
    /// No RTP for `timeout_ms` while we expect it.
    TimedOut { leg: LegId },
    /// A prompt was played to its end at this leg.
    PromptFinished { leg: LegId, prompt: PromptId },
    /// Who leaves a message has said nothing for `MESSAGE_SILENCE_MS`.
    MessageSilent { leg: LegId },
    /// Every 5 s over those 5 s, and once at close over the whole life of the leg.
    Measured { leg: LegId, quality: Quality },
}
