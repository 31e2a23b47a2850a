//! Every phone call of one round, so that after the kill each can be seen to end.

use std::sync::{Arc, Mutex, PoisonError};

use super::SOON;
use crate::stage::{
    Result,
    phone::{Call, Phase, Phone},
};

/// A phone with the calls it has had in this round.
pub struct Wires {
    pub phone: Phone,
    calls: Mutex<Vec<Arc<Call>>>,
}

impl Wires {
    pub fn new(phone: Phone) -> Wires {
        Wires { phone, calls: Mutex::default() }
    }

    pub fn keep(&self, call: Call) -> Arc<Call> {
        let call = Arc::new(call);
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
        call
    }

    /// The next call that comes in here.
    pub async fn rings(&self) -> Result<Arc<Call>> {
        Ok(self.keep(self.phone.next_call(SOON).await?))
    }

    pub async fn dials(&self, to: &str) -> Result<Arc<Call>> {
        Ok(self.keep(self.phone.dial(to).await?))
    }

    /// All calls so far, those nobody looked at included; none is kept.
    pub async fn take(&self) -> Result<Vec<Arc<Call>>> {
        while self.phone.has_waiting_call().await {
            self.rings().await?;
        }
        Ok(std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Gives up what never became a call: the killed server cannot have known whom to tell.
    pub async fn give_up(call: &Call) {
        let given_up = match call.phase() {
            Phase::Ended(_) => return,
            _ if call.arrived().is_some() && !call.is_up() => call.refuse(480).await,
            _ => call.hang_up().await,
        };
        // Nobody answers any more; the phone has noted it and goes on.
        drop(given_up);
    }
}
