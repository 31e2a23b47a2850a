//! Answers to requests of ours: whose they are.

use terms::LegId;

use super::Edge;
use crate::{
    Credentials, Origin,
    transaction::{Arrived, Purpose},
};

impl Edge {
    pub(super) fn arrived(&mut self, arrived: Arrived) {
        match arrived.purpose.clone() {
            Purpose::Dial(leg) => self.dial_arrived(leg, arrived),
            Purpose::Reoffer(leg) => self.reoffer_arrived(leg, arrived),
            Purpose::Refresh(leg) => self.refresh_arrived(leg, &arrived),
            Purpose::Bye(leg) => self.bye_arrived(leg, &arrived),
            Purpose::Probe(leg) => self.probe_arrived(leg, arrived.response.status),
            Purpose::Register(trunk) => self.registration_arrived(trunk, &arrived),
            Purpose::Ping(trunk) => self.ping_arrived(trunk, &arrived),
            Purpose::Notify | Purpose::Farewell => {}
        }
    }

    /// Our BYE is answered; with or without consent the call is over, but a provider may want proof first.
    fn bye_arrived(&mut self, leg: LegId, arrived: &Arrived) {
        if arrived.response.status < 200 {
            return;
        }
        match self.improved(arrived) {
            Some(again) => {
                self.clients.send(&mut self.wire, again, arrived.flow, Purpose::Bye(leg));
            }
            None => {
                self.forget(leg);
            }
        }
    }

    /// What we prove ourselves with where this request went.
    pub(crate) fn credentials(&self, purpose: &Purpose) -> Option<Credentials> {
        let trunk = match (purpose, purpose.leg()) {
            (Purpose::Register(trunk) | Purpose::Ping(trunk), _) => *trunk,
            (_, Some(leg)) => match self.legs.get(&leg)?.origin? {
                Origin::Trunk(trunk) => trunk,
                Origin::User(_) => return None,
            },
            (_, None) => return None,
        };
        self.trunks.get(trunk)?.trunk.credentials.clone()
    }
}
