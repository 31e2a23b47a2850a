//! Phones against each other, with no server between them.

use std::time::Duration;

use super::*;
use crate::stage::{g711::Law, wait::until};

const SOON: Duration = Duration::from_secs(10);

fn config(user: &str, number: usize) -> PhoneConfig {
    // No server: phones that call each other directly name each other's address.
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    PhoneConfig::trunk(user, nobody, Pilot::nth(number))
}

async fn two(change: impl Fn(&mut PhoneConfig)) -> (Phone, Phone) {
    let mut ana = config("ana", 0);
    let mut ben = config("ben", 1);
    change(&mut ana);
    change(&mut ben);
    (Phone::start(ana).await.unwrap(), Phone::start(ben).await.unwrap())
}

async fn connected(ana: &Phone, ben: &Phone) -> (Call, Call) {
    let out = ana.dial_with(Dial::to("ben").at(ben.address())).await.unwrap();
    let come = ben.next_call(SOON).await.unwrap();
    out.ringing(SOON).await.unwrap();
    come.answer().await.unwrap();
    out.answered(SOON).await.unwrap();
    (out, come)
}

async fn hear_each_other(out: &Call, come: &Call) {
    out.voice().hears_exactly(&[Pilot::nth(1)], false, SOON).await.unwrap();
    come.voice().hears_exactly(&[Pilot::nth(0)], false, SOON).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_call_hear_each_other_and_part() {
    for law in [Law::Mu, Law::A] {
        let (ana, ben) = two(|config| config.laws = vec![law]).await;
        let (out, come) = connected(&ana, &ben).await;
        assert_eq!(come.arrived().unwrap().from_user, "ana");
        assert_eq!(come.arrived().unwrap().to_user, "ben");
        hear_each_other(&out, &come).await;
        out.hang_up().await.unwrap();
        let ending = come.ended(SOON).await.unwrap();
        assert_eq!((ending.by, ending.status), (Side::Them, 200));
        assert_eq!(out.ended(SOON).await.unwrap().by, Side::Us);
        assert_eq!(out.voice().arrivals().sources.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_offer_connects_as_well() {
    let (ana, ben) = two(|_| {}).await;
    let out = ana.dial_with(Dial::to("ben").at(ben.address()).late()).await.unwrap();
    let come = ben.next_call(SOON).await.unwrap();
    assert!(come.arrived().unwrap().late_offer);
    come.answer().await.unwrap();
    out.answered(SOON).await.unwrap();
    hear_each_other(&out, &come).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn early_media_is_heard_before_the_answer() {
    let (ana, ben) = two(|_| {}).await;
    let mut out = ana.dial_with(Dial::to("ben").at(ben.address())).await.unwrap();
    let come = ben.next_call(SOON).await.unwrap();
    come.early_media().await.unwrap();
    out.event("183 with sound", SOON, |e| {
        (*e == CallEvent::Progress { status: 183, sound: true }).then_some(())
    })
    .await
    .unwrap();
    out.voice().hears_exactly(&[Pilot::nth(1)], false, SOON).await.unwrap();
    assert!(!out.is_up());
    come.answer().await.unwrap();
    hear_each_other(&out, &come).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_arrive_with_their_status() {
    for status in [486, 603, 480] {
        let (ana, ben) = two(|config| config.reception = Reception::Refuse(status)).await;
        let out = ana.dial_with(Dial::to("ben").at(ben.address())).await.unwrap();
        assert_eq!(out.ended(SOON).await.unwrap().status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ringing_call_is_called_off_by_cancel() {
    let (ana, ben) = two(|_| {}).await;
    let out = ana.dial_with(Dial::to("ben").at(ben.address())).await.unwrap();
    // At once: the phone waits for a provisional answer by itself.
    out.hang_up().await.unwrap();
    let come = ben.next_call(SOON).await.unwrap();
    assert_eq!(come.ended(SOON).await.unwrap().by, Side::Them);
    let ending = out.ended(SOON).await.unwrap();
    assert_eq!((ending.by, ending.status), (Side::Us, 487));
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_answer_by_themselves_when_told_by_header_or_by_reception() {
    let (ana, ben) = two(|_| {}).await;
    let dial = Dial::to("ben").at(ben.address()).header("Call-Info", "<sip:x>;answer-after=0");
    let out = ana.dial_with(dial).await.unwrap();
    out.answered(SOON).await.unwrap();
    let (ana, ben) = two(|config| config.reception = Reception::Answer(Duration::from_millis(50))).await;
    let out = ana.dial_with(Dial::to("ben").at(ben.address())).await.unwrap();
    out.answered(SOON).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hold_silences_both_ways_and_resume_brings_both_voices_back() {
    let (ana, ben) = two(|_| {}).await;
    let (out, mut come) = connected(&ana, &ben).await;
    hear_each_other(&out, &come).await;
    out.hold().await.unwrap();
    let held =
        come.event("hold", SOON, |e| if let CallEvent::Reoffered(f) = e { Some(*f) } else { None }).await;
    assert_eq!(held.unwrap(), sdp::Flow::ReceiveOnly);
    come.voice().hears_silence(SOON).await.unwrap();
    out.voice().hears_silence(SOON).await.unwrap();
    out.resume().await.unwrap();
    hear_each_other(&out, &come).await;
    come.hold_inactive().await.unwrap();
    out.voice().hears_silence(SOON).await.unwrap();
    come.resume().await.unwrap();
    out.reoffer_late().await.unwrap();
    hear_each_other(&out, &come).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_reoffers_at_once_at_most_one_goes_through() {
    let (ana, ben) = two(|_| {}).await;
    let (out, come) = connected(&ana, &ben).await;
    let (left, right) = tokio::join!(out.resume(), come.resume());
    for side in [&left, &right] {
        if let Err(error) = side {
            assert!(matches!(error, StageError::Refused { status: 491 | 500, .. }), "{error}");
        }
    }
    // Whoever lost tries again and gets through.
    until_ok(&out).await;
    until_ok(&come).await;
    hear_each_other(&out, &come).await;
}

async fn until_ok(call: &Call) {
    crate::stage::wait::until_async("a re-INVITE goes through", SOON, || call.resume()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn digits_travel_by_info_and_by_named_events() {
    let (ana, ben) = two(|_| {}).await;
    let (out, mut come) = connected(&ana, &ben).await;
    out.digit_by_info('5').await.unwrap();
    let digit =
        come.event("a digit", SOON, |e| if let CallEvent::Digit(d) = e { Some(*d) } else { None }).await;
    assert_eq!(digit.unwrap(), '5');
    out.voice().press("42#");
    let mut seen = String::new();
    until("three digits", SOON, || {
        seen += &come.voice().digits();
        if seen == "42#" { Ok(()) } else { Err(seen.clone()) }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refer_reaches_the_other_phone_with_its_target() {
    let (ana, ben) = two(|_| {}).await;
    let (out, mut come) = connected(&ana, &ben).await;
    let refused = out.refer("2002").await.unwrap_err();
    assert!(matches!(refused, StageError::Refused { status: 603, .. }), "{refused}");
    let to = come
        .event("a REFER", SOON, |e| if let CallEvent::Referred { to } = e { Some(to.clone()) } else { None });
    assert_eq!(to.await.unwrap(), "2002");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_vanishes_is_silent_and_one_that_comes_back_is_heard() {
    let (ana, ben) = two(|_| {}).await;
    let (out, come) = connected(&ana, &ben).await;
    hear_each_other(&out, &come).await;
    ben.vanish().await.unwrap();
    out.voice().hears_silence(SOON).await.unwrap();
    ben.come_back().await.unwrap();
    hear_each_other(&out, &come).await;
    assert!(out.is_up() && come.is_up());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_moved_remembers_no_call() {
    let (ana, ben) = two(|_| {}).await;
    let (out, come) = connected(&ana, &ben).await;
    let before = ben.address();
    ben.move_on().await.unwrap();
    assert_ne!(ben.address(), before);
    assert_eq!(come.ended(SOON).await.unwrap().by, Side::Nobody);
    out.voice().hears_silence(SOON).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bye_before_the_answer_ends_the_invite_with_487() {
    let (ana, ben) = two(|_| {}).await;
    let out = ana.dial_with(Dial::to("ben").at(ben.address())).await.unwrap();
    let come = ben.next_call(SOON).await.unwrap();
    out.ringing(SOON).await.unwrap();
    out.request("BYE", &[], "").await.unwrap();
    assert_eq!(come.ended(SOON).await.unwrap().by, Side::Them);
    let trace = ben.trace();
    assert!(trace.contains("SIP/2.0 487"), "{trace}");
}

/// A registrar that challenges once, accepts any answer, and keeps what it saw.
async fn registrar(challenges: &'static [&'static str]) -> (SocketAddr, mpsc::Receiver<message::Message>) {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let (seen, requests) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut octets = vec![0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut octets).await {
            let request = message::Message::read(&octets[..length]).unwrap();
            let answer = match request.header("Authorization") {
                None => {
                    challenges.iter().fold(message::Message::answer(&request, 401, "Who"), |answer, value| {
                        answer.with("WWW-Authenticate", *value)
                    })
                }
                Some(_) => message::Message::answer(&request, 200, "OK").with("Expires", "60"),
            };
            socket.send_to(&answer.write(), from).await.unwrap();
            if seen.send(request).await.is_err() {
                return;
            }
        }
    });
    (address, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_registers_with_the_strongest_digest_and_counts_its_nonce() {
    const MD5: &str = "Digest realm=\"tandem\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"";
    const SHA: &str = "Digest realm=\"tandem\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\", opaque=\"o\"";
    let (server, mut requests) = registrar(&[MD5, SHA]).await;
    let phone = Phone::start(PhoneConfig::desk("2001", "secret", server, Pilot::nth(0))).await.unwrap();
    phone.register().await.unwrap();
    phone.register().await.unwrap();
    phone.unregister().await.unwrap();
    let mut counts = Vec::new();
    for number in 1..=4u32 {
        let request = within("a request", SOON, requests.recv()).await.unwrap().unwrap();
        assert_eq!(request.cseq(), (number, "REGISTER"));
        let Some(value) = request.header("Authorization") else { continue };
        let fields = digest::fields(value.strip_prefix("Digest ").unwrap());
        let field = |name: &str| fields.iter().find(|(n, _)| n == name).unwrap().1.clone();
        assert_eq!(
            (field("algorithm"), field("opaque"), field("username")),
            ("SHA-256".into(), "o".into(), "2001".into())
        );
        counts.push((field("nc"), request.header("Expires").unwrap().to_owned()));
    }
    let expected = [("00000001", "600"), ("00000002", "600"), ("00000003", "0")];
    assert_eq!(counts, expected.map(|(count, seconds)| (count.to_owned(), seconds.to_owned())));
}
