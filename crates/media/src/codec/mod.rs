//! Codecs: how samples travel.

pub mod g711;
pub(crate) mod opus;

use crate::frame::Rate;

/// A codec that we send and receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Pcmu,
    Pcma,
    Opus,
}

impl Codec {
    /// The rate its samples have here.
    pub(crate) const fn rate(self) -> Rate {
        match self {
            Codec::Pcmu | Codec::Pcma => Rate::Narrow,
            Codec::Opus => Rate::Wide,
        }
    }
    /// Ticks a second of its RTP timestamps (RFC 3551; RFC 7587 for Opus).
    pub(crate) const fn clock(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma => 8_000,
            Codec::Opus => 48_000,
        }
    }
}

/// What a payload type number stands for on one wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Payload {
    #[default]
    Unknown,
    Audio(Codec),
    /// Key presses (RFC 4733).
    Events,
    /// RFC 3389; counts as heard and sounds like silence.
    ComfortNoise,
}

/// The payload type numbers of one wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PayloadMap([Payload; 128]);

impl PayloadMap {
    pub(crate) fn new() -> Self {
        let mut map = Self([Payload::Unknown; 128]);
        map.set(13, Payload::ComfortNoise);
        map
    }
    pub(crate) fn set(&mut self, number: u8, payload: Payload) {
        if let Some(place) = self.0.get_mut(usize::from(number)) {
            *place = payload;
        }
    }
    pub(crate) fn get(&self, number: u8) -> Payload {
        self.0.get(usize::from(number)).copied().unwrap_or_default()
    }
    /// Adds what the other map knows and this one does not.
    pub(crate) fn merge(&mut self, other: &PayloadMap) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            if *mine == Payload::Unknown {
                *mine = *theirs;
            }
        }
    }
    pub(crate) fn has_opus(&self) -> bool {
        self.0.contains(&Payload::Audio(Codec::Opus))
    }
}
