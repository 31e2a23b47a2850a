//! Hands: carry out effects on signaling and media, and report what the wires did. Session descriptions cross here and
//! nowhere else. Jobs of one leg run one after another; legs do not wait for each other; no call blocks the loop.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::Future,
    pin::Pin,
};

use futures::{StreamExt, stream::FuturesUnordered};
use signaling::Report as Wires;
use store::journal::Journal;
use terms::{ConversationId, EndReason, LegId, Sdp};
use tokio::sync::mpsc;
use voicecall::Signal;

use crate::{
    effect::{DialOut, Effect, Endpoint, Refusal},
    shard::{Arrival, Input},
};

/// What a shard hands over after each lap.
pub(crate) enum Errand {
    Effects(Vec<Effect>),
    Forget(Vec<ConversationId>),
    /// The accounts and trunks changed.
    Phonebook(signaling::Phonebook),
}

enum Job {
    Answer,
    Dial(Box<DialOut>),
    /// The far end answered our offer.
    Accept(Option<Sdp>),
    Early(Sdp),
    /// Their answer to an offer of ours in a 200.
    Acked(Sdp),
    Reoffer(Option<Sdp>),
}

#[derive(Default)]
struct LegHand {
    queue: VecDeque<Job>,
    busy: bool,
    /// Their offer, until it is answered.
    offer: Option<Sdp>,
    /// The leg whose media this dialog carries, when it is a phone's second dialog.
    media: Option<LegId>,
    on_hold: bool,
    gone: bool,
}

type Running = Pin<Box<dyn Future<Output = Done> + Send>>;

/// What a finished job tells.
struct Done {
    leg: LegId,
    inputs: Vec<Input>,
    on_hold: Option<bool>,
}

pub(crate) struct Hands {
    signaling: signaling::Handle,
    media: media::Handle,
    journal: Journal,
    legs: BTreeMap<LegId, LegHand>,
    /// Conversations of which no dialog is kept.
    unkept: BTreeSet<ConversationId>,
    running: FuturesUnordered<Running>,
    outbox: VecDeque<Input>,
    inbox: mpsc::Sender<Input>,
}

impl Hands {
    pub(crate) fn new(
        signaling: signaling::Handle,
        media: media::Handle,
        journal: Journal,
        inbox: mpsc::Sender<Input>,
    ) -> Self {
        Self {
            signaling,
            media,
            journal,
            legs: BTreeMap::new(),
            unkept: BTreeSet::new(),
            running: FuturesUnordered::new(),
            outbox: VecDeque::new(),
            inbox,
        }
    }

    /// Until the shard lets go of its end.
    pub(crate) async fn run(
        mut self,
        mut errands: mpsc::Receiver<Errand>,
        mut wires: mpsc::Receiver<Wires>,
        mut sounds: mpsc::Receiver<media::Report>,
    ) {
        let inbox = self.inbox.clone();
        loop {
            let room = terms::limits::INBOX_MAX;
            tokio::select! {
                biased;
                errand = errands.recv() => match errand {
                    Some(errand) => self.errand(errand),
                    None => break,
                },
                Some(done) = self.running.next(), if !self.running.is_empty() => self.done(done),
                permit = inbox.reserve(), if !self.outbox.is_empty() => {
                    let Ok(permit) = permit else { break };
                    if let Some(input) = self.outbox.pop_front() {
                        permit.send(input);
                    }
                },
                Some(report) = wires.recv(), if self.outbox.len() < room => self.wire(report),
                Some(report) = sounds.recv(), if self.outbox.len() < room => self.sound(report),
            }
        }
    }

    fn errand(&mut self, errand: Errand) {
        match errand {
            Errand::Effects(effects) => effects.into_iter().for_each(|effect| self.effect(effect)),
            Errand::Phonebook(phonebook) => told(self.signaling.set_phonebook(phonebook)),
            Errand::Forget(conversations) => {
                self.unkept.retain(|id| !conversations.contains(id));
                self.legs.retain(|leg, hand| hand.busy || !conversations.contains(&leg.conversation));
            }
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::KeepNothing { conversation } => {
                self.unkept.insert(conversation);
            }
            Effect::Alert { leg } => told(self.signaling.ringing(leg)),
            Effect::Answer { leg } => self.queue(leg, Job::Answer),
            Effect::Refuse { leg, refusal } => {
                told(self.signaling.reject(leg, refusal_for(refusal)));
                self.legs.remove(&leg);
            }
            Effect::Dial { leg, call } => self.queue(leg, Job::Dial(Box::new(call))),
            Effect::HangUp { leg, reason } => self.hang_up(leg, reason),
            Effect::Obey { conversation, version, matrix } => self.media.obey(conversation, version, &matrix),
            Effect::KeepMessage { leg, most_ms } => self.running.push(keep(self.media.clone(), leg, most_ms)),
            Effect::DropMessage { leg } => self.media.drop_message(leg),
            Effect::Digits { leg, digits } => self.media.send_digits(leg, &digits),
            Effect::AnswerRefer { leg, accepted } => {
                told(self.signaling.answer_refer(leg, accepted));
                if accepted {
                    told(self.signaling.refer_result(leg, true));
                }
            }
            Effect::Adopt { wire, leg } => {
                self.legs.entry(wire).or_default().media = Some(leg);
                self.queue(wire, Job::Answer);
            }
        }
    }

    /// Hanging up overtakes whatever the leg still had to do.
    fn hang_up(&mut self, leg: LegId, reason: EndReason) {
        told(self.signaling.hang_up(leg, reason));
        let hand = self.legs.entry(leg).or_default();
        hand.gone = true;
        hand.queue.clear();
        if hand.media.is_none() {
            self.media.close(leg);
        }
        // The second dialogs of this phone go with it.
        let second: Vec<LegId> =
            self.legs.iter().filter(|(_, hand)| hand.media == Some(leg)).map(|(wire, _)| *wire).collect();
        for wire in second {
            told(self.signaling.hang_up(wire, reason));
            self.legs.remove(&wire);
        }
        let journal = self.journal.clone();
        self.running.push(Box::pin(async move {
            if let Err(error) = journal.forget_dialog(leg).await {
                tracing::debug!(%error, "a dialog snapshot stays until the next start");
            }
            Done { leg, inputs: Vec::new(), on_hold: None }
        }));
    }

    fn queue(&mut self, leg: LegId, job: Job) {
        let hand = self.legs.entry(leg).or_default();
        if hand.gone {
            return;
        }
        hand.queue.push_back(job);
        self.next_job(leg);
    }

    fn next_job(&mut self, leg: LegId) {
        let Some(hand) = self.legs.get_mut(&leg) else { return };
        if hand.busy {
            return;
        }
        let Some(job) = hand.queue.pop_front() else { return };
        hand.busy = true;
        let media_leg = hand.media.unwrap_or(leg);
        let (signaling, media) = (self.signaling.clone(), self.media.clone());
        let job = match job {
            Job::Answer => answer(signaling, media, leg, media_leg, hand.offer.take()),
            Job::Dial(call) => dial(signaling, media, leg, *call),
            Job::Accept(body) => accept(signaling, media, leg, body),
            Job::Early(body) => early(media, leg, body),
            Job::Acked(body) => accept_quietly(media, leg, media_leg, body),
            Job::Reoffer(body) => reoffer(signaling, media, leg, media_leg, body, hand.on_hold),
        };
        self.running.push(job);
    }

    fn done(&mut self, done: Done) {
        self.outbox.extend(done.inputs);
        let Some(hand) = self.legs.get_mut(&done.leg) else { return };
        hand.busy = false;
        hand.on_hold = done.on_hold.unwrap_or(hand.on_hold);
        if hand.gone {
            // A job that ran while it was hung up may have opened it again: close it for good.
            let (leg, opened) = (done.leg, hand.media.is_none());
            self.legs.remove(&leg);
            if opened {
                self.media.close(leg);
            }
            told(self.signaling.hang_up(leg, EndReason::Cancelled));
            return;
        }
        self.next_job(done.leg);
    }

    /// What signaling tells.
    fn wire(&mut self, report: Wires) {
        match report {
            Wires::Incoming(incoming) => {
                self.legs.entry(incoming.leg).or_default().offer = incoming.offer;
                self.outbox.push_back(Input::Arrived(Box::new(Arrival {
                    leg: incoming.leg,
                    from: incoming.from,
                    caller: incoming.caller,
                    display: incoming.display,
                    to: incoming.to,
                    replaces: incoming.replaces,
                    headers: incoming.headers,
                })));
            }
            Wires::Ringing { leg, body: Some(body) } => self.queue(leg, Job::Early(body)),
            Wires::Answered { leg, body } => self.queue(leg, Job::Accept(body)),
            Wires::Acked { leg, body: Some(body) } => self.queue(leg, Job::Acked(body)),
            Wires::Failed { leg, reason, .. } => {
                self.signal(leg, Signal::LegFailed { leg: leg.ordinal, reason });
                self.release(leg);
            }
            Wires::Ended { leg, reason } => {
                self.signal(leg, Signal::LegEnded { leg: leg.ordinal, reason });
                self.release(leg);
            }
            Wires::Reoffered { leg, body } => self.queue(leg, Job::Reoffer(body)),
            Wires::Reanswered { leg, body: Some(body) } => self.queue(leg, Job::Acked(body)),
            Wires::Digit { leg, digit } => self.outbox.push_back(Input::Digit { leg, digit }),
            Wires::Referred { leg, to, replaces } => {
                self.outbox.push_back(Input::Referred { leg, to, replaces })
            }
            Wires::Registered { user } => self.outbox.push_back(Input::Reachable { user, reachable: true }),
            Wires::Unregistered { user } => {
                self.outbox.push_back(Input::Reachable { user, reachable: false })
            }
            Wires::Established { leg, dialog } => self.keep_dialog(leg, dialog.0),
            Wires::Ringing { body: None, .. }
            | Wires::Acked { body: None, .. }
            | Wires::Reanswered { body: None, .. }
            | Wires::ReofferRefused { .. } => {}
        }
    }

    /// The wire is gone: its media goes too, and its dialog needs no goodbye.
    fn release(&mut self, leg: LegId) {
        let second = self.legs.get(&leg).is_some_and(|hand| hand.media.is_some());
        if let Some(hand) = self.legs.get_mut(&leg) {
            hand.gone = true;
            hand.queue.clear();
        }
        if !second {
            self.media.close(leg);
        }
        let journal = self.journal.clone();
        self.running.push(Box::pin(async move {
            if let Err(error) = journal.forget_dialog(leg).await {
                tracing::debug!(%error, "a dialog snapshot stays until the next start");
            }
            Done { leg, inputs: Vec::new(), on_hold: None }
        }));
    }

    fn keep_dialog(&mut self, leg: LegId, snapshot: String) {
        let unkept = self.unkept.contains(&leg.conversation);
        if unkept || self.legs.get(&leg).is_none_or(|hand| hand.gone) {
            return;
        }
        let journal = self.journal.clone();
        self.running.push(Box::pin(async move {
            if let Err(error) = journal.save_dialog(leg, snapshot).await {
                tracing::warn!(%error, "a dialog snapshot could not be kept; a restart cannot say goodbye on it");
            }
            Done { leg, inputs: Vec::new(), on_hold: None }
        }));
    }

    fn signal(&mut self, leg: LegId, signal: Signal) {
        self.outbox.push_back(Input::Signal { leg, signal });
    }

    /// What media tells.
    fn sound(&mut self, report: media::Report) {
        let (leg, signal) = match report {
            media::Report::Digit { leg, digit } => {
                self.outbox.push_back(Input::Digit { leg, digit });
                return;
            }
            media::Report::MessageSilent { leg } => {
                self.outbox.push_back(Input::MessageSilent { conversation: leg.conversation });
                return;
            }
            media::Report::Silent { leg } => (leg, Signal::WireLost { leg: leg.ordinal }),
            media::Report::Heard { leg } => (leg, Signal::WireBack { leg: leg.ordinal }),
            media::Report::TimedOut { leg } => {
                (leg, Signal::LegEnded { leg: leg.ordinal, reason: EndReason::MediaTimeout })
            }
            media::Report::PromptFinished { leg, prompt } => {
                (leg, Signal::PromptFinished { leg: leg.ordinal, prompt })
            }
            media::Report::Measured { leg, quality } => (leg, Signal::Measured { leg: leg.ordinal, quality }),
        };
        self.signal(leg, signal);
    }
}

/// Signaling's inbox is as large as a storm of calls; past that the wire is told again when its conversation settles.
fn told(sent: Result<(), signaling::Busy>) {
    if sent.is_err() {
        metrics::counter!("tandem_signaling_busy_total").increment(1);
        tracing::error!("signaling is too busy to be told; a wire may need its timeout");
    }
}

fn failed(leg: LegId, reason: EndReason) -> Vec<Input> {
    vec![Input::Signal { leg, signal: Signal::LegFailed { leg: leg.ordinal, reason } }]
}

fn answered(leg: LegId) -> Vec<Input> {
    vec![Input::Signal { leg, signal: Signal::LegAnswered { leg: leg.ordinal } }]
}

/// A media plane that stops leaves the file as it is; the next start keeps it.
fn keep(media: media::Handle, leg: LegId, most_ms: i64) -> Running {
    Box::pin(async move {
        let inputs = match media.keep_message(leg, most_ms).await {
            Ok(ms) => vec![Input::MessageKept { conversation: leg.conversation, ms }],
            Err(error) => {
                tracing::warn!(%error, leg = %leg, "a message is kept at the next start");
                Vec::new()
            }
        };
        Done { leg, inputs, on_hold: None }
    })
}

/// Their INVITE: with an offer we answer it; without one we offer, and their answer comes with the ACK.
fn answer(
    signaling: signaling::Handle,
    media: media::Handle,
    leg: LegId,
    media_leg: LegId,
    offer: Option<Sdp>,
) -> Running {
    Box::pin(async move {
        let described = match offer {
            Some(offer) => media.answer(media_leg, offer).await.map(|answer| answer.sdp),
            None => media.offer(media_leg).await,
        };
        let inputs = match described {
            Ok(body) => {
                told(signaling.answer(leg, body));
                answered(leg)
            }
            Err(error) => {
                tracing::info!(%error, leg = %leg, "a call cannot be answered");
                told(signaling.reject(leg, signaling::Refusal::NotAcceptable488));
                failed(leg, EndReason::Rejected)
            }
        };
        Done { leg, inputs, on_hold: Some(false) }
    })
}

fn dial(signaling: signaling::Handle, media: media::Handle, leg: LegId, call: DialOut) -> Running {
    Box::pin(async move {
        // A browser is offered what browsers speak; a phone that changes between now and then refuses the call.
        let in_browser = |user| signaling.reached_by(user) == Some(signaling::Transport::Ws);
        let described = match call.to {
            Endpoint::User(user) if in_browser(user) => media.offer_browser(leg).await,
            Endpoint::User(_) | Endpoint::Number { .. } => media.offer(leg).await,
        };
        let inputs = match described {
            Ok(body) => {
                let to = match call.to {
                    Endpoint::User(user) => signaling::Destination::User(user),
                    Endpoint::Number { trunk, number } => signaling::Destination::Number { trunk, number },
                };
                let (from, headers, auto_answer) = (call.from, call.headers, call.auto_answer);
                let dial = signaling::Dial { to, from, body: Some(body), auto_answer, headers };
                match signaling.dial(leg, dial) {
                    Ok(()) => Vec::new(),
                    Err(_) => failed(leg, EndReason::Unreachable),
                }
            }
            Err(error) => {
                tracing::warn!(%error, leg = %leg, "a leg cannot be dialed");
                failed(leg, EndReason::Unreachable)
            }
        };
        Done { leg, inputs, on_hold: None }
    })
}

fn accept(signaling: signaling::Handle, media: media::Handle, leg: LegId, body: Option<Sdp>) -> Running {
    Box::pin(async move {
        let accepted = match body {
            Some(body) => media.accept(leg, body).await.map(|_| ()),
            None => Err(media::MediaError::Malformed("an answer without a description")),
        };
        let inputs = match accepted {
            Ok(()) => answered(leg),
            Err(error) => {
                tracing::info!(%error, leg = %leg, "the answer of a far end is of no use");
                told(signaling.hang_up(leg, EndReason::Rejected));
                failed(leg, EndReason::Rejected)
            }
        };
        Done { leg, inputs, on_hold: Some(false) }
    })
}

/// Whoever waits for this wire hears it from now on; a description of no use leaves them our ringback.
fn early(media: media::Handle, leg: LegId, body: Sdp) -> Running {
    Box::pin(async move {
        let inputs = match media.accept(leg, body).await {
            Ok(_) => vec![Input::Signal { leg, signal: Signal::EarlyMedia { leg: leg.ordinal } }],
            Err(error) => {
                tracing::info!(%error, leg = %leg, "early media is of no use");
                Vec::new()
            }
        };
        Done { leg, inputs, on_hold: None }
    })
}

fn accept_quietly(media: media::Handle, leg: LegId, media_leg: LegId, body: Sdp) -> Running {
    Box::pin(async move {
        if let Err(error) = media.accept(media_leg, body).await {
            tracing::info!(%error, leg = %leg, "a description is of no use");
        }
        Done { leg, inputs: Vec::new(), on_hold: None }
    })
}

/// Their re-INVITE: hold and resume are read from the direction they want.
fn reoffer(
    signaling: signaling::Handle,
    media: media::Handle,
    leg: LegId,
    media_leg: LegId,
    body: Option<Sdp>,
    was_held: bool,
) -> Running {
    Box::pin(async move {
        let Some(offer) = body else {
            let answer = media.offer(media_leg).await.map_err(|_| signaling::Refusal::NotAcceptable488);
            told(signaling.answer_reoffer(leg, answer));
            return Done { leg, inputs: Vec::new(), on_hold: None };
        };
        match media.answer(media_leg, offer).await {
            Ok(answer) => {
                told(signaling.answer_reoffer(leg, Ok(answer.sdp)));
                let held = answer.direction.is_hold();
                let signal = if held {
                    Signal::PhoneHeld { leg: leg.ordinal }
                } else {
                    Signal::PhoneResumed { leg: leg.ordinal }
                };
                let changed = held != was_held;
                let inputs = if changed { vec![Input::Signal { leg, signal }] } else { Vec::new() };
                Done { leg, inputs, on_hold: Some(held) }
            }
            Err(error) => {
                tracing::info!(%error, leg = %leg, "a re-INVITE cannot be answered; the call goes on as it was");
                told(signaling.answer_reoffer(leg, Err(signaling::Refusal::NotAcceptable488)));
                Done { leg, inputs: Vec::new(), on_hold: None }
            }
        }
    })
}

fn refusal_for(refusal: Refusal) -> signaling::Refusal {
    match refusal {
        Refusal::NotFound => signaling::Refusal::NotFound404,
        Refusal::Forbidden => signaling::Refusal::Forbidden403,
        Refusal::Busy => signaling::Refusal::Busy486,
        Refusal::Unavailable => signaling::Refusal::Unavailable480,
        Refusal::Overloaded { retry_after_seconds } => {
            signaling::Refusal::Overloaded503 { retry_after_seconds }
        }
    }
}
