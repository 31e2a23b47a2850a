//! Closes the gap between what a conversation desires and what the world was told, so that a retry, a lost message and a
//! crash are one code path.

use std::collections::BTreeMap;

use terms::{ConversationId, HearingMatrix, LegId};
use voicecall::{Desired, Wire};

use crate::effect::Effect;

/// What a wire was last told, or told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Theirs, and nothing said yet.
    Arrived,
    Alerting,
    Answering,
    Dialing,
    Up,
    Gone,
}

/// The world of one conversation as far as we know it.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) wires: BTreeMap<u32, Told>,
    /// The matrix last sent, and its version.
    hearing: Option<HearingMatrix>,
    version: u64,
    /// A prompt began since: the same matrix again lets it play from its start.
    prompt_begins: bool,
}

/// What a `Wire::Dial` needs beyond the party: found by the dial plan at the time of dialing.
pub(crate) trait Addresses {
    fn dial(&self, leg: u32, wire: &Wire) -> Option<Effect>;
}

impl World {
    /// The effects that bring the world to `desired`; what cannot be dialed is returned to be failed.
    pub(crate) fn close_gap(
        &mut self,
        conversation: ConversationId,
        desired: &Desired,
        addresses: &impl Addresses,
    ) -> (Vec<Effect>, Vec<u32>) {
        let (mut effects, mut unreachable) = (Vec::new(), Vec::new());
        for want in &desired.legs {
            let leg = LegId::new(conversation, want.leg);
            let told = self.wires.get(&want.leg).copied();
            let next = match (&want.wire, told) {
                (Wire::Alert, Some(Told::Arrived)) => {
                    effects.push(Effect::Alert { leg });
                    Told::Alerting
                }
                (Wire::Answer, Some(Told::Arrived | Told::Alerting)) => {
                    effects.push(Effect::Answer { leg });
                    Told::Answering
                }
                (Wire::Dial { .. }, None) => match addresses.dial(want.leg, &want.wire) {
                    Some(effect) => {
                        effects.push(effect);
                        Told::Dialing
                    }
                    None => {
                        unreachable.push(want.leg);
                        Told::Gone
                    }
                },
                (Wire::Up, Some(_)) => Told::Up,
                (Wire::Gone { reason }, Some(told)) if told != Told::Gone => {
                    effects.push(Effect::HangUp { leg, reason: *reason });
                    Told::Gone
                }
                _ => continue,
            };
            self.wires.insert(want.leg, next);
        }
        if std::mem::take(&mut self.prompt_begins) || self.hearing.as_ref() != Some(&desired.hearing) {
            self.version += 1;
            self.hearing = Some(desired.hearing.clone());
            effects.push(Effect::Obey {
                conversation,
                version: self.version,
                matrix: desired.hearing.clone(),
            });
        }
        (effects, unreachable)
    }

    pub(crate) fn prompt_begins(&mut self) {
        self.prompt_begins = true;
    }

    /// A wire that spoke although it should be gone is told again.
    pub(crate) fn remind(&mut self, leg: u32) {
        if self.wires.get(&leg) == Some(&Told::Gone) {
            self.wires.insert(leg, Told::Up);
        }
    }

    pub(crate) fn all_gone(&self) -> bool {
        self.wires.values().all(|told| *told == Told::Gone)
    }
}
