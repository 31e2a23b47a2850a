//! Customers: a synthetic carrier whose people call the practice's numbers, talk, and in the end hang up.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use signaling::{Caller, Destination, Dial, Incoming, Phonebook, Transport, Trunk};
use terms::{ConversationId, LegId, PhoneNumber, TrunkId};
use uuid::Uuid;

use super::{
    exchange::{Exchange, Happening, beats},
    practice::TOPICS,
    voice::Voice,
};

/// The carrier has an address of its own, so that its calls are told apart from those of phones.
pub(super) const CARRIER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 0);
/// Customers at one time; with consults and coaching the practice stays at six calls or fewer.
const CUSTOMERS_MAX: usize = 3;
/// Between two callers, and how long one stays at most, in seconds.
const PAUSE_S: std::ops::Range<u64> = 7..13;
const PATIENCE_S: std::ops::Range<u64> = 80..120;
/// How long a called number rings.
const RING_S: u64 = 2;
/// Voices of customers are these; those of staff follow.
pub(super) const VOICES: usize = NAMES.len();
const NAMES: [&str; 8] = [
    "Alma Brook",
    "Casper Dale",
    "Edda Field",
    "Fritz Grove",
    "Greta Hill",
    "Hugo Lake",
    "Ida Marsh",
    "Jonas Reed",
];
/// The server, as the carrier sees it.
const SERVER: TrunkId = TrunkId::from_number(1);

pub(super) struct Customers {
    exchange: Exchange,
    voices: Vec<Arc<[u8]>>,
    dice: StdRng,
    called: usize,
    next_call: u64,
    /// Who is on the wire, and until which beat at most.
    talking: BTreeMap<LegId, u64>,
    /// Numbers that were called from the practice and ring, until which beat.
    ringing: Vec<(u64, Incoming)>,
}

impl Customers {
    pub(super) fn new(exchange: Exchange, seed: u64) -> Self {
        let voices = (0..VOICES).map(|number| Voice::nth(number).mu_law()).collect();
        Self {
            exchange,
            voices,
            dice: StdRng::seed_from_u64(seed),
            called: 0,
            next_call: beats(1),
            talking: BTreeMap::new(),
            ringing: Vec::new(),
        }
    }

    /// Calls until there is no SIP any more.
    pub(super) async fn call(mut self, server: SocketAddr) {
        if self.exchange.signaling().set_phonebook(phonebook(server)).is_err() {
            return;
        }
        loop {
            match self.exchange.next().await {
                Happening::Beat => self.beat(),
                Happening::Incoming(incoming) => {
                    self.exchange.ring(incoming.leg);
                    self.ringing.push((self.exchange.beats + beats(RING_S), *incoming));
                }
                Happening::Ended(leg) => {
                    self.talking.remove(&leg);
                    self.ringing.retain(|(_, incoming)| incoming.leg != leg);
                }
                Happening::Stopped => return,
            }
        }
    }

    fn beat(&mut self) {
        let now = self.exchange.beats;
        let patience = beats(self.dice.random_range(PATIENCE_S));
        while let Some(at) = self.ringing.iter().position(|(until, _)| *until <= now) {
            let (_, incoming) = self.ringing.swap_remove(at);
            let voice = self.voices[at % VOICES].clone();
            if self.exchange.answer(&incoming, voice) {
                self.talking.insert(incoming.leg, now + patience);
            }
        }
        let tired: Vec<LegId> =
            self.talking.iter().filter(|(_, until)| **until <= now).map(|(leg, _)| *leg).collect();
        for leg in tired {
            self.exchange.hang_up(leg);
            self.talking.remove(&leg);
        }
        if now >= self.next_call && self.talking.len() < CUSTOMERS_MAX {
            self.next_call = now + beats(self.dice.random_range(PAUSE_S));
            self.one_more(now + patience);
        }
    }

    fn one_more(&mut self, until: u64) {
        let (topic, who) = (TOPICS[self.called % TOPICS.len()], self.called % NAMES.len());
        self.called += 1;
        let (Ok(number), Ok(from)) =
            (topic.number.parse::<PhoneNumber>(), format!("+155501420{who:02}").parse::<PhoneNumber>())
        else {
            return;
        };
        let leg = LegId::new(ConversationId(Uuid::now_v7()), 0);
        let dial = Dial {
            to: Destination::Number { trunk: SERVER, number },
            from: Caller { number: Some(from), extension: None, display: Some(NAMES[who].to_owned()) },
            body: None,
            auto_answer: false,
            headers: Vec::new(),
        };
        if self.exchange.call(leg, self.voices[who].clone(), dial) {
            self.talking.insert(leg, until);
        }
    }
}

/// The server as a trunk: calls go there, and what it dials is let in.
fn phonebook(server: SocketAddr) -> Phonebook {
    let trunk = Trunk {
        id: SERVER,
        host: server.ip().to_string(),
        port: server.port(),
        transport: Transport::Udp,
        credentials: None,
        register: false,
        allow_from: format!("{}/32", server.ip()).parse().into_iter().collect(),
        max_calls: None,
    };
    Phonebook { trunks: vec![trunk], ..Phonebook::default() }
}
