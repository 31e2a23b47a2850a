//! One call as the person at a phone has it: things to do, things that happen, a mouth and an ear.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::{order::Order, sdp::Flow};
use crate::stage::{
    error::{Result, StageError},
    voice::Voice,
    wait::within,
};

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Us,
    Them,
    /// Nobody answered us any more.
    Nobody,
}

/// How a call ended: `status` is the refusal's, or 200 after a BYE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub by: Side,
    pub status: u16,
    /// The Reason header (RFC 3326) or the refusal's own words.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    Dialing,
    Ringing,
    Up,
    Ended(Ending),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// A provisional answer to our call; with sound when it described a session.
    Progress {
        status: u16,
        sound: bool,
    },
    Answered,
    /// The far end re-described the session: what may flow from our side now.
    Reoffered(Flow),
    /// A digit by INFO. Digits by RFC 4733 are in the voice's ear.
    Digit(char),
    /// The far end asked us to call somebody (refused with 603).
    Referred {
        to: String,
    },
    /// How a transfer that we asked for goes: the status in a NOTIFY.
    Transfer {
        status: u16,
    },
    Ended(Ending),
}

/// What an incoming call said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    pub from_user: String,
    pub from_display: Option<String>,
    pub to_user: String,
    /// All headers, as they stood.
    pub headers: Vec<(String, String)>,
    /// The INVITE carried no session description.
    pub late_offer: bool,
}

impl Arrived {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The three values that name a dialog in Replaces (RFC 3891), as the far end knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogName {
    pub call_id: String,
    pub to_tag: String,
    pub from_tag: String,
}

impl DialogName {
    pub fn replaces(&self) -> String {
        format!("{};to-tag={};from-tag={}", self.call_id, self.to_tag, self.from_tag)
    }
}

/// What a call is asked to do; the endpoint does it.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Ring,
    EarlyMedia,
    Answer,
    Refuse(u16),
    HangUp,
    /// BYE even though the call is not answered yet (an early dialog), or whatever else the story wants to try.
    Request {
        method: String,
        headers: Vec<(String, String)>,
        body: String,
    },
    Reoffer(Flow),
    ReofferLate,
    Refer {
        to: String,
        replaces: Option<DialogName>,
    },
    Digit(char),
    Name(mpsc::Sender<DialogName>),
}

pub struct Call {
    pub(super) id: u64,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) events: mpsc::Receiver<CallEvent>,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) call_id: String,
    /// The user part of the far end's address.
    pub(super) peer: String,
    pub(super) arrived: Option<Arrived>,
    pub(super) voice: Voice,
}

impl Call {
    pub fn voice(&self) -> &Voice {
        &self.voice
    }
    pub fn call_id(&self) -> &str {
        &self.call_id
    }
    /// What the caller said; empty for calls we made.
    pub fn arrived(&self) -> Option<&Arrived> {
        self.arrived.as_ref()
    }
    pub fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }
    pub fn is_up(&self) -> bool {
        self.phase() == Phase::Up
    }

    /// The next thing that happens in this call.
    pub async fn next(&mut self, limit: Duration) -> Result<CallEvent> {
        within("the next event of a call", limit, self.events.recv())
            .await?
            .ok_or_else(|| StageError::Stopped("the phone".into()))
    }

    /// Waits for an event that `wanted` accepts; others pass by.
    pub async fn event<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut wanted: impl FnMut(&CallEvent) -> Option<T>,
    ) -> Result<T> {
        let mut passed = Vec::new();
        let found = within(what, limit, async {
            while let Some(event) = self.events.recv().await {
                if let Some(found) = wanted(&event) {
                    return Ok(found);
                }
                passed.push(event);
            }
            Err(StageError::Stopped("the phone".into()))
        })
        .await;
        match found {
            Ok(found) => found,
            Err(_) => Err(StageError::too_late(what, limit, format!("{:?} after {passed:?}", self.phase()))),
        }
    }

    async fn reaches(
        &self,
        what: &str,
        limit: Duration,
        wanted: impl FnMut(&Phase) -> bool,
    ) -> Result<Phase> {
        let mut phase = self.phase.clone();
        match within(what, limit, phase.wait_for(wanted)).await {
            Ok(Ok(reached)) => Ok(reached.clone()),
            Ok(Err(_)) => Err(StageError::Stopped("the phone".into())),
            Err(_) => Err(StageError::too_late(what, limit, format!("{:?}", self.phase()))),
        }
    }

    /// Waits until the far end rings or has answered.
    pub async fn ringing(&self, limit: Duration) -> Result<()> {
        let phase = self.reaches("the far end rings", limit, |phase| *phase != Phase::Dialing).await?;
        refused_if_ended("a call", phase)
    }

    /// Waits until the call is answered; a refusal is an error that names its status.
    pub async fn answered(&self, limit: Duration) -> Result<()> {
        let phase =
            self.reaches("a call is answered", limit, |p| matches!(p, Phase::Up | Phase::Ended(_))).await?;
        refused_if_ended("a call", phase)
    }

    /// Waits until the call is over and tells how it ended.
    pub async fn ended(&self, limit: Duration) -> Result<Ending> {
        match self.reaches("a call ends", limit, |phase| matches!(phase, Phase::Ended(_))).await? {
            Phase::Ended(ending) => Ok(ending),
            other => Err(StageError::NotNow(format!("{other:?}"))),
        }
    }

    async fn act(&self, deed: Deed) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let stopped = || StageError::Stopped("the phone".into());
        self.orders.send(Order::Act { call: self.id, deed, reply }).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// 180 Ringing.
    pub async fn ring(&self) -> Result<()> {
        self.act(Deed::Ring).await
    }
    /// 183 with our session description, and our voice on it.
    pub async fn early_media(&self) -> Result<()> {
        self.act(Deed::EarlyMedia).await
    }
    /// Answers; done when our 200 was acknowledged.
    pub async fn answer(&self) -> Result<()> {
        self.act(Deed::Answer).await
    }
    /// Refuses with a status such as 486 or 603.
    pub async fn refuse(&self, status: u16) -> Result<()> {
        self.act(Deed::Refuse(status)).await
    }
    /// Ends the call by whatever its phase asks for: CANCEL, 603, or BYE. Done when it is sent.
    pub async fn hang_up(&self) -> Result<()> {
        self.act(Deed::HangUp).await
    }
    /// Hold as a desk phone says it: `sendonly`, microphone off.
    pub async fn hold(&self) -> Result<()> {
        self.act(Deed::Reoffer(Flow::SendOnly)).await
    }
    /// Hold as other phones say it: `inactive`.
    pub async fn hold_inactive(&self) -> Result<()> {
        self.act(Deed::Reoffer(Flow::Neither)).await
    }
    pub async fn resume(&self) -> Result<()> {
        self.act(Deed::Reoffer(Flow::Both)).await
    }
    /// A re-INVITE without a description: the far end offers.
    pub async fn reoffer_late(&self) -> Result<()> {
        self.act(Deed::ReofferLate).await
    }
    /// Asks the far end to connect this call with `to` (a user part); done when accepted, its outcome is an event.
    pub async fn refer(&self, to: &str) -> Result<()> {
        self.act(Deed::Refer { to: to.into(), replaces: None }).await
    }
    /// Asks the far end to put this call's party in our place in `other`.
    pub async fn refer_replacing(&self, other: &Call) -> Result<()> {
        let replaces = Some(other.name().await?);
        self.act(Deed::Refer { to: other.peer.clone(), replaces }).await
    }
    /// A digit by INFO (`application/dtmf-relay`).
    pub async fn digit_by_info(&self, digit: char) -> Result<()> {
        self.act(Deed::Digit(digit)).await
    }
    /// Any request within the dialog; an answer of 300 and above is an error.
    pub async fn request(&self, method: &str, headers: &[(&str, &str)], body: &str) -> Result<()> {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        self.act(Deed::Request { method: method.into(), headers, body: body.into() }).await
    }
    /// The dialog's name as the far end knows it.
    pub async fn name(&self) -> Result<DialogName> {
        let (send, mut receive) = mpsc::channel(1);
        self.act(Deed::Name(send)).await?;
        receive.recv().await.ok_or_else(|| StageError::Stopped("the phone".into()))
    }
}

fn refused_if_ended(what: &str, phase: Phase) -> Result<()> {
    match phase {
        Phase::Ended(Ending { status, reason, .. }) => {
            Err(StageError::Refused { what: what.into(), status, reason })
        }
        _ => Ok(()),
    }
}
