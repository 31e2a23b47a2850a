//! The engine: plain threads, each owning its conversations; commands come in and reports go out between ticks.

mod conversation;
mod ear;
mod leg;
mod reports;
mod web;
mod worker;

use std::sync::Arc;

use terms::{ConversationId, HearingMatrix, LegId};
use tokio::sync::oneshot;

pub(crate) use leg::{Leg, LegParts, SendAs, Tuning};
pub(crate) use reports::Counters;
pub(crate) use web::{WebAnswer, WebAsk, WebPort, WebWhat};
pub(crate) use worker::{Worker, WorkerParts};

use crate::{codec::opus::OpusPair, treatment::Library};

/// What the door asks of an engine thread.
#[derive(Debug)]
pub(crate) enum Command {
    Open(Box<Leg>),
    /// What was agreed by another offer and answer; the Opus state where the wire needs it first now.
    Tune {
        leg: LegId,
        tuning: Box<Tuning>,
        opus: Option<Box<OpusPair>>,
    },
    Obey {
        conversation: ConversationId,
        version: u64,
        matrix: Box<HearingMatrix>,
    },
    /// RFC 4733 event codes.
    Digits {
        leg: LegId,
        codes: Vec<u8>,
    },
    /// Offer and answer of a browser's leg.
    Web(Box<WebAsk>),
    Close {
        leg: LegId,
    },
    /// The message that was left on this leg is over.
    KeepMessage {
        leg: LegId,
        most_ms: i64,
        reply: oneshot::Sender<Option<i64>>,
    },
    DropMessage {
        leg: LegId,
    },
    /// What is played from now on.
    Library(Arc<Library>),
    Stop {
        done: oneshot::Sender<()>,
    },
}

#[cfg(test)]
mod tick_tests;
