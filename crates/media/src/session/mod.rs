//! One wire's media: how packets come in and go out, by plain RTP or by a browser's WebRTC.

mod ring;
pub(crate) mod rtp;
pub(crate) mod web;
mod wire;

pub(crate) use wire::Wire;
