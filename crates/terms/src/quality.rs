//! How a wire sounded, in whole numbers so that facts stay comparable.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quality {
    /// Mean opinion score in hundredths: 100 to 450 (ITU-T G.107 E-model, from loss, jitter and round trip).
    pub mos_hundredths: u16,
    /// Lost packets, in hundredths of a percent.
    pub loss_hundredths: u16,
    /// Interarrival jitter as RFC 3550 counts it.
    pub jitter_ms: u16,
    /// Round trip, where the far end sends RTCP reports.
    pub rtt_ms: Option<u16>,
}
