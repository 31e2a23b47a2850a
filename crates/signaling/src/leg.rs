//! One wire to one endpoint, and how far it has come.

mod dial;
mod ending;
mod incoming;
mod reattach;
mod refer;
mod reoffer;
mod source;
mod within;

pub(crate) use dial::DialState;

use terms::{EndReason, LegId, Sdp};

use crate::{
    Origin,
    dialog::Dialog,
    message::{Headers, name},
    wire::Flow,
};

/// How far a leg has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// They call and wait for our answer.
    Offered {
        tx: u64,
    },
    /// We call and wait for theirs.
    Calling(DialState),
    Up,
    /// We said BYE and wait for its answer, deaf to everything else.
    Ending,
}

/// A 2xx of ours that waits for its ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AwaitedAck {
    pub(crate) tx: u64,
    pub(crate) cseq: u32,
    /// Their answer to our offer comes with the ACK, or it is the call's first ACK.
    pub(crate) report: bool,
}

/// The session interval both ends agreed on (RFC 4028).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    /// 0: none.
    pub(crate) seconds: u32,
    pub(crate) we_refresh: bool,
    /// Timers of an older interval do nothing.
    pub(crate) generation: u32,
}

/// A re-INVITE or UPDATE of theirs that waits for our answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TheirOffer {
    pub(crate) tx: u64,
    pub(crate) cseq: u32,
    pub(crate) is_update: bool,
    pub(crate) body: Option<Sdp>,
    pub(crate) session: Option<(u32, bool)>,
}

/// A re-INVITE of ours that waits for their answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OurOffer {
    pub(crate) body: Sdp,
    pub(crate) tries: u32,
    /// 491 came: a timer tries again.
    pub(crate) waiting: bool,
    /// Only to keep the session alive.
    pub(crate) refresh: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) origin: Option<Origin>,
    pub(crate) dialog: Dialog,
    pub(crate) phase: Phase,
    /// Whether the Call-ID is ours: who waits how long after 491 (RFC 3261 §14.1).
    pub(crate) we_called: bool,
    pub(crate) awaited_ack: Option<AwaitedAck>,
    pub(crate) local_body: Option<Sdp>,
    pub(crate) remote_body: Option<Sdp>,
    pub(crate) session: SessionTimer,
    pub(crate) peer_knows_timer: bool,
    pub(crate) peer_takes_update: bool,
    pub(crate) theirs: Option<TheirOffer>,
    pub(crate) ours: Option<OurOffer>,
    /// The latest offer that must wait for the one under way.
    pub(crate) queued: Option<Sdp>,
    /// A REFER of theirs that is not done with.
    pub(crate) refer: Option<Refer>,
    /// Their 2xx to an INVITE of ours without an offer: (transaction, CSeq) of the ACK that carries our answer.
    pub(crate) owed_ack: Option<(u64, u32)>,
    /// BYE waits for the ACK of our 2xx.
    pub(crate) farewell: Option<EndReason>,
    /// The connection that broke under it.
    pub(crate) flow_lost: Option<Flow>,
    /// What was last said before the final answer.
    pub(crate) provisional: Option<(u16, Option<Sdp>)>,
}

/// How far a REFER has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refer {
    pub(crate) tx: u64,
    pub(crate) cseq: u32,
    pub(crate) accepted: bool,
    /// `Refer-Sub: false`: they do not want to know how it went (RFC 4488).
    pub(crate) silent: bool,
}

impl Leg {
    pub(crate) fn new(
        id: LegId,
        origin: Option<Origin>,
        dialog: Dialog,
        phase: Phase,
        we_called: bool,
    ) -> Self {
        Self {
            id,
            origin,
            dialog,
            phase,
            we_called,
            awaited_ack: None,
            local_body: None,
            remote_body: None,
            session: SessionTimer::default(),
            peer_knows_timer: false,
            peer_takes_update: false,
            theirs: None,
            ours: None,
            queued: None,
            refer: None,
            owed_ack: None,
            farewell: None,
            flow_lost: None,
            provisional: None,
        }
    }

    /// Takes what a message says of the far end's abilities.
    pub(crate) fn learn(&mut self, headers: &Headers) {
        self.peer_knows_timer |= headers.has_token(name::SUPPORTED, "timer");
        self.peer_takes_update |= headers.has_token(name::ALLOW, "UPDATE");
    }
}
