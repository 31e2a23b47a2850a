//! Desk phones of the practice: they register, ring a moment, answer, and say in whose call they are.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use signaling::{Credentials, Incoming, Phonebook, Transport, Trunk};
use terms::{ConversationId, LegId, TrunkId};
use tokio::sync::watch;

use super::{
    customers,
    exchange::{Exchange, Happening},
    people::{PASSWORD, PEOPLE},
    voice::Voice,
};

/// How long an agent's phone rings, in beats; a supervisor's answers at once.
const AGENT_RINGS: u64 = 70;
const SUPERVISOR_RINGS: u64 = 5;
/// Names the conversation a phone is rung for.
const CONVERSATION: &str = "X-Conversation";

/// The conversation a phone is off the hook for.
pub(super) type OffHook = watch::Receiver<Option<ConversationId>>;

pub(super) struct Phones {
    exchange: Exchange,
    desks: BTreeMap<&'static str, Desk>,
    /// Until which beat each phone rings.
    ringing: Vec<(u64, Incoming)>,
    up: BTreeMap<LegId, &'static str>,
}

struct Desk {
    voice: Arc<[u8]>,
    rings: u64,
    off_hook: watch::Sender<Option<ConversationId>>,
}

impl Phones {
    pub(super) fn new(exchange: Exchange) -> Self {
        let desks = PEOPLE.iter().enumerate().filter(|(_, person)| person.has_practice_phone());
        let desk = |(number, person): (usize, &super::people::Person)| {
            let rings = if person.is_supervisor() { SUPERVISOR_RINGS } else { AGENT_RINGS };
            let voice = Voice::nth(customers::VOICES + number).mu_law();
            (person.username, Desk { voice, rings, off_hook: watch::Sender::new(None) })
        };
        Self { exchange, desks: desks.map(desk).collect(), ringing: Vec::new(), up: BTreeMap::new() }
    }

    pub(super) fn watch(&self, username: &str) -> Option<OffHook> {
        self.desks.get(username).map(|desk| desk.off_hook.subscribe())
    }

    /// Serves until there is no SIP any more.
    pub(super) async fn serve(mut self, server: SocketAddr) {
        if self.exchange.signaling().set_phonebook(phonebook(server)).is_err() {
            return;
        }
        loop {
            match self.exchange.next().await {
                Happening::Beat => self.beat(),
                Happening::Incoming(incoming) => self.rung(*incoming),
                Happening::Ended(leg) => self.ended(leg),
                Happening::Stopped => return,
            }
        }
    }

    fn rung(&mut self, incoming: Incoming) {
        match self.desks.get(incoming.to.as_str()) {
            Some(desk) if desk.off_hook.borrow().is_none() => {
                self.exchange.ring(incoming.leg);
                self.ringing.push((self.exchange.beats + desk.rings, incoming));
            }
            Some(_) | None => self.exchange.refuse(incoming.leg),
        }
    }

    fn beat(&mut self) {
        let now = self.exchange.beats;
        while let Some(at) = self.ringing.iter().position(|(until, _)| *until <= now) {
            let (_, incoming) = self.ringing.swap_remove(at);
            self.answer(&incoming);
        }
    }

    fn answer(&mut self, incoming: &Incoming) {
        let Some((username, desk)) = self.desks.get_key_value(incoming.to.as_str()) else { return };
        if !self.exchange.answer(incoming, desk.voice.clone()) {
            return;
        }
        let told = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case(CONVERSATION)
                .then(|| value.trim().parse::<ConversationId>().ok())
                .flatten()
        };
        desk.off_hook.send_replace(incoming.headers.iter().find_map(told));
        self.up.insert(incoming.leg, username);
    }

    fn ended(&mut self, leg: LegId) {
        self.ringing.retain(|(_, incoming)| incoming.leg != leg);
        let username = self.up.remove(&leg);
        if let Some(desk) = username.and_then(|username| self.desks.get(username)) {
            desk.off_hook.send_replace(None);
        }
    }
}

/// To the server every phone is an account; to the phone the server is a line it registers at.
fn phonebook(server: SocketAddr) -> Phonebook {
    let line = |(number, person): (u128, &super::people::Person)| Trunk {
        id: TrunkId::from_number(number),
        host: server.ip().to_string(),
        port: server.port(),
        transport: Transport::Udp,
        credentials: Some(Credentials {
            username: person.username.to_owned(),
            password: PASSWORD.to_owned(),
        }),
        register: true,
        allow_from: Vec::new(),
        max_calls: None,
    };
    let phones = (1..).zip(PEOPLE).filter(|(_, person)| person.has_practice_phone());
    Phonebook { trunks: phones.map(line).collect(), ..Phonebook::default() }
}
