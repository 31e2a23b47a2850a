//! Browsers on their engine thread: one UDP port for all of them, and the offers and answers their sessions make.
//!
//! All of it happens between ticks.

use std::{
    collections::HashMap,
    net::{SocketAddr, UdpSocket},
};

use str0m::ice::StunMessage;
use terms::{Direction, LegId, Sdp};
use tokio::sync::oneshot;

use crate::{
    MediaError,
    clock::Now,
    codec::{PayloadMap, opus::OpusPair},
    plane::{
        leg::{Leg, LegParts, Tuning},
        worker::Worker,
    },
    sdp,
    session::{
        Wire,
        rtp::{Described, Stream},
        web::{Kit, WebAgreed, WebWire},
    },
};

/// Datagrams taken in at one time; what is more waits in the kernel for the next phase.
const RECEIVE_MAX: usize = 256;
/// Addresses that are remembered; past that they are all learned anew from the next checks.
const ADDRESSES_MAX: usize = 50_000;

/// What the door asks of a browser's leg.
#[derive(Debug)]
pub(crate) struct WebAsk {
    pub(crate) leg: LegId,
    pub(crate) what: WebWhat,
    /// The thread's port, with the first browser that comes to it.
    pub(crate) port: Option<WebPort>,
    pub(crate) silent_ms: u64,
    pub(crate) reply: oneshot::Sender<Result<WebAnswer, MediaError>>,
}

#[derive(Debug)]
pub(crate) enum WebWhat {
    Offer,
    Answer(Sdp),
    Accept(Sdp),
}

#[derive(Debug)]
pub(crate) struct WebAnswer {
    /// Ours, where one was asked for.
    pub(crate) sdp: Option<Sdp>,
    /// What the far end wants.
    pub(crate) direction: Direction,
}

#[derive(Debug)]
pub(crate) struct WebPort {
    pub(crate) socket: UdpSocket,
    pub(crate) kit: Kit,
}

/// The port, and whose packets come from where.
#[derive(Debug)]
pub(crate) struct Browsers {
    port: WebPort,
    by_address: HashMap<SocketAddr, LegId>,
    by_name: HashMap<String, LegId>,
    /// Somebody far away was handed an address of this house only; said once.
    warned: bool,
}

impl Browsers {
    fn new(port: WebPort) -> Self {
        Self { port, by_address: HashMap::new(), by_name: HashMap::new(), warned: false }
    }

    fn forget(&mut self, leg: LegId) {
        self.by_address.retain(|_, known| *known != leg);
        self.by_name.retain(|_, known| *known != leg);
    }

    fn know(&mut self, leg: LegId, name: String) {
        self.by_name.retain(|_, known| *known != leg);
        self.by_name.insert(name, leg);
    }

    fn warn_once(&mut self, offered: &Sdp) {
        let ours = self.port.kit.address.ip();
        let theirs = sdp::web::read(&offered.0);
        if self.warned || sdp::web::is_global(ours) || !theirs.is_ok_and(|theirs| theirs.is_public) {
            return;
        }
        self.warned = true;
        tracing::warn!(
            "a browser from outside was handed an address that only this network knows: \
             set sip.external_address to the public one, or it hears nothing"
        );
        tracing::debug!(media.address = %ours, "the address that was handed out");
    }
}

impl Worker {
    pub(crate) fn ask(&mut self, ask: WebAsk) {
        let WebAsk { leg, what, port, silent_ms, reply } = ask;
        if let Some(port) = port {
            self.browsers.get_or_insert_with(|| Box::new(Browsers::new(port)));
        }
        let answer = self.settle(leg, what, silent_ms);
        // Whoever asked may have gone; the leg is closed by its own command.
        let _ = reply.send(answer);
    }

    fn settle(&mut self, id: LegId, what: WebWhat, silent_ms: u64) -> Result<WebAnswer, MediaError> {
        let mut browsers = self.browsers.take().ok_or(MediaError::UnknownLeg(id))?;
        let settled = self.settle_with(&mut browsers, id, what, silent_ms);
        self.browsers = Some(browsers);
        settled
    }

    fn settle_with(
        &mut self,
        browsers: &mut Browsers,
        id: LegId,
        what: WebWhat,
        silent_ms: u64,
    ) -> Result<WebAnswer, MediaError> {
        let now = self.now();
        let instant = self.clock.instant(now.us);
        if self.leg(id).is_none() {
            if matches!(what, WebWhat::Accept(_)) {
                return Err(MediaError::UnknownLeg(id));
            }
            let wire = WebWire::new(&browsers.port.kit, fresh_stream(), instant)?;
            self.open(Box::new(new_leg(id, wire, silent_ms)));
        }
        let Some(leg) = self.leg(id) else { return Err(MediaError::UnknownLeg(id)) };
        let Wire::Web(wire) = &mut leg.wire else { return Err(MediaError::UnknownLeg(id)) };
        let (sdp, agreed, direction) = match &what {
            WebWhat::Offer => (Some(wire.offer()?), None, Direction::SendRecv),
            WebWhat::Answer(offer) => {
                let (answer, agreed) = wire.answer(&offer.0, instant)?;
                (Some(answer), Some(agreed), sdp::direction_of(&offer.0))
            }
            WebWhat::Accept(answer) => (None, wire.accept(&answer.0, instant)?, sdp::direction_of(&answer.0)),
        };
        browsers.know(id, wire.ice_name());
        wire.turn(instant, now.us, &browsers.port.socket);
        if let WebWhat::Answer(theirs) | WebWhat::Accept(theirs) = &what {
            browsers.warn_once(theirs);
        }
        if let Some(agreed) = agreed {
            self.tune_web(id, agreed, direction)?;
        }
        Ok(WebAnswer { sdp, direction })
    }

    fn tune_web(&mut self, id: LegId, agreed: WebAgreed, direction: Direction) -> Result<(), MediaError> {
        let Some(leg) = self.leg(id) else { return Ok(()) };
        let needs = agreed.payloads.has_opus() && leg.opus.is_none();
        let opus =
            if needs { Some(Box::new(OpusPair::new().map_err(|_| MediaError::NoPort)?)) } else { None };
        let WebAgreed { payloads, send } = agreed;
        let tuning = Tuning { payloads, send: Some(send), direction, described: Described::default() };
        leg.tune(tuning, opus);
        self.with(id, |conversation, bench| conversation.replan(bench));
        Ok(())
    }

    /// Takes in what browsers have sent since the last phase.
    pub(crate) fn hear_browsers(&mut self, now: &Now) {
        let Some(mut browsers) = self.browsers.take() else { return };
        let instant = self.clock.instant(now.us);
        for _ in 0..RECEIVE_MAX {
            let Some(datagram) = self.bench.inbox.receive(&browsers.port.socket) else { break };
            let arrived = now.arrival(datagram.stamp);
            let known = browsers.by_address.get(&datagram.from).copied();
            // A check names the session; anything else comes from where a check came from before.
            let named = leg_named(&self.bench.inbox.bytes[..datagram.len], &browsers.by_name);
            let Some(id) = named.or(known) else { continue };
            let Some(place) = self.places.get(&id.conversation).copied() else { continue };
            let Some(leg) = self.phases[place.phase][place.index].leg(id) else { continue };
            let Wire::Web(wire) = &mut leg.wire else { continue };
            let bytes = &self.bench.inbox.bytes[..datagram.len];
            let ours = wire.take_in(bytes, datagram.from, instant, arrived, &browsers.port.socket);
            if ours && known != Some(id) {
                if browsers.by_address.len() >= ADDRESSES_MAX {
                    browsers.by_address.clear();
                }
                browsers.by_address.insert(datagram.from, id);
            }
        }
        self.browsers = Some(browsers);
    }

    /// Sends what the last tick of these conversations made for browsers, and lets their sessions do what is due.
    pub(crate) fn serve_browsers(&mut self, phase: usize, now: &Now) {
        let Some(browsers) = &self.browsers else { return };
        let instant = self.clock.instant(now.us);
        let legs = self.phases[phase].iter_mut().flat_map(|conversation| conversation.legs_mut());
        for leg in legs {
            if let Wire::Web(wire) = &mut leg.wire {
                wire.turn(instant, now.us, &browsers.port.socket);
            }
        }
    }

    /// A browser's leg is over: its goodbye goes out, and its addresses are free.
    pub(crate) fn let_go(&mut self, leg: &mut Leg) {
        if let (Some(browsers), Wire::Web(wire)) = (&mut self.browsers, &mut leg.wire) {
            wire.flush(&browsers.port.socket);
            browsers.forget(leg.id);
        }
    }

    fn leg(&mut self, id: LegId) -> Option<&mut Leg> {
        let place = self.places.get(&id.conversation)?;
        self.phases[place.phase][place.index].leg(id)
    }
}

/// Whom an ICE check is for (RFC 8445 §7.2.2): the name before the colon.
fn leg_named(bytes: &[u8], names: &HashMap<String, LegId>) -> Option<LegId> {
    // 0 and 1 begin a STUN message (RFC 7983 §7); the rest needs no parsing.
    if bytes.first().is_none_or(|first| *first > 3) {
        return None;
    }
    let message = StunMessage::parse(bytes).ok()?;
    let (ours, _) = message.split_username()?;
    names.get(ours).copied()
}

fn fresh_stream() -> Stream {
    Stream { ssrc: 0, sequence: rand::random(), timestamp: rand::random(), packets: 0, octets: 0, mark: true }
}

fn new_leg(id: LegId, wire: WebWire, silent_ms: u64) -> Leg {
    let tuning = Tuning {
        payloads: PayloadMap::new(),
        send: None,
        direction: Direction::SendRecv,
        described: Described::default(),
    };
    // How long a browser may stay away is the conversation's to say, so there is no time-out here.
    Leg::new(LegParts {
        id,
        wire: Wire::Web(Box::new(wire)),
        tuning,
        opus: None,
        silent_ms,
        timeout_ms: None,
    })
}
