//! Test calls: a real call over one trunk that belongs to no conversation, so nothing is recorded, routed or reported.
//! Whoever made it sees every message of its dialog.

use std::{pin::Pin, time::Duration};

use signaling::{Rung, Witnessed};
use terms::{
    ConversationId, EndReason, HearingMatrix, LegId, Listener, MusicId, PhoneNumber, Source, TrunkId,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Sleep, sleep, timeout},
};
use uuid::Uuid;

/// Longer than a request without an answer lives (32 s, RFC 3261 §17.1.1.2).
const RINGS_MAX: Duration = Duration::from_secs(35);
/// How long the answers to our goodbye are waited for.
const FAREWELL: Duration = Duration::from_secs(3);
const PING_MAX: Duration = Duration::from_secs(35);

/// The call to make.
#[derive(Clone, Debug)]
pub struct TestCall {
    /// What its wire is called; nobody else uses it.
    pub id: Uuid,
    pub trunk: TrunkId,
    /// None: OPTIONS, nobody's phone rings.
    pub to: Option<PhoneNumber>,
    pub from: Option<PhoneNumber>,
    /// How long whoever answers hears music.
    pub plays: Duration,
}

/// What is seen of it while it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    Message(Rung),
    Ringing,
    Answered,
}

/// How it came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// Answered, and ended by us.
    Answered,
    /// Answered, and ended by them before we did.
    EndedByThem,
    /// OPTIONS was answered, with any status.
    Reached(u16),
    Refused(u16),
    /// Nothing came back at all.
    NoReply,
    /// It rang, and nobody answered.
    NotAnswered,
    /// The trunk's host has no address.
    NoAddress,
    /// Their description of the media is of no use to us, or we have none to offer.
    NoMedia,
    Cancelled,
}

/// Makes test calls; cheap to clone.
#[derive(Clone, Debug)]
pub struct TestCalls {
    signaling: signaling::Handle,
    media: media::Handle,
}

/// One that goes on.
struct Running<'a> {
    calls: &'a TestCalls,
    leg: LegId,
    seen: mpsc::Receiver<Witnessed>,
    see: &'a mut (dyn FnMut(Sight) + Send),
    /// Anything at all came back.
    heard: bool,
    rang: bool,
    answered: bool,
}

impl TestCalls {
    pub(crate) fn new(signaling: signaling::Handle, media: media::Handle) -> Self {
        Self { signaling, media }
    }

    /// Makes the call and sees it to its end; `stop` ends it early.
    pub async fn make(
        &self,
        call: TestCall,
        stop: oneshot::Receiver<()>,
        see: &mut (dyn FnMut(Sight) + Send),
    ) -> TestOutcome {
        match call.to.clone() {
            Some(to) => self.call(call, to, stop, see).await,
            None => self.ping(call.trunk, stop, see).await,
        }
    }

    async fn ping(
        &self,
        trunk: TrunkId,
        stop: oneshot::Receiver<()>,
        see: &mut (dyn FnMut(Sight) + Send),
    ) -> TestOutcome {
        let Ok(mut seen) = self.signaling.ping(trunk) else { return TestOutcome::NoAddress };
        let mut last = None;
        let mut sent = false;
        let look = async {
            while let Some(witnessed) = seen.recv().await {
                if let Witnessed::Message(rung) = witnessed {
                    sent = true;
                    last = rung.status.or(last);
                    see(Sight::Message(rung));
                }
            }
        };
        tokio::select! {
            looked = timeout(PING_MAX, look) => drop(looked),
            _ = stop => return TestOutcome::Cancelled,
        }
        match (last, sent) {
            (Some(status), _) => TestOutcome::Reached(status),
            (None, true) => TestOutcome::NoReply,
            (None, false) => TestOutcome::NoAddress,
        }
    }

    async fn call(
        &self,
        call: TestCall,
        number: PhoneNumber,
        stop: oneshot::Receiver<()>,
        see: &mut (dyn FnMut(Sight) + Send),
    ) -> TestOutcome {
        let leg = LegId::new(ConversationId(call.id), 0);
        let Ok(offer) = self.media.offer(leg).await else { return TestOutcome::NoMedia };
        let dial = signaling::Dial {
            to: signaling::Destination::Number { trunk: call.trunk, number },
            from: signaling::Caller { number: call.from, extension: None, display: None },
            body: Some(offer),
            auto_answer: false,
            headers: Vec::new(),
        };
        let outcome = match self.signaling.dial_witnessed(leg, dial) {
            Ok(seen) => {
                let running =
                    Running { calls: self, leg, seen, see, heard: false, rang: false, answered: false };
                running.run(call.plays, stop).await
            }
            Err(_) => TestOutcome::NoAddress,
        };
        self.media.close(leg);
        outcome
    }
}

impl Running<'_> {
    async fn run(mut self, plays: Duration, mut stop: oneshot::Receiver<()>) -> TestOutcome {
        let mut over: Pin<Box<Sleep>> = Box::pin(sleep(RINGS_MAX));
        loop {
            let witnessed = tokio::select! {
                witnessed = self.seen.recv() => witnessed,
                () = &mut over => {
                    self.say_goodbye(EndReason::HungUp).await;
                    return if self.answered { TestOutcome::Answered } else { self.unanswered() };
                }
                _ = &mut stop => {
                    self.say_goodbye(EndReason::Cancelled).await;
                    return TestOutcome::Cancelled;
                }
            };
            match witnessed {
                Some(Witnessed::Message(rung)) => self.message(rung),
                Some(Witnessed::Report(report)) => match self.report(report).await {
                    Step::GoesOn => {}
                    Step::Plays => over = Box::pin(sleep(plays)),
                    Step::Ends(outcome) => {
                        self.rest().await;
                        return outcome;
                    }
                },
                None => return self.unanswered(),
            }
        }
    }

    fn message(&mut self, rung: Rung) {
        self.heard |= !rung.sent;
        (self.see)(Sight::Message(rung));
    }

    fn unanswered(&self) -> TestOutcome {
        match (self.heard, self.rang) {
            (false, _) => TestOutcome::NoReply,
            (true, _) => TestOutcome::NotAnswered,
        }
    }

    async fn report(&mut self, report: signaling::Report) -> Step {
        match report {
            signaling::Report::Ringing { .. } => {
                if !std::mem::replace(&mut self.rang, true) {
                    (self.see)(Sight::Ringing);
                }
                Step::GoesOn
            }
            signaling::Report::Answered { body, .. } => {
                let accepted = match body {
                    Some(body) => self.calls.media.accept(self.leg, body).await.is_ok(),
                    None => false,
                };
                if !accepted {
                    self.say_goodbye(EndReason::Rejected).await;
                    return Step::Ends(TestOutcome::NoMedia);
                }
                let mut matrix = HearingMatrix::default();
                matrix.link(Listener::Leg(self.leg), Source::HoldMusic(MusicId::HOLD));
                self.calls.media.obey(self.leg.conversation, 1, &matrix);
                self.answered = true;
                (self.see)(Sight::Answered);
                Step::Plays
            }
            signaling::Report::Failed { status, .. } => Step::Ends(match (self.heard, status) {
                (true, 408) if self.rang => TestOutcome::NotAnswered,
                (true, status) => TestOutcome::Refused(status),
                (false, 480) => TestOutcome::NoAddress,
                (false, _) => TestOutcome::NoReply,
            }),
            signaling::Report::Ended { .. } => Step::Ends(TestOutcome::EndedByThem),
            signaling::Report::Reoffered { body, .. } => {
                let answer = match body {
                    Some(body) => self.calls.media.answer(self.leg, body).await.map(|answer| answer.sdp),
                    None => self.calls.media.offer(self.leg).await,
                };
                let answer = answer.map_err(|_| signaling::Refusal::NotAcceptable488);
                // A full inbox: they ask again.
                let _ = self.calls.signaling.answer_reoffer(self.leg, answer);
                Step::GoesOn
            }
            signaling::Report::Referred { .. } => {
                let _ = self.calls.signaling.answer_refer(self.leg, false);
                Step::GoesOn
            }
            _ => Step::GoesOn,
        }
    }

    /// CANCEL or BYE, and what they say to it.
    async fn say_goodbye(&mut self, reason: EndReason) {
        if self.calls.signaling.hang_up(self.leg, reason).is_err() {
            return;
        }
        let answered = self.answered;
        let last = |rung: &Rung| match answered {
            true => rung.method == "BYE" && rung.status.is_some_and(|status| status >= 200),
            false => rung.sent && rung.method == "ACK",
        };
        let look = async {
            while let Some(witnessed) = self.seen.recv().await {
                if let Witnessed::Message(rung) = witnessed {
                    let is_last = last(&rung);
                    self.message(rung);
                    if is_last {
                        return;
                    }
                }
            }
        };
        // Nobody has to answer a goodbye.
        let _ = timeout(FAREWELL, look).await;
    }

    /// What had been said already when it ended: our ACK, or our answer to their BYE.
    async fn rest(&mut self) {
        let look = async {
            while let Some(witnessed) = self.seen.recv().await {
                if let Witnessed::Message(rung) = witnessed {
                    self.message(rung);
                }
            }
        };
        let _ = timeout(Duration::from_millis(200), look).await;
    }
}

enum Step {
    GoesOn,
    Plays,
    Ends(TestOutcome),
}
