//! One wire's media: how packets come in and go out. Plain RTP now; browsers' WebRTC stands beside it.

pub(crate) mod rtp;
