//! The wire itself: latching, holds, silence, closing.

use std::time::Duration;

use media::{MediaError, Report};
use terms::{Direction, PromptId, Source};

use crate::phone::*;

#[test]
fn a_reinvite_keeps_port_and_stream() {
    let house = House::new();
    let legs = legs(1, 1);
    let phone = Phone::new(Speech::Mu, 440.0);
    let first = house.run(house.handle.answer(legs[0], phone.offer())).unwrap();
    phone.speak_to(&first.sdp);
    phone.next(10);
    let held = house.run(house.handle.answer(legs[0], phone.offer_with("sendonly"))).unwrap();
    assert_eq!(held.direction, Direction::SendOnly);
    assert!(held.sdp.0.contains("a=recvonly"));
    assert_eq!(address_of(&held.sdp), address_of(&first.sdp));
    // On hold nothing is sent: nothing comes for ten ticks of a listening second phone's time.
    let quiet = Phone::new(Speech::Mu, 620.0);
    let other = crate::phone::legs(2, 1);
    house.join(other[0], &quiet);
    quiet.next(3);
    let before = phone.count();
    quiet.next(15);
    assert_eq!(phone.count(), before);
    let back = house.run(house.handle.answer(legs[0], phone.offer())).unwrap();
    assert_eq!(back.direction, Direction::SendRecv);
    phone.next(10);
    let seen = phone.packets();
    assert!(seen.iter().all(|packet| packet.ssrc == seen[0].ssrc));
    assert!(seen.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
    let ticks = |packet: &Packet| packet.timestamp.wrapping_sub(seen[0].timestamp);
    assert!(seen.iter().all(|packet| ticks(packet) % 160 == 0));
    assert!(ticks(&seen[before]) >= ticks(&seen[before - 1]) + 15 * 160, "the clock ran on during the hold");
}

#[test]
fn the_wire_latches_to_the_first_source_and_then_stays() {
    let mut house = House::with(|config| config.silent_ms = 600);
    let legs = legs(1, 1);
    // Behind NAT: what the description says is not where the packets come from.
    let behind = Phone::new(Speech::Mu, 440.0);
    let nowhere = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let offer = describe(nowhere.local_addr().unwrap(), Speech::Mu, "sendrecv");
    let answer = house.run(house.handle.answer(legs[0], offer)).unwrap();
    behind.speak_to(&answer.sdp);
    behind.next(10);
    // A stranger who sends valid RTP gets nothing.
    let stranger = Phone::new(Speech::Mu, 910.0);
    stranger.speak_to(&answer.sdp);
    behind.next(25);
    assert_eq!(stranger.count(), 0);
    // After the silence of the first, the other may have the wire.
    behind.mute(true);
    stranger.next(5);
    let silent = |report: &Report| matches!(report, Report::Heard { .. });
    let _ = house.reports.try_recv();
    assert!(!house.kept.iter().any(silent));
}

#[test]
fn a_hold_by_an_address_of_zeros_does_not_lose_the_latch() {
    let house = House::new();
    let leg = legs(1, 1)[0];
    let behind = Phone::new(Speech::Mu, 440.0);
    let nowhere = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let offer = describe(nowhere.local_addr().unwrap(), Speech::Mu, "sendrecv");
    let answer = house.run(house.handle.answer(leg, offer.clone())).unwrap();
    behind.speak_to(&answer.sdp);
    behind.next(5);
    let zeros = terms::Sdp(offer.0.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"));
    let held = house.run(house.handle.answer(leg, zeros)).unwrap();
    assert_eq!(held.direction, Direction::SendOnly);
    house.run(house.handle.answer(leg, offer)).unwrap();
    let ssrc = behind.packets()[0].ssrc;
    assert!(behind.next(10).iter().all(|packet| packet.ssrc == ssrc));
    nowhere.set_nonblocking(true).unwrap();
    // Before the latch the described address got the first packets; after the hold it gets none.
    let mut bytes = [0u8; 2048];
    while nowhere.recv(&mut bytes).is_ok() {}
    behind.next(10);
    assert!(nowhere.recv(&mut bytes).is_err());
}

#[test]
fn a_far_end_that_moves_by_a_new_offer_is_followed() {
    let house = House::new();
    let legs = legs(1, 1);
    let (old, new) = (Phone::new(Speech::Mu, 440.0), Phone::new(Speech::Mu, 620.0));
    house.join(legs[0], &old);
    old.next(10);
    // The old place still speaks for a while after the move.
    let answer = house.run(house.handle.answer(legs[0], new.offer())).unwrap();
    new.next(2);
    new.speak_to(&answer.sdp);
    new.next(10);
    old.mute(true);
    let before = old.count();
    new.next(25);
    assert!(old.count() <= before + 3);
}

#[test]
fn silence_is_reported_once_then_the_return_and_then_the_time_out() {
    let mut house = House::with(|config| {
        config.silent_ms = 300;
        config.timeout_ms = 900;
    });
    let leg = legs(1, 1)[0];
    let phone = Phone::new(Speech::Mu, 440.0);
    house.join(leg, &phone);
    phone.next(5);
    phone.mute(true);
    house.report("silence", |report| *report == Report::Silent { leg });
    phone.mute(false);
    house.report("the return", |report| *report == Report::Heard { leg });
    phone.mute(true);
    house.report("silence again", |report| *report == Report::Silent { leg });
    house.report("the time-out", |report| *report == Report::TimedOut { leg });
    assert!(house.kept.is_empty(), "{:?}", house.kept);
}

#[test]
fn a_far_end_that_holds_us_owes_no_sound() {
    let mut house = House::with(|config| config.silent_ms = 200);
    let [held, other] = [legs(1, 1)[0], legs(2, 1)[0]];
    let (phone, mark) = (Phone::new(Speech::Mu, 440.0), Phone::new(Speech::Mu, 620.0));
    house.join(held, &phone);
    phone.next(3);
    house.run(house.handle.answer(held, phone.offer_with("inactive"))).unwrap();
    phone.mute(true);
    house.join(other, &mark);
    mark.next(5);
    mark.mute(true);
    // The other leg, muted later, is reported; the held one is not.
    house.report("the other's silence", |report| *report == Report::Silent { leg: other });
    mark.next(20);
    assert!(house.reports.try_recv().is_err() && house.kept.is_empty());
}

#[test]
fn a_leg_that_never_speaks_after_the_answer_is_silent_and_a_ringing_one_is_not() {
    let mut house = House::with(|config| config.silent_ms = 200);
    let [ringing, answered] = [legs(1, 1)[0], legs(2, 1)[0]];
    house.run(house.handle.offer(ringing)).unwrap();
    let phone = Phone::new(Speech::Mu, 440.0);
    house.run(house.handle.answer(answered, phone.offer())).unwrap();
    house.report("silence", |report| *report == Report::Silent { leg: answered });
    phone.next(20);
    assert!(house.reports.try_recv().is_err() && house.kept.is_empty());
}

#[test]
fn a_prompt_is_played_once_and_its_end_is_told() {
    let mut house = House::new();
    let leg = legs(1, 1)[0];
    let phone = Phone::new(Speech::Mu, 440.0);
    house.join(leg, &phone);
    let prompt = PromptId::PLEASE_WAIT;
    house.handle.obey(leg.conversation, 1, &hears(&[(leg, Source::Prompt(prompt))]));
    house.report("the end", |report| *report == Report::PromptFinished { leg, prompt });
    let sound = listen(&phone.packets(), Speech::Mu);
    assert!(tone_dbfs(&sound, 784.0) > -45.0);
    phone.next(25);
    assert!(!house.kept.iter().any(|report| matches!(report, Report::PromptFinished { .. })));
}

#[test]
fn closing_frees_the_port_and_tells_how_it_sounded() {
    let mut house = House::with(|config| config.port_range.last = config.port_range.first + 3);
    let leg = legs(1, 1)[0];
    let phone = Phone::new(Speech::Mu, 440.0);
    house.join(leg, &phone);
    phone.drop_every(4);
    phone.next(100);
    house.handle.close(leg);
    house.handle.close(leg);
    let measured = house.report("quality", |report| matches!(report, Report::Measured { .. }));
    let Report::Measured { quality, .. } = measured else { unreachable!() };
    assert!((1500..=3000).contains(&quality.loss_hundredths), "{quality:?}");
    assert!((100..=440).contains(&quality.mos_hundredths), "{quality:?}");
    // Two pairs in all: over and over they are taken and freed.
    for number in 2..20 {
        let leg = legs(number, 1)[0];
        within(Duration::from_secs(5), || house.run(house.handle.offer(leg)).is_ok());
        house.handle.close(leg);
    }
    let [a, b, c] = [legs(30, 1)[0], legs(31, 1)[0], legs(32, 1)[0]];
    within(Duration::from_secs(5), || house.run(house.handle.offer(a)).is_ok());
    within(Duration::from_secs(5), || house.run(house.handle.offer(b)).is_ok());
    assert_eq!(house.run(house.handle.offer(c)), Err(MediaError::NoPort));
}

#[test]
fn after_stop_nothing_opens_and_unknown_legs_are_told_apart() {
    let house = House::new();
    let leg = legs(1, 1)[0];
    let phone = Phone::new(Speech::Mu, 440.0);
    assert_eq!(house.run(house.handle.accept(leg, phone.offer())), Err(MediaError::UnknownLeg(leg)));
    house.join(leg, &phone);
    phone.next(3);
    house.run(house.handle.stop());
    assert_eq!(house.run(house.handle.offer(leg)), Err(MediaError::Stopped));
    house.handle.close(leg);
    house.handle.obey(leg.conversation, 2, &everybody(&[leg]));
    house.run(house.handle.stop());
}

#[test]
fn the_round_trip_is_measured_from_the_far_ends_receiver_reports() {
    let mut house = House::new();
    let leg = legs(1, 1)[0];
    let far = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    far.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut offer = describe(far.local_addr().unwrap(), Speech::Mu, "sendrecv");
    offer.0.push_str("a=rtcp-mux\r\n");
    let answer = house.run(house.handle.answer(leg, offer)).unwrap();
    assert!(answer.sdp.0.contains("a=rtcp-mux"));
    let target = address_of(&answer.sdp);
    let mut bytes = [0u8; 2048];
    let mut reported = false;
    // Each packet of theirs is answered by one of ours, so this goes on at the pace of the call.
    for sequence in 0..600u16 {
        let (len, _) = far.recv_from(&mut bytes).unwrap();
        far.send_to(&packet(0, sequence, u32::from(sequence) * 160, 5, &[0x55; 160]), target).unwrap();
        if len >= 28 && bytes[1] == 200 {
            let mut report = vec![0x81, 201, 0, 7, 0, 0, 0, 5];
            report.extend_from_slice(&bytes[4..8]);
            report.extend_from_slice(&[0; 12]);
            report.extend_from_slice(&bytes[10..14]);
            report.extend_from_slice(&[0; 4]);
            far.send_to(&report, target).unwrap();
            reported = true;
        }
        if let Ok(Report::Measured { quality, .. }) = house.reports.try_recv()
            && let Some(rtt_ms) = quality.rtt_ms
        {
            assert!(reported && rtt_ms < 2_000, "{quality:?}");
            return;
        }
    }
    panic!("no round trip in twelve seconds");
}
