//! A browser's wire: ICE, DTLS and SRTP by str0m, and plain packets on our side of it.
//!
//! The tick touches only the two rings here; everything that thinks, encrypts or allocates happens between ticks.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    config::{CryptoProvider, DtlsCert},
    format::{self, FormatParams},
    media::{Direction, Frequency, MediaKind, Mid},
    net::{Protocol, Receive},
    rtp::RtpWrite,
};
use terms::Sdp;

use super::{
    ring::{BODY_MAX, Head, Ring},
    rtp::{Packet, Stream},
};
use crate::{
    MediaError,
    clock::Micros,
    codec::{Codec, Payload, PayloadMap},
    plane::SendAs,
    port::Inbox,
    sdp::web,
};

/// Packets that may wait for the next tick: a browser's burst after a stall.
const INBOUND_MAX: usize = 48;
/// Packets that may wait for the end of the tick that made them.
const OUTBOUND_MAX: usize = 4;
const STATS_EVERY: Duration = Duration::from_secs(5);
/// What one turn may make of a session; far more than any does.
const OUTPUTS_MAX: usize = 512;

/// What every session of a thread is made with.
#[derive(Clone)]
pub(crate) struct Kit {
    provider: Arc<CryptoProvider>,
    certificate: DtlsCert,
    /// Where browsers reach this thread's port.
    pub(crate) address: SocketAddr,
}

impl std::fmt::Debug for Kit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kit").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Kit {
    /// With a fresh certificate, which lives as long as the process.
    pub(crate) fn new(address: SocketAddr) -> Result<Self, MediaError> {
        let provider = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = provider
            .dtls_provider
            .generate_certificate()
            .ok_or_else(|| MediaError::Start("no DTLS certificate can be made".to_owned()))?;
        Ok(Self { provider, certificate, address })
    }

    /// The same for another thread's port.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    fn session(&self, now: Instant) -> Result<Rtc, MediaError> {
        let mut config = RtcConfig::new()
            .set_crypto_provider(Arc::clone(&self.provider))
            .set_dtls_cert(self.certificate.clone())
            // Full ICE: lite costs a second where we offer.
            .set_ice_lite(false)
            .set_rtp_mode(true)
            .set_stats_interval(Some(STATS_EVERY))
            .clear_codecs()
            .enable_opus(true, false)
            .enable_pcmu(true, false)
            .enable_pcma(true, false);
        for (number, clock) in [(110, Frequency::FORTY_EIGHT_KHZ), (126, Frequency::EIGHT_KHZ)] {
            let plain = FormatParams::default();
            config.codec_config().add_config(number.into(), None, format::Codec::Tele, clock, None, plain);
        }
        let mut rtc = config.build(now);
        let candidate = Candidate::host(self.address, "udp")
            .map_err(|error| MediaError::Start(format!("no ICE candidate for the media address: {error}")))?;
        rtc.add_local_candidate(candidate);
        Ok(rtc)
    }
}

/// What an offer and its answer have settled.
#[derive(Clone, Debug)]
pub(crate) struct WebAgreed {
    pub(crate) payloads: PayloadMap,
    pub(crate) send: SendAs,
}

#[derive(Debug)]
pub(crate) struct WebWire {
    pub(crate) stream: Stream,
    kit: Kit,
    rtc: Rtc,
    /// Our one line of voice, once it is described.
    mid: Option<Mid>,
    /// Our offer, until it is answered.
    pending: Option<SdpPendingOffer>,
    /// The certificate the browser described: another one is another page.
    fingerprint: Option<String>,
    inbound: Ring,
    outbound: Ring,
    sequence: u64,
    due: Instant,
    open: bool,
    broken: bool,
    rtt_us: Option<u32>,
}

fn unreadable(error: impl std::fmt::Display) -> MediaError {
    tracing::debug!(%error, "a browser's description is of no use");
    MediaError::Malformed("a browser's description that WebRTC cannot use")
}

impl WebWire {
    pub(crate) fn new(kit: &Kit, stream: Stream, now: Instant) -> Result<Self, MediaError> {
        Ok(Self {
            rtc: kit.session(now)?,
            kit: kit.clone(),
            mid: None,
            pending: None,
            fingerprint: None,
            inbound: Ring::new(INBOUND_MAX),
            outbound: Ring::new(OUTBOUND_MAX),
            // Below 2^16, since a fresh receiver takes the rollover count for zero (RFC 3711 §3.3.1).
            sequence: u64::from(stream.sequence >> 1),
            stream,
            due: now,
            open: false,
            broken: false,
            rtt_us: None,
        })
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }
    pub(crate) const fn is_broken(&self) -> bool {
        self.broken
    }
    pub(crate) const fn rtt_us(&self) -> Option<u32> {
        self.rtt_us
    }

    /// The name that the browser's ICE checks call us by.
    pub(crate) fn ice_name(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    pub(crate) fn offer(&mut self) -> Result<Sdp, MediaError> {
        let mut api = self.rtc.sdp_api();
        match self.mid {
            // A line that stands can only be offered anew with fresh names for its checks.
            Some(_) => {
                api.ice_restart(true);
            }
            None => self.mid = Some(api.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None)),
        }
        let (offer, pending) = api.apply().ok_or(MediaError::Malformed("there is nothing new to offer"))?;
        self.pending = Some(pending);
        Ok(Sdp(offer.to_sdp_string()))
    }

    /// Answers an offer: of this page, of its restarted ICE, or of the page that came after it.
    pub(crate) fn answer(&mut self, text: &str, now: Instant) -> Result<(Sdp, WebAgreed), MediaError> {
        let theirs = web::read(text)?;
        if self.fingerprint.as_ref().is_some_and(|known| *known != theirs.fingerprint) {
            self.begin_anew(now)?;
        }
        let offer = SdpOffer::from_sdp_string(&theirs.text).map_err(unreadable)?;
        let answer = self.rtc.sdp_api().accept_offer(offer).map_err(unreadable)?;
        self.pending = None;
        self.fingerprint = Some(theirs.fingerprint);
        self.mid = Some(theirs.mid.as_str().into());
        self.due = now;
        let agreed = self.agreed()?;
        Ok((Sdp(answer.to_sdp_string()), agreed))
    }

    /// Takes the answer to our offer; none when that was answered before.
    pub(crate) fn accept(&mut self, text: &str, now: Instant) -> Result<Option<WebAgreed>, MediaError> {
        let Some(pending) = self.pending.take() else { return Ok(None) };
        let theirs = web::read(text)?;
        let answer = SdpAnswer::from_sdp_string(&theirs.text).map_err(unreadable)?;
        self.rtc.sdp_api().accept_answer(pending, answer).map_err(unreadable)?;
        self.fingerprint = Some(theirs.fingerprint);
        self.due = now;
        self.agreed().map(Some)
    }

    fn begin_anew(&mut self, now: Instant) -> Result<(), MediaError> {
        self.rtc = self.kit.session(now)?;
        self.mid = None;
        self.pending = None;
        self.inbound.clear();
        self.outbound.clear();
        self.open = false;
        self.broken = false;
        self.rtt_us = None;
        self.stream.mark = true;
        Ok(())
    }

    /// What the numbers of both descriptions mean; we send the first codec of theirs.
    fn agreed(&self) -> Result<WebAgreed, MediaError> {
        let media = self.mid.and_then(|mid| self.rtc.media(mid)).ok_or(MediaError::NoCommonCodec)?;
        let mut payloads = PayloadMap::new();
        let mut codecs = Vec::new();
        let mut events = Vec::new();
        for number in media.remote_pts() {
            let params = self.rtc.codec_config().params().iter().find(|params| params.pt() == *number);
            let Some(spec) = params.map(|params| params.spec()) else { continue };
            let number = **number;
            let payload = match spec.codec {
                format::Codec::Opus => Payload::Audio(Codec::Opus),
                format::Codec::PCMU => Payload::Audio(Codec::Pcmu),
                format::Codec::PCMA => Payload::Audio(Codec::Pcma),
                format::Codec::Tele => Payload::Events,
                _ => continue,
            };
            match payload {
                Payload::Audio(codec) => codecs.push((codec, number)),
                _ => events.push((number, spec.clock_rate.get())),
            }
            payloads.set(number, payload);
        }
        let (codec, number) = *codecs.first().ok_or(MediaError::NoCommonCodec)?;
        let fitting = events.iter().find(|(_, clock)| *clock == codec.clock());
        let events = fitting.or(events.first()).copied();
        Ok(WebAgreed { payloads, send: SendAs { codec, number, events } })
    }

    /// What the tick takes: the oldest packet that came.
    pub(crate) fn receive<'a>(
        &mut self,
        inbox: &'a mut Inbox,
        payloads: &PayloadMap,
    ) -> Option<Option<Packet<'a>>> {
        let (head, len) = self.inbound.pop(&mut inbox.bytes)?;
        let payload = payloads.get(head.number);
        Some((payload != Payload::Unknown).then_some(Packet {
            payload,
            ssrc: head.ssrc,
            sequence: head.sequence,
            timestamp: head.timestamp,
            body: &inbox.bytes[..len],
            arrived: head.arrived,
        }))
    }

    /// What the tick leaves behind: it goes out when the tick is over.
    pub(crate) fn send(&mut self, number: u8, timestamp: u32, mark: bool, body: &[u8]) {
        self.outbound.push(Head { number, timestamp, mark, ..Head::default() }, body);
    }

    /// A datagram came; false when it is none of this session's.
    pub(crate) fn take_in(
        &mut self,
        bytes: &[u8],
        from: SocketAddr,
        now: Instant,
        arrived: Micros,
        socket: &UdpSocket,
    ) -> bool {
        let Ok(contents) = bytes.try_into() else { return false };
        let destination = self.kit.address;
        let input =
            Input::Receive(now, Receive { proto: Protocol::Udp, source: from, destination, contents });
        if !self.rtc.accepts(&input) {
            return false;
        }
        if let Err(error) = self.rtc.handle_input(input) {
            tracing::debug!(%error, "a browser's packet is of no use");
        }
        self.drain(arrived, socket);
        true
    }

    /// Sends what the tick made, and does what is due.
    pub(crate) fn turn(&mut self, now: Instant, arrived: Micros, socket: &UdpSocket) {
        let wrote = self.write(now);
        let due = self.due <= now;
        if due && let Err(error) = self.rtc.handle_input(Input::Timeout(now)) {
            tracing::debug!(%error, "a browser's session failed");
            self.broken = true;
        }
        if wrote || due {
            self.drain(arrived, socket);
        }
    }

    fn write(&mut self, now: Instant) -> bool {
        if self.outbound.is_empty() {
            return false;
        }
        let mut body = [0; BODY_MAX];
        let Some(mid) = self.mid.filter(|_| self.open) else {
            self.outbound.clear();
            return false;
        };
        while let Some((head, len)) = self.outbound.pop(&mut body) {
            let mut api = self.rtc.direct_api();
            let Some(stream) = api.stream_tx_by_mid(mid, None) else { continue };
            let packet =
                RtpWrite::new(head.number.into(), self.sequence.into(), head.timestamp, now, &body[..len]);
            stream.write_rtp(packet.marker(head.mark));
            self.sequence += 1;
        }
        true
    }

    /// Takes what the session has to give, until it says when it wants to be asked again.
    fn drain(&mut self, arrived: Micros, socket: &UdpSocket) {
        for _ in 0..OUTPUTS_MAX {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(due)) => {
                    self.due = due;
                    return;
                }
                Ok(Output::Transmit(packet)) => {
                    // What the network does not take is lost, as any packet may be.
                    let _ = socket.send_to(&packet.contents, packet.destination);
                }
                Ok(Output::Event(event)) => self.happened(event, arrived),
                Err(error) => {
                    tracing::debug!(%error, "a browser's session failed");
                    self.broken = true;
                    return;
                }
            }
        }
    }

    fn happened(&mut self, event: Event, arrived: Micros) {
        match event {
            Event::Connected => self.open = true,
            Event::IceConnectionStateChange(state) => {
                self.broken = state == IceConnectionState::Disconnected;
            }
            Event::RtpPacket(packet) => {
                let header = &packet.header;
                let head = Head {
                    number: *header.payload_type,
                    mark: header.marker,
                    ssrc: *header.ssrc,
                    sequence: header.sequence_number,
                    timestamp: header.timestamp,
                    arrived,
                    ..Head::default()
                };
                self.inbound.push(head, &packet.payload);
            }
            Event::MediaEgressStats(stats) => {
                let rtt = stats.rtt.and_then(|rtt| u32::try_from(rtt.as_micros()).ok());
                self.rtt_us = rtt.or(self.rtt_us);
            }
            _ => {}
        }
    }

    /// Tells the browser that the session is over; what that takes goes out with the next [`WebWire::flush`].
    pub(crate) fn say_goodbye(&mut self) {
        // A session that never came about has nobody to tell.
        let _ = self.rtc.close();
    }

    /// What is left to send of a session that is over.
    pub(crate) fn flush(&mut self, socket: &UdpSocket) {
        self.drain(0, socket);
    }
}
