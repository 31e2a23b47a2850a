//! Browsers: a page of the test speaks WebRTC with the engine, through the same library on its own side.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use media::{
    Report,
    g711::{self, Law},
};
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    media::{Direction, MediaKind, Mid},
    net::{Protocol, Receive},
    rtp::RtpWrite,
};
use terms::Sdp;

use crate::phone::*;

/// A page that says a tone in PCMU and keeps what it hears.
struct Page {
    rtc: Rtc,
    socket: UdpSocket,
    mid: Option<Mid>,
    pending: Option<SdpPendingOffer>,
    hertz: f64,
    connected: bool,
    frames: u64,
    next_frame: Instant,
    heard: Vec<Packet>,
}

impl Page {
    fn new(hertz: f64) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        let now = Instant::now();
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(std::sync::Arc::new(str0m::crypto::from_feature_flags()))
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_pcmu(true, false)
            .build(now);
        rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        Self {
            rtc,
            socket,
            mid: None,
            pending: None,
            hertz,
            connected: false,
            frames: 0,
            next_frame: now,
            heard: Vec::new(),
        }
    }

    fn offer(&mut self) -> Sdp {
        let mut api = self.rtc.sdp_api();
        self.mid = Some(api.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None));
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        Sdp(offer.to_sdp_string())
    }

    fn restart_ice(&mut self) -> Sdp {
        let mut api = self.rtc.sdp_api();
        api.ice_restart(true);
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        Sdp(offer.to_sdp_string())
    }

    fn accept(&mut self, answer: &Sdp) {
        let answer = SdpAnswer::from_sdp_string(&answer.0).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    fn answer(&mut self, offer: &Sdp) -> Sdp {
        let offer = SdpOffer::from_sdp_string(&offer.0).unwrap();
        Sdp(self.rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string())
    }

    fn speak(&mut self, now: Instant) {
        while self.next_frame <= now {
            self.next_frame += Duration::from_millis(20);
            let (Some(mid), true) = (self.mid, self.connected) else { continue };
            let first = self.frames * 160;
            let samples: Vec<i16> = (first..first + 160)
                .map(|at| (9000.0 * (std::f64::consts::TAU * self.hertz * at as f64 / 8000.0).sin()) as i16)
                .collect();
            let mut body = [0u8; 160];
            let len = g711::encode(Law::Mu, &samples, &mut body);
            let mut api = self.rtc.direct_api();
            let stream = api.stream_tx_by_mid(mid, None).unwrap();
            let at = u32::try_from(self.frames * 160).unwrap();
            stream.write_rtp(RtpWrite::new(0.into(), (self.frames + 1).into(), at, now, &body[..len]));
            self.frames += 1;
        }
    }

    /// A few milliseconds of this page's life.
    fn live(&mut self) {
        let now = Instant::now();
        self.speak(now);
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(_) => break,
                Output::Transmit(packet) => {
                    self.socket.send_to(&packet.contents, packet.destination).unwrap();
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::MediaAdded(media)) => self.mid = Some(media.mid),
                Output::Event(Event::RtpPacket(packet)) => self.heard.push(Packet {
                    payload_type: *packet.header.payload_type,
                    marker: packet.header.marker,
                    sequence: packet.header.sequence_number,
                    timestamp: packet.header.timestamp,
                    ssrc: *packet.header.ssrc,
                    body: packet.payload.to_vec(),
                }),
                Output::Event(_) => {}
            }
        }
        let mut bytes = [0u8; 2048];
        let got = self.socket.recv_from(&mut bytes);
        let now = Instant::now();
        let input = match &got {
            Ok((len, from)) => {
                Receive::new(Protocol::Udp, *from, self.socket.local_addr().unwrap(), &bytes[..*len])
                    .map_or(Input::Timeout(now), |received| Input::Receive(now, received))
            }
            Err(_) => Input::Timeout(now),
        };
        self.rtc.handle_input(input).unwrap();
    }

    fn level(&self, hertz: f64) -> f64 {
        let first = self.heard.len().saturating_sub(25);
        tone_dbfs(&listen(&self.heard[first..], Speech::Mu), hertz)
    }
}

/// Lets the pages live until all is so.
fn until(pages: &mut [&mut Page], what: &str, mut so: impl FnMut(&[&mut Page]) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !so(pages) {
        pages.iter_mut().for_each(|page| page.live());
        assert!(Instant::now() < deadline, "{what} did not happen");
    }
}

fn port_of(sdp: &Sdp) -> &str {
    let candidate = sdp.0.lines().find(|line| line.starts_with("a=candidate:")).unwrap();
    candidate.split(' ').nth(5).unwrap()
}

fn phone_hears(phone: &Phone, hertz: f64) -> bool {
    let packets = phone.packets();
    let first = packets.len().saturating_sub(25);
    packets.len() > 25 && tone_dbfs(&listen(&packets[first..], Speech::Mu), hertz) > -30.0
}

#[test]
fn pages_and_a_phone_hear_each_other_and_the_pages_share_one_port() {
    let house = House::new();
    let legs = legs(70, 3);
    let phone = Phone::new(Speech::Mu, 440.0);
    house.join(legs[0], &phone);
    // One offers, the other is offered to.
    let (mut one, mut other) = (Page::new(620.0), Page::new(910.0));
    let offer = one.offer();
    let answer = house.run(house.handle.answer(legs[1], offer)).unwrap();
    assert_eq!(answer.direction, terms::Direction::SendRecv);
    one.accept(&answer.sdp);
    let offer = house.run(house.handle.offer_browser(legs[2])).unwrap();
    assert_eq!(port_of(&offer), port_of(&answer.sdp));
    for codec in ["opus/48000", "PCMU/8000", "PCMA/8000", "telephone-event/8000", "telephone-event/48000"] {
        assert!(offer.0.contains(codec), "{codec}\n{}", offer.0);
    }
    let theirs = other.answer(&offer);
    house.run(house.handle.accept(legs[2], theirs.clone())).unwrap();
    // The same answer again changes nothing.
    house.run(house.handle.accept(legs[2], theirs)).unwrap();
    house.handle.obey(legs[0].conversation, 1, &everybody(&legs));
    until(&mut [&mut one, &mut other], "everybody hears everybody", |pages| {
        let first = pages[0].level(440.0) > -30.0 && pages[0].level(910.0) > -30.0;
        let second = pages[1].level(440.0) > -30.0 && pages[1].level(620.0) > -30.0;
        first && second && phone_hears(&phone, 620.0) && phone_hears(&phone, 910.0)
    });
    assert!(one.level(620.0) < -45.0 && other.level(910.0) < -45.0);
}

#[test]
fn a_page_that_is_gone_is_missed_and_the_next_page_takes_its_place() {
    let mut house = House::with(|config| config.silent_ms = 400);
    let legs = legs(71, 2);
    let phone = Phone::new(Speech::Mu, 440.0);
    house.join(legs[0], &phone);
    let mut page = Page::new(620.0);
    let answer = house.run(house.handle.answer(legs[1], page.offer())).unwrap();
    page.accept(&answer.sdp);
    house.handle.obey(legs[0].conversation, 1, &everybody(&legs));
    until(&mut [&mut page], "the page is heard", |_| phone_hears(&phone, 620.0));
    // ICE restarts without a gap that anybody is told of.
    let answer = house.run(house.handle.answer(legs[1], page.restart_ice())).unwrap();
    page.accept(&answer.sdp);
    let before = page.heard.len();
    until(&mut [&mut page], "sound after the restart", |pages| pages[0].heard.len() > before + 50);
    assert!(phone_hears(&phone, 620.0));
    // And the other way round: we offer again, and the page answers.
    let offer = house.run(house.handle.offer(legs[1])).unwrap();
    house.run(house.handle.accept(legs[1], page.answer(&offer))).unwrap();
    let before = page.heard.len();
    until(&mut [&mut page], "sound after our offer", |pages| pages[0].heard.len() > before + 50);
    drop(page);
    let gone = |report: &Report| matches!(report, Report::Silent { leg } if *leg == legs[1]);
    house.report("the silence", gone);
    let mut next = Page::new(910.0);
    let answer = house.run(house.handle.answer(legs[1], next.offer())).unwrap();
    next.accept(&answer.sdp);
    until(&mut [&mut next], "the next page is heard", |pages| {
        phone_hears(&phone, 910.0) && pages[0].level(440.0) > -30.0
    });
    house.report("the return", |report| matches!(report, Report::Heard { leg } if *leg == legs[1]));
    house.handle.close(legs[1]);
    assert!(house.run(house.handle.accept(legs[1], answer.sdp)).is_err());
}

#[test]
fn a_page_that_speaks_nothing_of_ours_is_refused() {
    let house = House::new();
    let leg = legs(72, 1)[0];
    let video =
        Sdp("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\n".into());
    assert!(house.run(house.handle.answer(leg, video)).is_err());
    house.handle.close(leg);
}

#[test]
fn a_phone_does_not_turn_into_a_browser_in_the_middle_of_a_call() {
    let house = House::new();
    let leg = legs(73, 1)[0];
    let phone = Phone::new(Speech::Mu, 440.0);
    house.join(leg, &phone);
    assert_eq!(
        house.run(house.handle.answer(leg, Page::new(620.0).offer())),
        Err(media::MediaError::NoCommonCodec)
    );
    // And it is the phone that it was.
    house.join(leg, &phone);
    phone.next(5);
}
