//! SIP transactions over UDP (RFC 3261, section 17): sending again until answered, answering again when asked again.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::{message::Message, order::Reply, sdp::Flow};

pub(super) const T1: Duration = Duration::from_millis(500);
pub(super) const T2: Duration = Duration::from_secs(4);
/// 64 × T1: after that an unanswered request has failed.
pub(super) const GIVE_UP: Duration = Duration::from_secs(32);
/// How long a call that rings may go on ringing.
const RINGING: Duration = Duration::from_secs(180);

/// What an answer is for.
pub(super) enum Purpose {
    Register(Option<Reply<()>>),
    Probe(Option<Reply<u16>>),
    Invite {
        call: u64,
    },
    Reoffer {
        call: u64,
        flow: Flow,
        reply: Option<Reply<()>>,
    },
    Bye {
        call: u64,
    },
    /// A request whose answer only goes back to whoever asked for it.
    Plain {
        call: u64,
        reply: Option<Reply<()>>,
    },
    /// Nobody waits.
    Idle,
}

pub(super) struct Client {
    pub branch: String,
    pub message: Message,
    pub to: SocketAddr,
    pub purpose: Purpose,
    /// Challenges answered so far.
    pub tries: u8,
    resend: Option<Instant>,
    gap: Duration,
    end: Instant,
    /// For INVITE: the ACK of a final refusal, to be sent again.
    pub ack: Option<Vec<u8>>,
    pub done: bool,
}

impl Client {
    pub(super) fn new(message: Message, to: SocketAddr, purpose: Purpose, tries: u8, now: Instant) -> Client {
        Client {
            branch: message.branch().to_owned(),
            message,
            to,
            purpose,
            tries,
            resend: Some(now + T1),
            gap: T1,
            end: now + GIVE_UP,
            ack: None,
            done: false,
        }
    }
    fn is_invite(&self) -> bool {
        self.message.method() == "INVITE"
    }
    pub(super) fn matches(&self, answer: &Message) -> bool {
        self.branch == answer.branch() && self.message.method() == answer.cseq().1
    }
    /// A provisional answer came.
    pub(super) fn proceed(&mut self, now: Instant) {
        if self.is_invite() {
            self.resend = None;
            self.end = now + RINGING;
        } else {
            self.gap = T2;
        }
    }
    /// A final answer came: what remains is to meet its repetitions.
    pub(super) fn finish(&mut self, now: Instant) {
        self.done = true;
        self.resend = None;
        self.end = now + GIVE_UP;
    }
    /// What is due now, and when to look again.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        if now >= self.end {
            return Due::Over;
        }
        match self.resend {
            Some(at) if at <= now => {
                self.gap = if self.is_invite() { self.gap * 2 } else { (self.gap * 2).min(T2) };
                self.resend = Some(now + self.gap);
                Due::Resend
            }
            _ => Due::Nothing,
        }
    }
    pub(super) fn wake(&self) -> Instant {
        self.resend.map_or(self.end, |at| at.min(self.end))
    }
}

pub(super) enum Due {
    Nothing,
    Resend,
    Over,
}

/// A request of the far end, and what we last said to it.
pub(super) struct Server {
    pub branch: String,
    pub method: String,
    pub to: SocketAddr,
    pub response: Option<Vec<u8>>,
    /// The call an INVITE opened, so that CANCEL finds it.
    pub call: Option<u64>,
    /// A final refusal of an INVITE goes out again until its ACK.
    resend: Option<Instant>,
    gap: Duration,
    end: Instant,
}

impl Server {
    pub(super) fn new(request: &Message, to: SocketAddr, now: Instant) -> Server {
        Server {
            branch: request.branch().to_owned(),
            method: request.method().to_owned(),
            to,
            response: None,
            call: None,
            resend: None,
            gap: T1,
            end: now + RINGING + GIVE_UP,
        }
    }
    pub(super) fn answered(&mut self, octets: Vec<u8>, status: u16, now: Instant) {
        self.response = Some(octets);
        if status >= 200 {
            self.end = now + GIVE_UP;
            if self.method == "INVITE" && status >= 300 {
                self.resend = Some(now + T1);
            }
        }
    }
    pub(super) fn acknowledged(&mut self) {
        self.resend = None;
    }
    pub(super) fn due(&mut self, now: Instant) -> Due {
        if now >= self.end {
            return Due::Over;
        }
        match self.resend {
            Some(at) if at <= now => {
                self.gap = (self.gap * 2).min(T2);
                self.resend = Some(now + self.gap);
                Due::Resend
            }
            _ => Due::Nothing,
        }
    }
    pub(super) fn wake(&self) -> Instant {
        self.resend.map_or(self.end, |at| at.min(self.end))
    }
}
