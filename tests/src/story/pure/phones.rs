//! The scripted phones of a pure stage: what each wire is, and what it does when it is told something.

use std::collections::BTreeMap;

use callcontrol::Input;
use callcontrol::effect::{Effect, Endpoint, Refusal};
use terms::{ConversationId, EndReason, HearingMatrix, LegId};
use voicecall::Signal;

use super::{choices::Choices, organization::Cast};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// They called us and wait.
    Waiting,
    /// We ring them.
    Ringing,
    Up,
    Gone,
}

#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub(super) who: String,
    pub(super) phase: Phase,
    /// The SIP status it was refused with.
    pub(super) refused: Option<u16>,
    pub(super) broken: bool,
    pub(super) digits: String,
    /// The leg whose sound it carries, on a phone's second dialog.
    pub(super) adopted: Option<LegId>,
}

impl Wire {
    pub(super) fn new(who: &str, phase: Phase) -> Self {
        let who = who.to_owned();
        Self { who, phase, refused: None, broken: false, digits: String::new(), adopted: None }
    }
}

#[derive(Default)]
pub(super) struct Phones {
    pub(super) wires: BTreeMap<LegId, Wire>,
    /// In the order in which they came to be.
    pub(super) order: Vec<LegId>,
    pub(super) hearing: BTreeMap<ConversationId, (u64, HearingMatrix)>,
    /// The last REFER's answer.
    pub(super) referred: Option<bool>,
}

impl Phones {
    pub(super) fn add(&mut self, leg: LegId, wire: Wire) {
        self.wires.insert(leg, wire);
        self.order.push(leg);
    }

    /// The newest wire of this person in one of these phases.
    pub(super) fn newest(&self, who: &str, phases: &[Phase]) -> Option<LegId> {
        let fits = |leg: &&LegId| {
            self.wires.get(leg).is_some_and(|wire| wire.who == who && phases.contains(&wire.phase))
        };
        self.order.iter().rev().find(fits).copied()
    }

    pub(super) fn is_free(&self, who: &str) -> bool {
        self.newest(who, &[Phase::Waiting, Phase::Ringing, Phase::Up]).is_none()
    }

    /// Does what it is told, and says what the wire then does.
    pub(super) fn obey(&mut self, effect: Effect, cast: &Cast, choices: &mut Choices) -> Vec<Input> {
        match effect {
            Effect::Alert { .. } | Effect::KeepNothing { .. } => Vec::new(),
            Effect::Answer { leg } => self.answered(leg),
            Effect::Refuse { leg, refusal } => {
                let wire = self.wires.get_mut(&leg).unwrap();
                wire.refused = Some(status_of(refusal));
                wire.phase = Phase::Gone;
                Vec::new()
            }
            Effect::Dial { leg, call } => {
                let who = match &call.to {
                    Endpoint::User(user) => cast.name_of_user(*user),
                    Endpoint::Number { number, .. } => cast.name_of_number(Some(number)),
                };
                assert!(!self.wires.contains_key(&leg), "{who} is dialed twice on one wire");
                self.add(leg, Wire::new(&who, Phase::Ringing));
                if call.auto_answer { self.answered(leg) } else { Vec::new() }
            }
            Effect::HangUp { leg, .. } => self.hung_up(leg, choices),
            Effect::Obey { conversation, version, matrix } => {
                let last = self.hearing.insert(conversation, (version, matrix));
                assert!(last.is_none_or(|(last, _)| last < version), "an old matrix came last");
                Vec::new()
            }
            Effect::KeepMessage { leg, most_ms } => {
                vec![Input::MessageKept { conversation: leg.conversation, ms: Some(most_ms) }]
            }
            Effect::DropMessage { .. } => Vec::new(),
            Effect::Digits { leg, digits } => {
                self.wires.get_mut(&leg).unwrap().digits.push_str(&digits);
                Vec::new()
            }
            Effect::AnswerRefer { accepted, .. } => {
                self.referred = Some(accepted);
                Vec::new()
            }
            Effect::Adopt { wire, leg } => {
                let wire = self.wires.get_mut(&wire).unwrap();
                wire.adopted = Some(leg);
                wire.phase = Phase::Up;
                Vec::new()
            }
        }
    }

    pub(super) fn answered(&mut self, leg: LegId) -> Vec<Input> {
        let wire = self.wires.get_mut(&leg).unwrap();
        wire.phase = Phase::Up;
        vec![signal(leg, Signal::LegAnswered { leg: leg.ordinal })]
    }

    /// The last word of a wire may cross ours: it has just been answered, or its own goodbye is on the way.
    fn hung_up(&mut self, leg: LegId, choices: &mut Choices) -> Vec<Input> {
        let Some(wire) = self.wires.get_mut(&leg) else { return Vec::new() };
        let was = wire.phase;
        wire.phase = Phase::Gone;
        let seconds: Vec<LegId> =
            self.wires.iter().filter(|(_, wire)| wire.adopted == Some(leg)).map(|(leg, _)| *leg).collect();
        for second in seconds {
            self.wires.get_mut(&second).unwrap().phase = Phase::Gone;
        }
        match was {
            Phase::Ringing if choices.choose(2) == 1 => self.answered(leg),
            Phase::Up if choices.choose(2) == 1 => {
                let reason = EndReason::RemoteHangup;
                vec![signal(leg, Signal::LegEnded { leg: leg.ordinal, reason })]
            }
            Phase::Waiting | Phase::Ringing | Phase::Up | Phase::Gone => Vec::new(),
        }
    }
}

pub(super) fn signal(leg: LegId, signal: Signal) -> Input {
    Input::Signal { leg, signal }
}

fn status_of(refusal: Refusal) -> u16 {
    match refusal {
        Refusal::NotFound => 404,
        Refusal::Forbidden => 403,
        Refusal::Busy => 486,
        Refusal::Unavailable => 480,
        Refusal::Overloaded { .. } => 503,
    }
}
