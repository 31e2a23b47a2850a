//! The edge without sockets or clock: messages in, messages out, and hours that pass in no time.

mod browsers;
mod dials;
mod incoming;
mod ladders;
mod mutations;
mod offers;
mod phones;
mod refusals;
mod transfers;

use std::net::SocketAddr;

use terms::{LegId, TrunkId, UserId};

use super::Edge;
use crate::{
    Account, Config, Credentials, Incoming, Phonebook, Report, Transport, Trunk,
    config::ha1,
    handle::Command,
    wire::{Flow, Local, Output},
};

pub(super) const ANA: UserId = UserId::from_number(1);
/// Uses a browser.
pub(super) const BEN: UserId = UserId::from_number(2);
pub(super) const TRUNK: TrunkId = TrunkId::from_number(7);
pub(super) const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\n";
pub(super) const ANSWER: &str = "v=0\r\no=- 2 2 IN IP4 198.51.100.1\r\ns=-\r\n";

pub(super) fn sdp(text: &str) -> terms::Sdp {
    terms::Sdp(text.to_owned())
}

pub(super) fn udp(address: &str) -> Flow {
    Flow { transport: Transport::Udp, remote: address.parse().unwrap() }
}

/// The trunk's own address.
pub(super) fn trunk_flow() -> Flow {
    udp("192.0.2.10:5060")
}

/// A phone behind NAT.
pub(super) fn phone_flow() -> Flow {
    udp("203.0.113.5:41000")
}

pub(super) fn phonebook() -> Phonebook {
    let (ha1_md5, ha1_sha256) = ha1("ana", "tandem", "secret");
    let trunk = Trunk {
        id: TRUNK,
        host: "192.0.2.10".to_owned(),
        port: 5060,
        transport: Transport::Udp,
        credentials: Some(Credentials { username: "acme".to_owned(), password: "pass".to_owned() }),
        register: false,
        allow_from: vec!["192.0.2.0/24".parse().unwrap()],
        max_calls: None,
    };
    Phonebook {
        accounts: [("ana".to_owned(), Account { user: ANA, ha1_md5, ha1_sha256 })].into(),
        trunks: vec![trunk],
        browsers: [BEN].into(),
    }
}

pub(super) struct Bench {
    pub(super) edge: Edge,
    now: u64,
    /// Everything sent, with where to, oldest first.
    pub(super) sent: Vec<(Flow, String)>,
    pub(super) reports: Vec<Report>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Config::default(), phonebook())
    }

    pub(super) fn with(config: Config, phonebook: Phonebook) -> Self {
        let own: SocketAddr = "198.51.100.1:5060".parse().unwrap();
        let addresses = crate::Addresses { udp: own, tcp: Some(own), tls: None };
        let local = Local::of(&config, &addresses, own.ip());
        let edge = Edge::new(config, phonebook, local, [7; 32]);
        Self { edge, now: 0, sent: Vec::new(), reports: Vec::new() }
    }

    fn collect(&mut self) {
        for output in std::mem::take(&mut self.edge.wire.out) {
            if let Output::Send { flow, bytes } = output {
                self.edge.witness(true, flow, &bytes);
                self.sent.push((flow, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        while let Some(report) = self.edge.next_report() {
            self.reports.push(report);
        }
    }

    pub(super) fn feed(&mut self, flow: Flow, message: &str) {
        self.feed_bytes(flow, message.as_bytes());
    }

    pub(super) fn feed_bytes(&mut self, flow: Flow, message: &[u8]) {
        self.edge.receive(flow, message);
        self.edge.fire_due();
        self.collect();
    }

    pub(super) fn command(&mut self, command: Command) {
        self.edge.command(command);
        self.edge.fire_due();
        self.collect();
    }

    /// Lets time pass, one timer at a time.
    pub(super) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(next) = self.edge.next_deadline().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.edge.set_now(self.now);
            self.edge.fire_due();
            self.collect();
        }
        self.now = end;
        self.edge.set_now(end);
    }

    /// Takes what was sent since last asked.
    pub(super) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent).into_iter().map(|(_, text)| text).collect()
    }

    /// The start lines of what was sent since last asked.
    pub(super) fn lines(&mut self) -> Vec<String> {
        self.take().iter().map(|text| text.lines().next().unwrap_or("").to_owned()).collect()
    }

    pub(super) fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// The last message sent.
    pub(super) fn last(&self) -> &str {
        &self.sent.last().expect("something was sent").1
    }

    /// The one call that came in.
    pub(super) fn incoming(&mut self) -> Incoming {
        let mut calls = self.take_reports().into_iter().filter_map(|report| match report {
            Report::Incoming(incoming) => Some(incoming),
            _ => None,
        });
        calls.next().expect("a call came in")
    }

    /// A trunk's call, answered and acknowledged.
    pub(super) fn answered(&mut self) -> (LegId, Invite) {
        let invite = Invite::new("answered");
        self.answered_as(invite)
    }

    pub(super) fn answered_as(&mut self, mut invite: Invite) -> (LegId, Invite) {
        self.feed(invite.flow, &invite.text());
        let leg = self.incoming().leg;
        self.command(Command::Answer(leg, sdp(ANSWER)));
        invite.to_tag = Some(tag_of(self.last()));
        self.feed(invite.flow, &invite.ack());
        self.sent.clear();
        self.reports.clear();
        (leg, invite)
    }
}

/// A call as the far end sees it.
#[derive(Clone)]
pub(super) struct Invite {
    pub(super) flow: Flow,
    pub(super) call_id: String,
    pub(super) from: String,
    pub(super) to_user: String,
    pub(super) to_tag: Option<String>,
    pub(super) body: String,
    /// Whole lines, each with its end.
    pub(super) more: String,
    pub(super) cseq: u32,
}

impl Invite {
    pub(super) fn new(call_id: &str) -> Self {
        Self {
            flow: trunk_flow(),
            call_id: call_id.to_owned(),
            from: "\"Dana\" <sip:+15550100123@192.0.2.10>;tag=dana".to_owned(),
            to_user: "+15550199".to_owned(),
            to_tag: None,
            body: OFFER.to_owned(),
            more: String::new(),
            cseq: 1,
        }
    }

    /// Any request of the far end's.
    pub(super) fn request(&self, method: &str, cseq: u32, branch: &str, more: &str, body: &str) -> String {
        let Self { from, to_user, call_id, flow, .. } = self;
        let to_tag = self.to_tag.as_ref().map(|tag| format!(";tag={tag}")).unwrap_or_default();
        let content_type = if body.is_empty() || more.contains("Content-Type") {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        let remote = flow.remote;
        let length = body.len();
        format!(
            "{method} sip:{to_user}@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP {remote};branch=z9hG4bK{call_id}{branch}\r\n\
             Max-Forwards: 70\r\nFrom: {from}\r\nTo: <sip:{to_user}@198.51.100.1>{to_tag}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:dana@{remote}>\r\n{more}{content_type}Content-Length: {length}\r\n\r\n{body}"
        )
    }

    pub(super) fn text(&self) -> String {
        self.request("INVITE", self.cseq, "i", &self.more, &self.body)
    }

    pub(super) fn ack(&self) -> String {
        self.request("ACK", self.cseq, "a", "", "")
    }
}

pub(super) fn tag_of(text: &str) -> String {
    let to = header(text, "To");
    to.split_once("tag=").map(|(_, tag)| tag.to_owned()).expect("a tagged answer")
}

pub(super) fn header(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))[name.len() + 2..].to_owned()
}

/// The status of an answer.
pub(super) fn status_of(text: &str) -> u16 {
    let code =
        text.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    code.unwrap_or_else(|| panic!("not an answer: {text}"))
}

/// An answer to a request of ours, as the far end at `flow` gives it.
pub(super) fn reply(request: &str, status: &str, tag: &str, flow: Flow, more: &str, body: &str) -> String {
    let copied: String = request
        .lines()
        .filter(|line| ["Via: ", "From: ", "Call-ID: ", "CSeq: "].iter().any(|name| line.starts_with(name)))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let to = header(request, "To");
    let to = if to.contains("tag=") { to } else { format!("{to};tag={tag}") };
    let content_type = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let (remote, length) = (flow.remote, body.len());
    format!(
        "SIP/2.0 {status}\r\n{copied}To: {to}\r\nContact: <sip:far@{remote}>\r\n{more}{content_type}Content-Length: {length}\r\n\r\n{body}"
    )
}
