//! Many phones on two sockets: the desks of the staff on one, the public network on the other. Signaling only; what is
//! said about sound leads nowhere.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::net::UdpSocket;

use super::wire::{State, Who, Wire};
use crate::stage::{
    Result, clock,
    phone::{
        digest::{Algorithm, Challenge},
        message::{Message, user_of},
    },
};

/// Another address of loopback, so that a trunk is told from a desk phone.
const NETWORK: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
/// Twice what the standard gives an unanswered request: the machine may be busy with other things.
const GIVE_UP: Duration = Duration::from_secs(64);
const REGISTER_SECONDS: u32 = 3_600;

/// What a phone saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Registered(usize),
    Refused {
        member: usize,
        status: u16,
    },
    Rings(String),
    /// The far end rings, or plays something.
    Progress(String),
    Up(String),
    /// The server gave the call up before our answer reached it.
    Withdrawn(String),
    /// Zero: goodbye after an answer; else the status of the refusal.
    Ended {
        call: String,
        status: u16,
    },
    /// A request of ours that nobody ever answered.
    Unanswered(String),
}

/// Something that is said again until it is heard.
struct Said {
    octets: Vec<u8>,
    staff: bool,
    gap: Duration,
    next: Instant,
    end: Instant,
    what: String,
}

struct Member {
    user: String,
    password: String,
    cseq: u32,
}

pub(super) struct Bank {
    staff: UdpSocket,
    network: UdpSocket,
    server: SocketAddr,
    members: Vec<Member>,
    by_user: BTreeMap<String, usize>,
    pub wires: BTreeMap<String, Wire>,
    saying: BTreeMap<String, Said>,
    due: BTreeSet<(Instant, String)>,
    seen: VecDeque<Seen>,
    tokens: u64,
}

pub(super) enum Datagram {
    Staff(Vec<u8>),
    Network(Vec<u8>),
}

impl Bank {
    pub(super) async fn open(server: SocketAddr) -> Result<Bank> {
        Ok(Bank {
            staff: UdpSocket::bind((server.ip(), 0)).await?,
            network: UdpSocket::bind((NETWORK, 0)).await?,
            server,
            members: Vec::new(),
            by_user: BTreeMap::new(),
            wires: BTreeMap::new(),
            saying: BTreeMap::new(),
            due: BTreeSet::new(),
            seen: VecDeque::new(),
            tokens: rand::random::<u32>().into(),
        })
    }

    pub(super) fn network(&self) -> Result<SocketAddr> {
        Ok(self.network.local_addr()?)
    }

    pub(super) async fn receive(&self) -> Result<Datagram> {
        let (mut desk, mut trunk) = (vec![0; 8_192], vec![0; 8_192]);
        let (length, is_staff) = tokio::select! {
            got = self.staff.recv_from(&mut desk) => (got?.0, true),
            got = self.network.recv_from(&mut trunk) => (got?.0, false),
        };
        let mut octets = if is_staff { desk } else { trunk };
        octets.truncate(length);
        Ok(if is_staff { Datagram::Staff(octets) } else { Datagram::Network(octets) })
    }

    pub(super) fn seen(&mut self) -> Option<Seen> {
        self.seen.pop_front()
    }
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Says again what is due.
    pub(super) fn turn(&mut self, now: Instant) {
        while let Some((at, key)) = self.due.first().cloned().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, key.clone()));
            let Some(said) = self.saying.get_mut(&key).filter(|said| said.next == at) else { continue };
            if now >= said.end {
                let what = said.what.clone();
                self.saying.remove(&key);
                self.seen.push_back(Seen::Unanswered(what));
                continue;
            }
            said.gap = (said.gap * 2).min(T2);
            said.next = now + said.gap;
            let (octets, staff, next) = (said.octets.clone(), said.staff, said.next);
            self.due.insert((next, key));
            self.send(&octets, staff);
        }
    }

    fn send(&self, octets: &[u8], staff: bool) {
        let socket = if staff { &self.staff } else { &self.network };
        // A datagram that cannot be sent is a lost one, and is said again.
        let _ = socket.try_send_to(octets, self.server);
    }

    fn say_until_heard(&mut self, key: String, message: &Message, staff: bool, what: String) {
        let (octets, now) = (message.write(), clock::now());
        self.send(&octets, staff);
        self.due.insert((now + T1, key.clone()));
        self.saying.insert(key, Said { octets, staff, gap: T1, next: now + T1, end: now + GIVE_UP, what });
    }
    fn heard(&mut self, key: &str) -> bool {
        self.saying.remove(key).is_some()
    }

    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("{:x}", self.tokens)
    }
    fn local(&self, staff: bool) -> SocketAddr {
        let socket = if staff { &self.staff } else { &self.network };
        socket.local_addr().unwrap_or(self.server)
    }

    /// Puts Via and Contact on a request of ours and says it until it is answered.
    fn request(&mut self, mut message: Message, user: &str, staff: bool) {
        let branch = format!("z9hG4bK{}", self.token());
        let local = self.local(staff);
        message.headers.insert(0, ("Via".into(), format!("SIP/2.0/UDP {local};branch={branch};rport")));
        let message = message.with("Contact", format!("<sip:{user}@{local}>")).with("Max-Forwards", "70");
        let what = format!("{} of {user}", message.method());
        if message.method() == "INVITE"
            && let Some(wire) = self.wires.get_mut(message.call_id())
        {
            wire.invite = message.clone();
        }
        self.say_until_heard(branch, &message, staff, what);
    }

    // Desks.

    pub(super) fn join(&mut self, user: &str, password: &str) -> usize {
        let index = self.members.len();
        self.members.push(Member { user: user.into(), password: password.into(), cseq: 0 });
        self.by_user.insert(user.into(), index);
        index
    }

    pub(super) fn register(&mut self, member: usize) {
        self.register_with(member, None);
    }

    fn register_with(&mut self, index: usize, challenge: Option<&Challenge>) {
        let server = self.server;
        let member = &mut self.members[index];
        member.cseq += 1;
        let (user, uri) = (member.user.clone(), format!("sip:{server}"));
        let mut message = Message::request("REGISTER", &uri)
            .with("From", format!("<sip:{user}@{server}>;tag=r{index}"))
            .with("To", format!("<sip:{user}@{server}>"))
            .with("Call-ID", format!("register-{index}"))
            .with("CSeq", format!("{} REGISTER", member.cseq))
            .with("Expires", REGISTER_SECONDS.to_string());
        if let Some(challenge) = challenge {
            let proof = challenge.answer(&user, &member.password, "REGISTER", &uri, 1, "crowd");
            message = message.with("Authorization", proof);
        }
        self.request(message, &user, true);
    }

    fn registered(&mut self, answer: &Message) {
        let index = answer.call_id().strip_prefix("register-").and_then(|text| text.parse::<usize>().ok());
        let Some(index) = index.filter(|index| *index < self.members.len()) else { return };
        match answer.status() {
            401 if answer.cseq().0 == 1 => {
                match Challenge::choose(answer.all("WWW-Authenticate"), Algorithm::Md5) {
                    Some(challenge) => self.register_with(index, Some(&challenge)),
                    None => self.seen.push_back(Seen::Refused { member: index, status: 401 }),
                }
            }
            200..300 => self.seen.push_back(Seen::Registered(index)),
            status => self.seen.push_back(Seen::Refused { member: index, status }),
        }
    }

    // What people do.

    /// A customer dials; the call's name.
    pub(super) fn dial(&mut self, customer: usize, number: &str) -> String {
        let (call, tag) = (format!("c{}", self.token()), self.token());
        let (server, local) = (self.server, self.local(false));
        let user = format!("+1555{:07}", customer % 10_000_000);
        let from = format!("<sip:{user}@{local}>;tag={tag}");
        let uri = format!("sip:{number}@{server}");
        let wire = Wire::of_customer(customer, &call, from.clone(), format!("<{uri}>"), uri.clone());
        self.wires.insert(call.clone(), wire);
        let invite = Message::request("INVITE", &uri)
            .with("From", from)
            .with("To", format!("<{uri}>"))
            .with("Call-ID", call.clone())
            .with("CSeq", "1 INVITE")
            .with_sdp(description(local));
        self.request(invite, &user, false);
        call
    }

    /// Whoever it is puts the receiver down, in whatever way the call's state asks for.
    pub(super) fn hang_up(&mut self, call: &str) {
        let Some(wire) = self.wires.get_mut(call) else { return };
        match (wire.state, wire.who) {
            (State::Ringing, Who::Customer(_)) => {
                wire.leaves = true;
                let mut cancel = Message::request("CANCEL", wire.invite.uri());
                for name in ["Via", "From", "To", "Call-ID", "Max-Forwards"] {
                    cancel = cancel.with(name, wire.invite.header(name).unwrap_or_default());
                }
                let cancel = cancel.with("CSeq", "1 CANCEL");
                let key = format!("{} CANCEL", cancel.branch());
                self.say_until_heard(key, &cancel, false, format!("CANCEL of {call}"));
            }
            (State::Dialing, Who::Customer(_)) => wire.leaves = true,
            (State::Ringing | State::Dialing, Who::Staff(_)) => self.refuse(call, 603),
            (State::Up, who) => {
                wire.state = State::Ended;
                wire.cseq += 1;
                let bye = wire.request("BYE", wire.cseq);
                let staff = matches!(who, Who::Staff(_));
                self.request(bye, "x", staff);
                self.seen.push_back(Seen::Ended { call: call.into(), status: 0 });
            }
            (State::Ended, _) => {}
        }
    }

    /// A desk answers.
    pub(super) fn answer(&mut self, call: &str) {
        let local = self.local(true);
        let Some(wire) = self.wires.get_mut(call).filter(|wire| wire.state == State::Ringing) else { return };
        wire.state = State::Up;
        let ok = wire.says(200, "OK").with("Contact", format!("<sip:desk@{local}>"));
        let ok = ok.with_sdp(description(local));
        wire.said = Some(ok.write());
        self.say_until_heard(format!("final {call}"), &ok, true, format!("the answer of {call}"));
        self.seen.push_back(Seen::Up(call.into()));
    }

    /// A desk does not want this call.
    pub(super) fn refuse(&mut self, call: &str, status: u16) {
        if self.wires.get(call).is_some_and(|wire| wire.state == State::Ringing) {
            self.end_ringing(call, status);
        }
    }

    fn end_ringing(&mut self, call: &str, status: u16) {
        let Some(wire) = self.wires.get_mut(call) else { return };
        wire.state = State::Ended;
        let refusal = wire.says(status, "No");
        wire.said = Some(refusal.write());
        self.say_until_heard(format!("final {call}"), &refusal, true, format!("the refusal of {call}"));
        self.seen.push_back(Seen::Ended { call: call.into(), status });
    }

    // What the server does.

    pub(super) fn take(&mut self, datagram: &Datagram) {
        let (octets, staff) = match datagram {
            Datagram::Staff(octets) => (octets, true),
            Datagram::Network(octets) => (octets, false),
        };
        let Some(message) = Message::read(octets) else { return };
        match message.method() {
            "" => self.answered(&message, staff),
            "INVITE" if message.to_tag().is_empty() => self.invited(&message),
            "INVITE" => self.reinvited(&message, staff),
            "ACK" => {
                self.heard(&format!("final {}", message.call_id()));
            }
            "CANCEL" => self.cancelled(&message),
            "BYE" => self.goodbye(&message, staff),
            _ => self.send(&Message::answer(&message, 200, "OK").write(), staff),
        }
    }

    fn answered(&mut self, answer: &Message, staff: bool) {
        let (_, method) = answer.cseq();
        match method {
            "INVITE" => self.invite_answered(answer),
            "CANCEL" => {
                self.heard(&format!("{} CANCEL", answer.branch()));
            }
            "REGISTER" if staff => {
                if self.heard(answer.branch()) && answer.status() >= 200 {
                    self.registered(answer);
                }
            }
            _ => {
                self.heard(answer.branch());
            }
        }
    }

    fn invite_answered(&mut self, answer: &Message) {
        self.heard(answer.branch());
        let call = answer.call_id().to_owned();
        let Some(wire) = self.wires.get_mut(&call) else { return };
        match answer.status() {
            ..180 => {}
            180..200 => {
                if wire.state == State::Dialing {
                    wire.state = State::Ringing;
                    self.seen.push_back(Seen::Progress(call.clone()));
                }
                if self.wires.get(&call).is_some_and(|w| w.leaves && w.state == State::Ringing) {
                    self.hang_up(&call);
                }
            }
            200..300 => {
                wire.learn(answer);
                let ack = wire.ack.clone().unwrap_or_else(|| {
                    let via = answer.header("Via").unwrap_or_default();
                    let local = via.split(';').next().unwrap_or_default();
                    let ack = wire.request("ACK", 1).with("Via", format!("{local};branch=z9hG4bKa{call}"));
                    ack.write()
                });
                let first = wire.ack.is_none();
                wire.ack = Some(ack.clone());
                self.send(&ack, false);
                if first {
                    self.up(&call);
                }
            }
            status => {
                wire.learn(answer);
                let mut ack = wire.request("ACK", 1);
                ack.headers.insert(0, ("Via".into(), wire.invite.header("Via").unwrap_or_default().into()));
                if let crate::stage::phone::message::Start::Request { uri, .. } = &mut ack.start {
                    *uri = wire.invite.uri().to_owned();
                }
                let was = std::mem::replace(&mut wire.state, State::Ended);
                self.send(&ack.write(), false);
                if was != State::Ended {
                    self.seen.push_back(Seen::Ended { call, status });
                }
            }
        }
    }

    fn up(&mut self, call: &str) {
        let Some(wire) = self.wires.get_mut(call) else { return };
        wire.state = State::Up;
        let leaves = wire.leaves;
        self.seen.push_back(Seen::Up(call.into()));
        if leaves {
            self.hang_up(call);
        }
    }

    fn invited(&mut self, invite: &Message) {
        let call = invite.call_id().to_owned();
        if let Some(known) = self.wires.get(&call) {
            // Asked again: the same answer again.
            if let Some(said) = known.said.clone() {
                self.send(&said, true);
            }
            return;
        }
        let tag = self.token();
        let Some(member) = self.by_user.get(&user_of(invite.uri())).copied() else {
            let answer = Message::answer(invite, 404, "Not Found");
            return self.send(&answer.write(), true);
        };
        let mut wire = Wire::of_staff(member, invite, &tag);
        let ringing = wire.says(180, "Ringing").write();
        wire.said = Some(ringing.clone());
        self.wires.insert(call.clone(), wire);
        self.send(&ringing, true);
        self.seen.push_back(Seen::Rings(call));
    }

    fn reinvited(&mut self, invite: &Message, staff: bool) {
        let local = self.local(staff);
        let answer = Message::answer(invite, 200, "OK").with("Contact", format!("<sip:x@{local}>"));
        self.send(&answer.with_sdp(description(local)).write(), staff);
    }

    fn cancelled(&mut self, cancel: &Message) {
        self.send(&Message::answer(cancel, 200, "OK").write(), true);
        let call = cancel.call_id().to_owned();
        let Some(wire) = self.wires.get_mut(&call) else { return };
        match wire.state {
            State::Ringing => self.end_ringing(&call, 487),
            State::Up => self.seen.push_back(Seen::Withdrawn(call)),
            State::Dialing | State::Ended => {}
        }
    }

    fn goodbye(&mut self, bye: &Message, staff: bool) {
        self.send(&Message::answer(bye, 200, "OK").write(), staff);
        let call = bye.call_id().to_owned();
        let Some(wire) = self.wires.get_mut(&call) else { return };
        // Whoever says goodbye has heard our answer.
        let was = std::mem::replace(&mut wire.state, State::Ended);
        self.heard(&format!("final {call}"));
        if was != State::Ended {
            self.seen.push_back(Seen::Ended { call, status: 0 });
        }
    }
}

/// One G.711 voice at a port where nobody listens.
fn description(local: SocketAddr) -> String {
    let ip = local.ip();
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
    )
}
