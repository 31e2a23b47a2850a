//! The commands of the outside, and the way they reach the one task that owns every dialog.

use std::{collections::BTreeMap, net::SocketAddr};

use terms::{EndReason, LegId, PhoneNumber, Sdp, SipUri, TrunkId, UserId};
use tokio::sync::{mpsc, watch};

use crate::{
    Config, DialogSnapshot, Phonebook, Report, Transport, drive,
    ladder::{WITNESSED_MAX, Witnessed},
    transport::{Socket, Told},
};

/// Commands that may wait; past that a command is refused with [`Busy`].
pub(crate) const COMMANDS_MAX: usize = 8192;

/// The command inbox is full: nothing was done, try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signaling is busy, or has stopped")]
pub struct Busy;

#[derive(Debug, thiserror::Error)]
pub enum SignalingError {
    /// Another program listens there, or the address is not ours.
    #[error("cannot listen for SIP on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    /// The certificate or its key cannot be used.
    #[error("TLS for SIP cannot be set up: {0}")]
    Tls(std::io::Error),
    #[error("the configuration is wrong: {0}")]
    Configuration(&'static str),
}

/// Where SIP is really received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub udp: SocketAddr,
    pub tcp: Option<SocketAddr>,
    pub tls: Option<SocketAddr>,
}

/// A call to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    pub to: Destination,
    pub from: Caller,
    /// The offer; without one the far end offers in its answer.
    pub body: Option<Sdp>,
    /// Ask the phone to answer by itself.
    pub auto_answer: bool,
    /// Further headers, like `X-` ones.
    pub headers: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The phone that registered last.
    User(UserId),
    Number {
        trunk: TrunkId,
        number: PhoneNumber,
    },
    Uri(SipUri),
}

/// Who calls, as the callee sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// A public number.
    pub number: Option<PhoneNumber>,
    /// Shown where there is no number: an extension. Neither: an anonymous call.
    pub extension: Option<String>,
    pub display: Option<String>,
}

/// How a call or an offer is turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Busy486,
    Declined603,
    NotFound404,
    Forbidden403,
    Unavailable480,
    Overloaded503 { retry_after_seconds: u32 },
    NotAcceptable488,
}

#[derive(Debug)]
pub(crate) enum Command {
    SetPhonebook(Phonebook),
    Dial(LegId, Box<Dial>),
    DialWitnessed(LegId, Box<Dial>, mpsc::Sender<Witnessed>),
    Ping(TrunkId, mpsc::Sender<Witnessed>),
    Ringing(LegId),
    EarlyMedia(LegId, Sdp),
    Answer(LegId, Sdp),
    Reject(LegId, Refusal),
    HangUp(LegId, EndReason),
    Reoffer(LegId, Sdp),
    AnswerReoffer(LegId, Result<Sdp, Refusal>),
    AnswerRefer(LegId, bool),
    ReferResult(LegId, bool),
    Abandon(DialogSnapshot),
    Stop,
}

/// The way to the one task that owns every dialog.
/// A command waits in a bounded inbox; when that is full the command is refused with [`Busy`] and nothing happened.
/// A command for a leg that is gone does nothing.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    registered: watch::Receiver<BTreeMap<UserId, Transport>>,
    stopped: watch::Receiver<bool>,
    addresses: Addresses,
    tell: mpsc::Sender<Told>,
}

impl Handle {
    /// Opens the sockets and starts the task; reports come on the receiver, which is bounded.
    pub async fn start(
        config: Config,
        phonebook: Phonebook,
    ) -> Result<(Handle, mpsc::Receiver<Report>), SignalingError> {
        let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
        let started = drive::start(config, phonebook, inbox).await?;
        let handle = Handle {
            commands,
            registered: started.registered,
            stopped: started.stopped,
            addresses: started.addresses,
            tell: started.tell,
        };
        Ok((handle, started.reports))
    }

    /// The real ports when configured with 0.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    pub fn is_registered(&self, user: UserId) -> bool {
        self.reached_by(user).is_some()
    }

    /// How the phone that rings for this user is reached; none is registered otherwise.
    pub fn reached_by(&self, user: UserId) -> Option<Transport> {
        self.registered.borrow().get(&user).copied()
    }

    /// A browser's socket, accepted by the HTTP face, which has seen proof that it is this user's.
    /// `remote` is the far end of the connection as it came to us; refused when there are too many.
    pub async fn open_socket(&self, remote: SocketAddr, user: UserId) -> Result<Socket, Busy> {
        Socket::open(self.tell.clone(), remote, user).await
    }

    pub fn set_phonebook(&self, phonebook: Phonebook) -> Result<(), Busy> {
        self.send(Command::SetPhonebook(phonebook))
    }

    pub fn dial(&self, leg: LegId, call: Dial) -> Result<(), Busy> {
        self.send(Command::Dial(leg, Box::new(call)))
    }

    /// A call whose messages and reports come on the receiver, and nowhere else; closed at once when it cannot be shown.
    pub fn dial_witnessed(&self, leg: LegId, call: Dial) -> Result<mpsc::Receiver<Witnessed>, Busy> {
        let (to, seen) = mpsc::channel(WITNESSED_MAX);
        self.send(Command::DialWitnessed(leg, Box::new(call), to))?;
        Ok(seen)
    }

    /// OPTIONS to the trunk; the receiver closes when it is over, and without a message where the trunk has no address.
    pub fn ping(&self, trunk: TrunkId) -> Result<mpsc::Receiver<Witnessed>, Busy> {
        let (to, seen) = mpsc::channel(WITNESSED_MAX);
        self.send(Command::Ping(trunk, to))?;
        Ok(seen)
    }

    /// 180 to their INVITE.
    pub fn ringing(&self, leg: LegId) -> Result<(), Busy> {
        self.send(Command::Ringing(leg))
    }

    /// 183 with a body to their INVITE.
    pub fn early_media(&self, leg: LegId, body: Sdp) -> Result<(), Busy> {
        self.send(Command::EarlyMedia(leg, body))
    }

    /// 200 to their INVITE; for a late offer the body is our offer, and their answer comes in [`Report::Acked`].
    /// For a dial of ours without a body: the answer to their offer, sent in the ACK.
    pub fn answer(&self, leg: LegId, body: Sdp) -> Result<(), Busy> {
        self.send(Command::Answer(leg, body))
    }

    pub fn reject(&self, leg: LegId, refusal: Refusal) -> Result<(), Busy> {
        self.send(Command::Reject(leg, refusal))
    }

    /// Ends the leg in any phase: CANCEL, a final refusal, or BYE; idempotent.
    pub fn hang_up(&self, leg: LegId, reason: EndReason) -> Result<(), Busy> {
        self.send(Command::HangUp(leg, reason))
    }

    /// Our re-INVITE; the answer comes as [`Report::Reanswered`] or [`Report::ReofferRefused`].
    pub fn reoffer(&self, leg: LegId, body: Sdp) -> Result<(), Busy> {
        self.send(Command::Reoffer(leg, body))
    }

    pub fn answer_reoffer(&self, leg: LegId, answer: Result<Sdp, Refusal>) -> Result<(), Busy> {
        self.send(Command::AnswerReoffer(leg, answer))
    }

    /// 202 or 603 to their REFER.
    pub fn answer_refer(&self, leg: LegId, accepted: bool) -> Result<(), Busy> {
        self.send(Command::AnswerRefer(leg, accepted))
    }

    /// Tells the phone how the transfer it asked for went.
    pub fn refer_result(&self, leg: LegId, ok: bool) -> Result<(), Busy> {
        self.send(Command::ReferResult(leg, ok))
    }

    /// After a restart: BYE within a dialog of our former life.
    pub fn abandon(&self, dialog: DialogSnapshot) -> Result<(), Busy> {
        self.send(Command::Abandon(dialog))
    }

    /// Closes the sockets and says goodbye to nobody.
    pub async fn stop(&self) {
        let mut stopped = self.stopped.clone();
        if self.commands.send(Command::Stop).await.is_ok() {
            // An error here means the task is gone already, which is what was asked for.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        }
    }

    fn send(&self, command: Command) -> Result<(), Busy> {
        self.commands.try_send(command).map_err(|_| Busy)
    }
}
