//! A SIP phone of our own, written by hand from the standards and apart from the product, so that it can judge it.
//! It plays desk phones that register and the far end of trunks alike.

mod answers;
mod call;
mod config;
mod deeds;
pub mod digest;
mod endpoint;
pub mod message;
mod order;
mod requests;
pub mod sdp;
mod transaction;
mod wire;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot, watch},
};

pub use call::{Arrived, Call, CallEvent, DialogName, Ending, Phase, Side};
pub use config::{PhoneConfig, Reception};
pub use order::Dial;

use super::{
    error::{Result, StageError},
    tone::Pilot,
    wait::within,
};
use endpoint::{Endpoint, Registration, Trace, token};
use order::{Order, Reply};

/// Calls that may wait to be looked at.
const WAITING: usize = 64;
const ORDERS: usize = 64;

/// A phone; it ends when it and all of its calls are dropped.
pub struct Phone {
    config: PhoneConfig,
    orders: mpsc::Sender<Order>,
    calls: tokio::sync::Mutex<mpsc::Receiver<Call>>,
    address: watch::Receiver<SocketAddr>,
    trace: Trace,
}

impl Phone {
    pub async fn start(config: PhoneConfig) -> Result<Phone> {
        let socket = UdpSocket::bind((config.bind, 0)).await?;
        let local = socket.local_addr()?;
        let (orders, orders_out) = mpsc::channel(ORDERS);
        let (calls_in, calls) = mpsc::channel(WAITING);
        let (address_in, address) = watch::channel(local);
        let trace = Trace::default();
        let endpoint = Endpoint {
            config: config.clone(),
            socket,
            local,
            orders: orders_out,
            orders_in: orders.downgrade(),
            calls_in,
            calls: BTreeMap::new(),
            next_call: 0,
            clients: Vec::new(),
            servers: Vec::new(),
            registration: Registration { call_id: token(), tag: token(), cseq: 0, again: None },
            known: None,
            vanished: false,
            trace: trace.clone(),
            address: address_in,
        };
        tokio::spawn(endpoint.run());
        Ok(Phone { config, orders, calls: tokio::sync::Mutex::new(calls), address, trace })
    }

    pub fn config(&self) -> &PhoneConfig {
        &self.config
    }
    pub fn pilot(&self) -> Pilot {
        self.config.pilot
    }
    pub fn address(&self) -> SocketAddr {
        *self.address.borrow()
    }
    /// Every message of late, newest last: what a failed story shows.
    pub fn trace(&self) -> String {
        self.trace.text()
    }

    async fn ask<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let stopped = || StageError::Stopped("the phone".into());
        self.orders.send(order(reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Registers, and from then on registers again in time by itself.
    pub async fn register(&self) -> Result<()> {
        let seconds = self.config.register_seconds;
        self.ask(|reply| Order::Register { seconds, reply }).await
    }
    pub async fn unregister(&self) -> Result<()> {
        self.ask(|reply| Order::Register { seconds: 0, reply }).await
    }
    /// Calls `to`: a number, an extension, a feature code.
    pub async fn dial(&self, to: &str) -> Result<Call> {
        self.dial_with(Dial::to(to)).await
    }
    pub async fn dial_with(&self, dial: Dial) -> Result<Call> {
        self.ask(|reply| Order::Dial { dial, reply }).await
    }
    /// The next call that comes in.
    pub async fn next_call(&self, limit: Duration) -> Result<Call> {
        let what = format!("a call for {}", self.config.user);
        let mut calls = self.calls.lock().await;
        within(&what, limit, calls.recv()).await?.ok_or_else(|| StageError::Stopped("the phone".into()))
    }
    /// Whether a call has come in that nobody looked at yet.
    pub async fn has_waiting_call(&self) -> bool {
        !self.calls.lock().await.is_empty()
    }
    /// OPTIONS to the server; the status of its answer.
    pub async fn probe(&self) -> Result<u16> {
        self.ask(|reply| Order::Probe { reply }).await
    }
    /// The cable is pulled: SIP and RTP stop both ways without a word.
    pub async fn vanish(&self) -> Result<()> {
        self.ask(|reply| Order::Vanish { reply }).await
    }
    /// The cable is back, with the same ports and dialogs.
    pub async fn come_back(&self) -> Result<()> {
        self.ask(|reply| Order::ComeBack { reply }).await
    }
    /// As after a change of network or a restart of the phone: a new port, and no memory of any call.
    pub async fn move_on(&self) -> Result<()> {
        self.ask(|reply| Order::Move { reply }).await
    }
}

#[cfg(test)]
mod tests;
