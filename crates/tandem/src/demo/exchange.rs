//! An exchange: a SIP side of the practice with the voices on its wires, beating every 20 ms.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use signaling::{Config, Dial, Handle, Incoming, Phonebook, Refusal, Report};
use terms::{EndReason, LegId};
use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior, interval},
};

use super::mouth::Mouth;

/// One packet.
const BEAT: Duration = Duration::from_millis(20);
/// Wires of one side at one time; the practice stays far below.
const LEGS_MAX: usize = 64;

/// Beats in so many seconds.
pub(super) const fn beats(seconds: u64) -> u64 {
    seconds * 50
}

pub(super) struct Exchange {
    signaling: Handle,
    reports: mpsc::Receiver<Report>,
    beat: Interval,
    /// Counts on; the exchange's clock.
    pub(super) beats: u64,
    mouths: BTreeMap<LegId, Mouth>,
}

/// What an exchange tells whoever runs it.
pub(super) enum Happening {
    Beat,
    Incoming(Box<Incoming>),
    /// It ended, or never came about.
    Ended(LegId),
    /// There is no SIP any more.
    Stopped,
}

impl Exchange {
    pub(super) async fn start(listen: SocketAddr) -> anyhow::Result<Self> {
        let config = Config { listen_udp: listen, legs_max: LEGS_MAX, ..Config::default() };
        let (signaling, reports) =
            Handle::start(config, Phonebook::default()).await.context("SIP of the practice")?;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
        Ok(Self { signaling, reports, beat, beats: 0, mouths: BTreeMap::new() })
    }

    pub(super) fn signaling(&self) -> Handle {
        self.signaling.clone()
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.signaling.addresses().udp
    }

    /// Waits for the next thing; descriptions are dealt with here.
    pub(super) async fn next(&mut self) -> Happening {
        loop {
            tokio::select! {
                _ = self.beat.tick() => {
                    self.beats += 1;
                    self.mouths.values_mut().for_each(Mouth::speak);
                    return Happening::Beat;
                }
                report = self.reports.recv() => {
                    let Some(report) = report else { return Happening::Stopped };
                    if let Some(happening) = self.report(report) {
                        return happening;
                    }
                }
            }
        }
    }

    fn report(&mut self, report: Report) -> Option<Happening> {
        match report {
            Report::Incoming(incoming) => return Some(Happening::Incoming(Box::new(incoming))),
            Report::Ringing { leg, body } | Report::Answered { leg, body } | Report::Acked { leg, body } => {
                if let (Some(mouth), Some(body)) = (self.mouths.get_mut(&leg), body) {
                    mouth.learn(&body);
                }
            }
            Report::Reoffered { leg, body } => {
                if let Some(mouth) = self.mouths.get_mut(&leg) {
                    body.iter().for_each(|theirs| mouth.learn(theirs));
                    let answer = mouth.describe();
                    self.tell(|signaling| signaling.answer_reoffer(leg, Ok(answer)));
                }
            }
            Report::Failed { leg, .. } | Report::Ended { leg, .. } => {
                self.mouths.remove(&leg);
                return Some(Happening::Ended(leg));
            }
            Report::Reanswered { .. }
            | Report::ReofferRefused { .. }
            | Report::Digit { .. }
            | Report::Referred { .. }
            | Report::Registered { .. }
            | Report::Unregistered { .. }
            | Report::Established { .. } => {}
        }
        None
    }

    /// Calls somebody; false when it cannot be tried now.
    pub(super) fn call(&mut self, leg: LegId, voice: Arc<[u8]>, dial: Dial) -> bool {
        let Ok(mut mouth) = Mouth::open(voice) else { return false };
        let body = Some(mouth.describe());
        self.mouths.insert(leg, mouth);
        self.signaling.dial(leg, Dial { body, ..dial }).is_ok()
    }

    pub(super) fn ring(&self, leg: LegId) {
        self.tell(|signaling| signaling.ringing(leg));
    }

    /// Answers a call that came in; false when there is no wire to speak on.
    pub(super) fn answer(&mut self, incoming: &Incoming, voice: Arc<[u8]>) -> bool {
        let Ok(mut mouth) = Mouth::open(voice) else {
            self.refuse(incoming.leg);
            return false;
        };
        incoming.offer.iter().for_each(|offer| mouth.learn(offer));
        let answer = mouth.describe();
        self.mouths.insert(incoming.leg, mouth);
        self.tell(|signaling| signaling.answer(incoming.leg, answer));
        true
    }

    pub(super) fn refuse(&self, leg: LegId) {
        self.tell(|signaling| signaling.reject(leg, Refusal::Busy486));
    }

    /// No `Ended` follows.
    pub(super) fn hang_up(&mut self, leg: LegId) {
        self.mouths.remove(&leg);
        self.tell(|signaling| signaling.hang_up(leg, EndReason::HungUp));
    }

    /// A full inbox costs this one command; the far end's timers clear up after it.
    fn tell(&self, command: impl FnOnce(&Handle) -> Result<(), signaling::Busy>) {
        if command(&self.signaling).is_err() {
            tracing::warn!("SIP of the practice is too busy; a command is lost");
        }
    }
}
