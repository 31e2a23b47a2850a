//! Who hears whom: a pure function of the conversation.
//!
//! Everybody in a room hears everybody else in it who is not muted. A supervisor listens to the room in which the
//! coached agent stands; monitor adds nothing, whisper adds one ear (the agent's), barge makes the supervisor one of the
//! room. A held party hears hold music and reaches nobody. Whoever would stand alone and must not hear silence gets
//! music, a prompt or a tone. The recorder is one more ear in the main room, open while people talk there: a whisper is
//! not recorded at all, a barging supervisor goes to a channel of their own.

use terms::{Channel, HearingMatrix, Listener, MusicId, Source, Tone};

use crate::{
    conversation::{Coaching, ConsultPhase, Conversation},
    desired::Recording,
    leg::Leg,
    record::CoachingMode,
    room::Stand,
};

pub(crate) fn hearing(c: &Conversation) -> HearingMatrix {
    let mut matrix = HearingMatrix::default();
    if c.is_ended() {
        return matrix;
    }
    for stand in [Stand::Main, Stand::Private, Stand::Apart] {
        Room::of(c, stand).fill(&mut matrix);
    }
    for (ordinal, leg) in c.numbered() {
        if leg.is_up() && c.stand(ordinal) == Stand::Held {
            matrix.link(listener(c, ordinal), Source::HoldMusic(MusicId::HOLD));
        }
    }
    matrix
}

fn listener(c: &Conversation, leg: u32) -> Listener {
    Listener::Leg(c.leg_id(leg))
}

fn source(c: &Conversation, leg: u32) -> Source {
    Source::Leg(c.leg_id(leg))
}

struct Room<'a> {
    c: &'a Conversation,
    stand: Stand,
    people: Vec<u32>,
    coaches: Vec<Coaching>,
}

impl<'a> Room<'a> {
    fn of(c: &'a Conversation, stand: Stand) -> Self {
        let there = c.numbered().filter(|(ordinal, leg)| leg.is_up() && c.stand(*ordinal) == stand);
        let people = there.map(|(ordinal, _)| ordinal).collect();
        let listening = |coaching: &&Coaching| {
            c.leg(coaching.leg).is_some_and(Leg::is_up) && c.stand(coaching.agent_leg) == stand
        };
        Self { c, stand, people, coaches: c.coaching.iter().filter(listening).copied().collect() }
    }

    fn fill(&self, matrix: &mut HearingMatrix) {
        let early = self.early();
        for &ear in &self.people {
            self.speakers()
                .chain(early)
                .for_each(|mouth| matrix.link(listener(self.c, ear), source(self.c, mouth)));
            if self.is_alone(ear)
                && early.is_none()
                && let Some(treatment) = self.treatment(ear)
            {
                matrix.link(listener(self.c, ear), treatment);
            }
        }
        for coaching in &self.coaches {
            let ear = listener(self.c, coaching.leg);
            self.speakers().chain(early).for_each(|mouth| matrix.link(ear, source(self.c, mouth)));
            if coaching.mode == CoachingMode::Whisper
                && self.people.contains(&coaching.agent_leg)
                && !self.is_muted(coaching.leg)
            {
                matrix.link(listener(self.c, coaching.agent_leg), source(self.c, coaching.leg));
            }
        }
        if self.stand == Stand::Main {
            self.record(matrix);
            self.take_message(matrix);
        }
    }

    /// Everybody whose voice fills the room.
    fn speakers(&self) -> impl Iterator<Item = u32> {
        self.people.iter().copied().chain(self.barging()).filter(|leg| !self.is_muted(*leg))
    }
    fn barging(&self) -> impl Iterator<Item = u32> {
        let barge = |coaching: &&Coaching| coaching.mode == CoachingMode::Barge;
        self.coaches.iter().filter(barge).map(|coaching| coaching.leg)
    }
    fn is_muted(&self, leg: u32) -> bool {
        self.c.leg(leg).is_some_and(|leg| leg.muted_by.is_some())
    }
    fn is_alone(&self, leg: u32) -> bool {
        self.people.iter().all(|other| *other == leg) && self.barging().next().is_none()
    }

    /// What somebody alone hears; None is silence, which only staff ever gets (the customer is on hold, say).
    fn treatment(&self, leg: u32) -> Option<Source> {
        let c = self.c;
        if self.stand == Stand::Apart {
            let waiting = c.consult.is_some_and(|consult| consult.phase == ConsultPhase::Waiting);
            return Some(if waiting {
                Source::QueueMusic(MusicId::QUEUE)
            } else {
                Source::Tone(Tone::Ringback)
            });
        }
        let outside = c.leg(leg).is_some_and(Leg::is_outside);
        match c.prompt {
            _ if self.stand != Stand::Main => outside.then_some(Source::HoldMusic(MusicId::HOLD)),
            // The tone after which one speaks; it sounds once.
            None if c.message.is_some() => Some(Source::Tone(Tone::Beep)),
            Some(prompt) => Some(Source::Prompt(prompt)),
            None if c.waits_for_agent() => Some(Source::QueueMusic(MusicId::QUEUE)),
            None if c.parked.is_some() => Some(Source::HoldMusic(MusicId::HOLD)),
            None if c.handover.is_some() || c.dialing() => Some(Source::Tone(Tone::Ringback)),
            None if outside && c.is_waiting() => Some(Source::QueueMusic(MusicId::QUEUE)),
            None if outside => Some(Source::HoldMusic(MusicId::HOLD)),
            None => None,
        }
    }

    /// The wire that rings for whoever waits here alone, where its trunk speaks instead of our ringback.
    fn early(&self) -> Option<u32> {
        let [waits] = self.people[..] else { return None };
        let rings = self.treatment(waits) == Some(Source::Tone(Tone::Ringback));
        let consulted = self.c.consult.and_then(|consult| consult.leg);
        let for_here = |leg: u32| (consulted == Some(leg)) == (self.stand == Stand::Apart);
        let mut early = self.c.numbered().filter(|(ordinal, leg)| leg.is_early() && for_here(*ordinal));
        early.next().map(|(ordinal, _)| ordinal).filter(|_| rings)
    }

    /// A message is one more ear, for who stands here alone.
    fn take_message(&self, matrix: &mut HearingMatrix) {
        if let ([caller], true) = (&self.people[..], self.c.message.is_some()) {
            matrix.link(Listener::Recorder(Channel::Message), source(self.c, *caller));
        }
    }

    fn record(&self, matrix: &mut HearingMatrix) {
        if self.c.recording() != Recording::On || self.people.len() + self.barging().count() < 2 {
            return;
        }
        for &mouth in self.people.iter().filter(|leg| !self.is_muted(**leg)) {
            let outside = self.c.leg(mouth).is_some_and(Leg::is_outside);
            let channel = if outside { Channel::Customer } else { Channel::Staff };
            matrix.link(Listener::Recorder(channel), source(self.c, mouth));
        }
        for mouth in self.barging().filter(|leg| !self.is_muted(*leg)) {
            matrix.link(Listener::Recorder(Channel::Coach), source(self.c, mouth));
        }
    }
}
