//! What the door remembers of each leg between an offer and its answer: port, numbers, what was agreed.

use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, SocketAddr},
};

use terms::{Direction, LegId, Sdp};

use crate::{
    Answer, Config, MediaError,
    codec::{Codec, opus::OpusPair},
    plane::{Command, Leg, LegParts, SendAs, Tuning, WebPort},
    port::Ports,
    sdp::{self, Agreed, Description, Numbers, Origin},
    session::{
        Wire,
        rtp::{Described, RtpWire, Stream},
        web::Kit,
    },
};

/// One leg's side of offer and answer.
#[derive(Debug)]
struct Entry {
    origin: Origin,
    numbers: Numbers,
    agreed: Option<Codec>,
    /// An offer of ours was made, so that an answer can be accepted.
    offered: bool,
    has_opus: bool,
}

#[derive(Debug)]
pub(crate) struct Desk {
    config: Config,
    address: IpAddr,
    ports: Ports,
    entries: HashMap<LegId, Entry>,
    /// Legs of browsers: their thread remembers the rest.
    browsers: BTreeSet<LegId>,
    /// Threads whose browsers have their port already.
    browser_ports: BTreeSet<usize>,
    kit: Option<Kit>,
}

impl Desk {
    pub(crate) fn new(config: Config) -> Result<Self, MediaError> {
        let address = config.advertise.unwrap_or(config.bind);
        if address.is_unspecified() {
            return Err(MediaError::Start(
                "bind is every address: say in `advertise` which one to write".into(),
            ));
        }
        let ports = Ports::new(config.bind, config.port_range);
        Ok(Self {
            config,
            address,
            ports,
            entries: HashMap::new(),
            browsers: BTreeSet::new(),
            browser_ports: BTreeSet::new(),
            kit: None,
        })
    }

    pub(crate) fn offer(&mut self, id: LegId) -> Result<(Sdp, Option<Command>), MediaError> {
        let mut command = None;
        if !self.entries.contains_key(&id) {
            let numbers = Numbers::default();
            let tuning = Tuning {
                payloads: sdp::offered_payloads(&numbers),
                send: None,
                direction: Direction::SendRecv,
                described: Described::default(),
            };
            command = Some(self.open(id, numbers, tuning, None)?);
        }
        let entry = self.entries.get_mut(&id).ok_or(MediaError::UnknownLeg(id))?;
        entry.offered = true;
        entry.origin.version += 1;
        Ok((sdp::write_offer(&entry.origin, &entry.numbers, entry.agreed), command))
    }

    pub(crate) fn answer(&mut self, id: LegId, offer: &Sdp) -> Result<(Answer, Command), MediaError> {
        let theirs = sdp::read(&offer.0)?;
        let keep = self.entries.get(&id).and_then(|entry| entry.agreed);
        let agreed = sdp::agree(&theirs, keep)?;
        let command = match self.entries.contains_key(&id) {
            true => self.tune(id, &agreed, false)?,
            false => {
                let numbers = Numbers::default();
                let opus = opus_for(&agreed)?;
                let has_opus = opus.is_some();
                let command = self.open(id, numbers, tuning(&agreed), opus)?;
                self.note(id, &agreed, has_opus);
                command
            }
        };
        let answer = self.describe(id, &theirs, &agreed)?;
        Ok((answer, command))
    }

    fn describe(&mut self, id: LegId, theirs: &Description, agreed: &Agreed) -> Result<Answer, MediaError> {
        let entry = self.entries.get_mut(&id).ok_or(MediaError::UnknownLeg(id))?;
        entry.origin.version += 1;
        entry.numbers.learn(agreed);
        let sdp = sdp::write_answer(&entry.origin, theirs, agreed);
        Ok(Answer { sdp, direction: agreed.direction })
    }

    pub(crate) fn accept(&mut self, id: LegId, answer: &Sdp) -> Result<(Direction, Command), MediaError> {
        if !self.entries.get(&id).is_some_and(|entry| entry.offered) {
            return Err(MediaError::UnknownLeg(id));
        }
        let theirs = sdp::read(&answer.0)?;
        let agreed = sdp::agree(&theirs, None)?;
        let command = self.tune(id, &agreed, true)?;
        Ok((agreed.direction, command))
    }

    /// Takes another agreement over to a leg that is open. With an offer of ours, its numbers stay good for hearing.
    fn tune(&mut self, id: LegId, agreed: &Agreed, ours: bool) -> Result<Command, MediaError> {
        let entry = self.entries.get(&id).ok_or(MediaError::UnknownLeg(id))?;
        let opus = if entry.has_opus { None } else { opus_for(agreed)? };
        let has_opus = entry.has_opus || opus.is_some();
        let mut tuning = tuning(agreed);
        if ours {
            let mut payloads = sdp::offered_payloads(&entry.numbers);
            payloads.merge(&tuning.payloads);
            tuning.payloads = payloads;
        }
        self.note(id, agreed, has_opus);
        Ok(Command::Tune { leg: id, tuning: Box::new(tuning), opus })
    }

    fn note(&mut self, id: LegId, agreed: &Agreed, has_opus: bool) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.agreed = Some(agreed.codec);
            entry.has_opus = has_opus;
        }
    }

    fn open(
        &mut self,
        id: LegId,
        numbers: Numbers,
        tuning: Tuning,
        opus: Option<Box<OpusPair>>,
    ) -> Result<Command, MediaError> {
        let pair = self.ports.take()?;
        let origin = Origin {
            id: u64::from(rand::random::<u32>()),
            version: 0,
            address: self.address,
            port: pair.port,
        };
        let entry = Entry { origin, numbers, agreed: None, offered: false, has_opus: opus.is_some() };
        self.entries.insert(id, entry);
        // Random starts, so that nobody can guess a stream (RFC 3550 §5.1).
        let stream = Stream {
            ssrc: rand::random(),
            sequence: rand::random(),
            timestamp: rand::random(),
            packets: 0,
            octets: 0,
            mark: true,
        };
        let (silent_ms, timeout_ms) = (self.config.silent_ms, Some(self.config.timeout_ms));
        let wire = Wire::Plain(RtpWire::new(pair, stream, silent_ms));
        let leg = Leg::new(LegParts { id, wire, tuning, opus, silent_ms, timeout_ms });
        Ok(Command::Open(Box::new(leg)))
    }

    pub(crate) fn silent_ms(&self) -> u64 {
        self.config.silent_ms
    }

    pub(crate) fn is_browser(&self, id: LegId) -> bool {
        self.browsers.contains(&id)
    }

    /// A leg is a browser's from now on; its thread's port comes back where it has none yet.
    pub(crate) fn open_browser(&mut self, id: LegId, thread: usize) -> Result<Option<WebPort>, MediaError> {
        if self.entries.contains_key(&id) {
            // A wire of plain RTP stays one.
            return Err(MediaError::NoCommonCodec);
        }
        let port = if self.browser_ports.contains(&thread) { None } else { Some(self.browser_port()?) };
        self.browser_ports.insert(thread);
        self.browsers.insert(id);
        Ok(port)
    }

    /// One port of the range for all browsers of a thread, taken for good with the first of them.
    fn browser_port(&mut self) -> Result<WebPort, MediaError> {
        let pair = self.ports.take()?;
        let address = SocketAddr::new(self.address, pair.port);
        let kit = match &self.kit {
            Some(kit) => kit.at(address),
            None => Kit::new(address)?,
        };
        self.kit = Some(kit.clone());
        Ok(WebPort { socket: pair.rtp, kit })
    }

    /// A description as it goes out: behind NAT with the address of this house beside the public one.
    pub(crate) fn with_own_address(&self, sdp: Sdp) -> Sdp {
        let inside = self.config.bind;
        if inside == self.address || inside.is_unspecified() {
            return sdp;
        }
        Sdp(sdp::web::with_candidate(&sdp.0, inside))
    }

    /// Forgets a leg; false when there was none.
    pub(crate) fn close(&mut self, id: LegId) -> bool {
        if self.browsers.remove(&id) {
            return true;
        }
        let Some(entry) = self.entries.remove(&id) else { return false };
        self.ports.give_back(entry.origin.port);
        true
    }
}

fn tuning(agreed: &Agreed) -> Tuning {
    Tuning {
        payloads: agreed.payloads.clone(),
        send: Some(SendAs { codec: agreed.codec, number: agreed.number, events: agreed.events }),
        direction: agreed.direction,
        described: agreed.described,
    }
}

/// Opus state is large: it is made only where they may send it.
fn opus_for(agreed: &Agreed) -> Result<Option<Box<OpusPair>>, MediaError> {
    if !agreed.payloads.has_opus() {
        return Ok(None);
    }
    // The library refuses only when memory is out: then this call cannot be taken.
    OpusPair::new().map(|pair| Some(Box::new(pair))).map_err(|_| MediaError::NoPort)
}
