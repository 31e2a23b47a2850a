//! People of a wired story: a phone, its calls, and for staff a sign-in.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Mutex, MutexGuard};

use super::SOON;
use crate::stage::{
    Result, StageError,
    client::{Client, User},
    phone::{Call, Phase, Phone},
    tone::Pilot,
    voice::Says,
    wait::until_async,
};

/// One person with everything the stage holds for them.
pub struct Person {
    pub name: String,
    pub pilot: Pilot,
    /// A caller's own; for calls to numbers outside the network's phone rings.
    pub phone: Option<Phone>,
    pub staff: Option<Staff>,
    /// None is withheld, or staff.
    pub number: Option<String>,
    pub(super) calls: Mutex<Vec<Arc<Call>>>,
}

pub struct Staff {
    pub user: User,
    pub client: Client,
    pub extension: String,
}

impl Person {
    /// Takes in what has come to the phone since.
    async fn take_in(&self, network: &Phone, everybody: &[Arc<Person>]) -> Result<()> {
        let instant = Duration::from_secs(1);
        if let Some(phone) = &self.phone {
            while phone.has_waiting_call().await {
                self.calls.lock().await.push(Arc::new(phone.next_call(instant).await?));
            }
        }
        while network.has_waiting_call().await {
            let call = network.next_call(instant).await?;
            let to = call.arrived().map(|arrived| arrived.to_user.clone()).unwrap_or_default();
            let called = everybody.iter().find(|one| one.number.as_deref() == Some(to.as_str()));
            let called = called.ok_or_else(|| StageError::Unsound(format!("a call for a stranger, {to}")))?;
            call.voice().say(Says::Pilot(called.pilot));
            called.calls.lock().await.push(Arc::new(call));
        }
        Ok(())
    }

    async fn calls(
        &self,
        network: &Phone,
        everybody: &[Arc<Person>],
    ) -> Result<MutexGuard<'_, Vec<Arc<Call>>>> {
        self.take_in(network, everybody).await?;
        Ok(self.calls.lock().await)
    }

    /// The newest call that rings here.
    pub(super) async fn ringing(
        &self,
        network: &Phone,
        everybody: &[Arc<Person>],
        limit: Duration,
    ) -> Result<Arc<Call>> {
        until_async(&format!("{}'s phone rings", self.name), limit, || async {
            let calls = self.calls(network, everybody).await.map_err(|error| error.to_string())?;
            let rings = |call: &&Arc<Call>| {
                call.arrived().is_some() && matches!(call.phase(), Phase::Ringing | Phase::Dialing)
            };
            let phases = || calls.iter().map(|call| format!("{:?}", call.phase())).collect::<Vec<_>>();
            calls.iter().rev().find(rings).cloned().ok_or_else(|| phases().join(", "))
        })
        .await
    }

    /// Calls that are not over, the oldest first.
    pub(super) async fn live(&self, network: &Phone, everybody: &[Arc<Person>]) -> Result<Vec<Arc<Call>>> {
        let calls = self.calls(network, everybody).await?;
        Ok(calls.iter().filter(|call| !matches!(call.phase(), Phase::Ended(_))).cloned().collect())
    }

    /// The newest answered call, waited for.
    pub(super) async fn up(&self, network: &Phone, everybody: &[Arc<Person>]) -> Result<Arc<Call>> {
        until_async(&format!("{} is in a call", self.name), SOON, || async {
            let live = self.live(network, everybody).await.map_err(|error| error.to_string())?;
            live.iter()
                .rev()
                .find(|call| call.is_up())
                .cloned()
                .ok_or_else(|| format!("{} calls", live.len()))
        })
        .await
    }

    /// What the server and the phone said, for a failed story.
    pub(super) fn trace(&self) -> String {
        self.phone.as_ref().map(|phone| format!("--- {}\n{}", self.name, phone.trace())).unwrap_or_default()
    }
}
