//! Who hears whom: a set of (source, listener) pairs. The domain derives it, media obeys it whole.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::LegId;

/// A piece of packaged or uploaded music, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MusicId(pub u32);

impl MusicId {
    pub const HOLD: MusicId = MusicId(0);
    pub const QUEUE: MusicId = MusicId(1);
}

/// A spoken announcement, by number (packaged ones below 1000).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PromptId(pub u32);

impl PromptId {
    pub const GREETING: PromptId = PromptId(0);
    pub const PLEASE_WAIT: PromptId = PromptId(1);
    pub const CALLER_LEFT: PromptId = PromptId(2);
    pub const NOT_AVAILABLE: PromptId = PromptId(3);
    /// This key is no choice here.
    pub const NOT_VALID: PromptId = PromptId(4);
    /// We are closed now.
    pub const CLOSED: PromptId = PromptId(5);
    /// Speak after the tone.
    pub const LEAVE_MESSAGE: PromptId = PromptId(6);
    /// Phrases that numbers stand in.
    pub const POSITION: PromptId = PromptId(200);
    pub const IN_LINE: PromptId = PromptId(201);
    pub const WAIT: PromptId = PromptId(202);
    pub const MINUTE: PromptId = PromptId(203);
    pub const MINUTES: PromptId = PromptId(204);
    pub const LONG_WAIT: PromptId = PromptId(205);
    /// We will call you back; the number follows.
    pub const CALLBACK: PromptId = PromptId(206);
    /// A spoken number: 0 to 20, or a ten up to 90.
    pub const fn number(number: u32) -> PromptId {
        PromptId(100 + number)
    }
    /// Uploaded ones count from here.
    pub const UPLOADED: PromptId = PromptId(1_000);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Ringback,
    Busy,
    Beep,
}

/// What can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Leg(LegId),
    HoldMusic(MusicId),
    QueueMusic(MusicId),
    Prompt(PromptId),
    Tone(Tone),
}

/// A channel of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Customer,
    Staff,
    Coach,
    /// What a caller says to nobody yet: a message.
    Message,
}

/// Who can hear. The recording is one more ear, with its own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listener {
    Leg(LegId),
    Recorder(Channel),
}

/// Who hears whom in one conversation. Nobody hears themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HearingMatrix(pub BTreeSet<(Listener, Source)>);

impl HearingMatrix {
    /// Let `listener` hear `source`; a leg never hears itself.
    pub fn link(&mut self, listener: Listener, source: Source) {
        let own = matches!((listener, source), (Listener::Leg(l), Source::Leg(s)) if l == s);
        if !own {
            self.0.insert((listener, source));
        }
    }
    pub fn hears(&self, listener: Listener, source: Source) -> bool {
        self.0.contains(&(listener, source))
    }
    pub fn leg_hears(&self, listener: LegId, source: LegId) -> bool {
        self.hears(Listener::Leg(listener), Source::Leg(source))
    }
    /// Everything `listener` hears, in order.
    pub fn row(&self, listener: Listener) -> impl Iterator<Item = Source> + '_ {
        self.0.iter().filter(move |(l, _)| *l == listener).map(|(_, source)| *source)
    }
    /// Everybody who hears `source`, in order.
    pub fn audience(&self, source: Source) -> impl Iterator<Item = Listener> + '_ {
        self.0.iter().filter(move |(_, s)| *s == source).map(|(listener, _)| *listener)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConversationId;

    #[test]
    fn nobody_hears_themselves() {
        let leg = LegId::new(ConversationId::from_number(1), 0);
        let mut matrix = HearingMatrix::default();
        matrix.link(Listener::Leg(leg), Source::Leg(leg));
        assert!(!matrix.leg_hears(leg, leg));
    }
}
