//! What the wires did.

use serde::{Deserialize, Serialize};
use terms::{EndReason, LegId, PhoneNumber, Sdp, TrunkId, UserId};

/// Something a leg, or a phone, did.
/// After [`crate::Handle::hang_up`] or [`crate::Handle::reject`] no further report of that leg is made.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// A new INVITE outside a dialog; `100 Trying` has been sent.
    Incoming(Incoming),
    /// Our dial rings; a body is early media.
    Ringing { leg: LegId, body: Option<Sdp> },
    /// Our dial was answered.
    /// When it went out without a body, the body here is their offer, and [`crate::Handle::answer`] owes the answer.
    Answered { leg: LegId, body: Option<Sdp> },
    /// Our answer was acknowledged; a body is their answer to an offer of ours.
    Acked { leg: LegId, body: Option<Sdp> },
    /// Our dial failed; `status` is the SIP status that said so, 408 when nobody did.
    Failed { leg: LegId, reason: EndReason, status: u16 },
    /// The far end or the wire ended it.
    Ended { leg: LegId, reason: EndReason },
    /// A re-INVITE or UPDATE: [`crate::Handle::answer_reoffer`] owes the answer; without a body the answer is our offer.
    Reoffered { leg: LegId, body: Option<Sdp> },
    /// Our re-INVITE was answered.
    Reanswered { leg: LegId, body: Option<Sdp> },
    /// Our re-INVITE was refused; the call goes on as it was.
    ReofferRefused { leg: LegId },
    /// A DTMF digit by INFO: `0`-`9`, `*`, `#`, `A`-`D`.
    Digit { leg: LegId, digit: char },
    /// A REFER: hand this call to the user part `to`, or to the other party of `replaces`.
    /// [`crate::Handle::answer_refer`] owes the answer.
    Referred { leg: LegId, to: String, replaces: Option<LegId> },
    /// A user's first phone registered.
    Registered { user: UserId },
    /// A user's last phone is gone.
    Unregistered { user: UserId },
    /// The dialog stands; its snapshot is enough to say BYE after a restart.
    Established { leg: LegId, dialog: DialogSnapshot },
}

impl Report {
    /// The leg it is about; phones that come and go have none.
    pub(crate) const fn leg(&self) -> Option<LegId> {
        match self {
            Self::Incoming(incoming) => Some(incoming.leg),
            Self::Ringing { leg, .. }
            | Self::Answered { leg, .. }
            | Self::Acked { leg, .. }
            | Self::Failed { leg, .. }
            | Self::Ended { leg, .. }
            | Self::Reoffered { leg, .. }
            | Self::Reanswered { leg, .. }
            | Self::ReofferRefused { leg }
            | Self::Digit { leg, .. }
            | Self::Referred { leg, .. }
            | Self::Established { leg, .. } => Some(*leg),
            Self::Registered { .. } | Self::Unregistered { .. } => None,
        }
    }
}

/// A call that comes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// Minted here: ordinal 0 of a new conversation.
    pub leg: LegId,
    pub from: Origin,
    /// The calling number where one is given, is a public one, and is not withheld.
    pub caller: Option<PhoneNumber>,
    /// The calling name, unless withheld.
    pub display: Option<String>,
    /// The user part of the request's address.
    pub to: String,
    /// Without an offer, the body given to `answer` is ours.
    pub offer: Option<Sdp>,
    /// The leg this call takes the place of (RFC 3891).
    pub replaces: Option<LegId>,
    /// The `X-` headers.
    pub headers: Vec<(String, String)>,
}

/// Whose call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    Trunk(TrunkId),
    User(UserId),
}

/// A dialog as JSON, enough for [`crate::Handle::abandon`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DialogSnapshot(pub String);
