//! One wire, whichever way its packets travel: what the tick sees of it.

use super::{
    rtp::{Described, PACKET_MAX, Packet, RtpWire, Stream},
    web::WebWire,
};
use crate::{
    clock::Now,
    codec::{Codec, PayloadMap},
    port::Inbox,
    quality::Reception,
};

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a wire lives in its leg, which is boxed as a whole")]
pub(crate) enum Wire {
    Plain(RtpWire),
    Web(Box<WebWire>),
}

impl Wire {
    pub(crate) fn stream(&mut self) -> &mut Stream {
        match self {
            Wire::Plain(wire) => &mut wire.stream,
            Wire::Web(wire) => &mut wire.stream,
        }
    }

    /// Whether there is somewhere to send to.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Wire::Plain(wire) => wire.target().is_some(),
            Wire::Web(wire) => wire.is_open(),
        }
    }

    /// The way itself is gone, whoever still means to speak on it.
    pub(crate) fn is_broken(&self) -> bool {
        match self {
            Wire::Plain(_) => false,
            Wire::Web(wire) => wire.is_broken(),
        }
    }

    pub(crate) fn rtt_us(&self) -> Option<u32> {
        match self {
            Wire::Plain(wire) => wire.rtt_us,
            Wire::Web(wire) => wire.rtt_us(),
        }
    }

    pub(crate) fn describe(&mut self, described: Described) {
        if let Wire::Plain(wire) = self {
            wire.describe(described);
        }
    }

    /// The next packet; the outer none means that nothing waits, the inner one that a packet was not for us.
    pub(crate) fn receive<'a>(
        &mut self,
        inbox: &'a mut Inbox,
        payloads: &PayloadMap,
        now: &Now,
    ) -> Option<Option<Packet<'a>>> {
        match self {
            Wire::Plain(wire) => wire.receive(inbox, payloads, now),
            Wire::Web(wire) => wire.receive(inbox, payloads),
        }
    }

    pub(crate) fn send(
        &mut self,
        buffer: &mut [u8; PACKET_MAX],
        number: u8,
        timestamp: u32,
        mark: bool,
        body: &[u8],
    ) {
        match self {
            Wire::Plain(wire) => wire.send(buffer, number, timestamp, mark, body),
            Wire::Web(wire) => wire.send(number, timestamp, mark, body),
        }
    }

    /// RTCP; a browser's session speaks its own.
    pub(crate) fn control(&mut self, inbox: &mut Inbox, reception: &mut Reception, codec: Codec, now: &Now) {
        if let Wire::Plain(wire) = self {
            wire.control(inbox, reception, codec, now);
        }
    }

    /// The last report, with a goodbye.
    pub(crate) fn say_goodbye(&mut self, reception: &mut Reception, codec: Codec, now: &Now) {
        match self {
            Wire::Plain(wire) => wire.report(reception, codec, now, true),
            Wire::Web(wire) => wire.say_goodbye(),
        }
    }
}
