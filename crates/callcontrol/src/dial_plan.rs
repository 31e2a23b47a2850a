//! Dial plan: what a dialed text means here, and how a party is reached.

use std::collections::BTreeMap;

use terms::{LegId, PhoneNumber, TrunkId};
use voicecall::{CallType, Conversation, Opening, Party, Wire};

use crate::{
    effect::{DialOut, Effect, Endpoint},
    organization::{Destination, Organization},
    reconcile::Addresses,
};

/// The calls that each trunk carries, in both directions.
pub(crate) type Lines = BTreeMap<TrunkId, u32>;

/// Digits up to this length are an extension, longer ones a public number.
const EXTENSION_DIGITS_MAX: usize = 6;

impl Organization {
    /// What a phone dialed: an emergency number, an extension, or a public number as people type it.
    pub fn destination_of(&self, dialed: &str) -> Option<Destination> {
        if self.is_emergency(dialed) {
            let number = format!("+{}", dialed.trim().trim_start_matches('+'));
            return number.parse().ok().map(Destination::Emergency);
        }
        if dialed.len() <= EXTENSION_DIGITS_MAX && dialed.bytes().all(|b| b.is_ascii_digit()) {
            return self.destination_of_extension(dialed);
        }
        PhoneNumber::normalise(dialed).ok().map(Destination::Number)
    }

    /// The configured number that a trunk's call is for; providers leave out the plus sign, or write 00.
    pub fn number_dialed(&self, dialed: &str) -> Option<(&PhoneNumber, &crate::organization::Number)> {
        let number =
            PhoneNumber::normalise(dialed).or_else(|_| PhoneNumber::normalise(&format!("+{dialed}"))).ok()?;
        self.numbers.get_key_value(&number)
    }

    /// The trunk that carries a call to this number: the first one configured that has a line free. A call for help is
    /// never kept waiting for one.
    pub(crate) fn trunk_to(&self, number: &PhoneNumber, lines: &Lines) -> Option<TrunkId> {
        let free = |(id, trunk): &(&TrunkId, &signaling::Trunk)| {
            trunk.max_calls.is_none_or(|most| lines.get(*id).copied().unwrap_or(0) < most)
        };
        let trunk = self.trunks.iter().find(free).map(|(id, _)| *id);
        trunk.or_else(|| self.trunks.keys().next().copied().filter(|_| self.is_emergency(number.as_str())))
    }
}

/// Everything that dialing one leg needs to know.
pub(crate) struct DialPlan<'a> {
    pub(crate) organization: &'a Organization,
    pub(crate) conversation: &'a Conversation,
    pub(crate) opening: &'a Opening,
    pub(crate) display: Option<&'a str>,
    pub(crate) lines: &'a Lines,
}

impl DialPlan<'_> {
    /// Who the rung person sees: the customer where there is one, else the colleague.
    fn caller(&self, leg: u32) -> signaling::Caller {
        let record = self
            .conversation
            .legs()
            .get(leg as usize)
            .and_then(|l| self.conversation.calls().get(l.call as usize));
        // Whoever is rung for a callback sees the customer.
        let record = record.filter(|_| self.opening.callback.is_none());
        let from = record.map_or(&self.opening.first, |record| &record.from);
        match from {
            Party::Number(number) => {
                let display = self.display.map(str::to_owned);
                signaling::Caller { number: number.clone(), extension: None, display }
            }
            Party::User(user) => {
                let row = self.organization.users.get(user);
                signaling::Caller {
                    number: None,
                    extension: row.and_then(|row| row.extension.as_ref()).map(|e| e.as_str().to_owned()),
                    display: row.map(|row| row.display_name.clone()),
                }
            }
        }
    }

    /// The number shown to the public network: the queue's, else the one that was dialed.
    fn public_caller(&self) -> signaling::Caller {
        let of_queue = self
            .conversation
            .queue()
            .and_then(|queue| self.organization.queues.get(&queue))
            .and_then(|queue| queue.caller_id.clone());
        let dialed = match self.opening.call_type {
            CallType::Inbound => self.opening.dialed.clone(),
            // The customer is called back from the number that they had called.
            CallType::Outbound if self.opening.callback.is_some() => self.opening.dialed.clone(),
            CallType::Outbound | CallType::Internal => None,
        };
        let first = || self.organization.numbers.keys().next().cloned();
        signaling::Caller { number: of_queue.or(dialed).or_else(first), extension: None, display: None }
    }
}

impl Addresses for DialPlan<'_> {
    fn dial(&self, leg: u32, wire: &Wire) -> Option<Effect> {
        let Wire::Dial { to, auto_answer } = wire else { return None };
        let call = match to {
            Party::User(user) => DialOut {
                to: Endpoint::User(*user),
                from: self.caller(leg),
                auto_answer: *auto_answer,
                headers: vec![("X-Conversation".to_owned(), self.opening.id.to_string())],
            },
            Party::Number(Some(number)) => DialOut {
                to: Endpoint::Number {
                    trunk: self.organization.trunk_to(number, self.lines)?,
                    number: number.clone(),
                },
                from: self.public_caller(),
                auto_answer: false,
                headers: Vec::new(),
            },
            Party::Number(None) => return None,
        };
        Some(Effect::Dial { leg: LegId::new(self.opening.id, leg), call })
    }
}
