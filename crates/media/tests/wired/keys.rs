//! Key presses both ways.

use media::Report;

use crate::phone::*;

#[test]
fn keys_pressed_at_the_phone_are_each_reported_once() {
    let mut house = House::new();
    let legs = legs(1, 1);
    let phone = Phone::new(Speech::Mu, 440.0);
    let answer = house.run(house.handle.answer(legs[0], phone.offer())).unwrap();
    let target = address_of(&answer.sdp);
    // "1", "1", "#": three packets each and three ends, as RFC 4733 has them.
    for (press, code) in [1u8, 1, 11].into_iter().enumerate() {
        for n in 0..6u16 {
            let end = u8::from(n >= 3) << 7 | 10;
            let body = [code, end, 1, 64];
            let sequence = press as u16 * 6 + n;
            let bytes = packet(101, sequence, 8_000 * (press as u32 + 1), 99, &body);
            phone.socket.send_to(&bytes, target).unwrap();
        }
    }
    let mut digits = String::new();
    for _ in 0..3 {
        let report = house.report("a digit", |report| matches!(report, Report::Digit { .. }));
        if let Report::Digit { leg, digit } = report {
            assert_eq!(leg, legs[0]);
            digits.push(digit);
        }
    }
    assert_eq!(digits, "11#");
    house.handle.close(legs[0]);
    house.report("the end", |report| matches!(report, Report::Measured { .. }));
    assert!(!house.kept.iter().any(|report| matches!(report, Report::Digit { .. })));
}

#[test]
fn digits_sent_are_events_with_one_timestamp_and_three_ends_each() {
    let house = House::new();
    let legs = legs(2, 1);
    let phone = Phone::new(Speech::Mu, 440.0);
    house.join(legs[0], &phone);
    phone.next(10);
    house.handle.send_digits(legs[0], "5#x");
    let is_event = |packet: &&Packet| packet.payload_type == 101;
    phone.until(|packets| packets.iter().filter(is_event).count() >= 16);
    let seen = phone.packets();
    let events: Vec<&Packet> = seen.iter().filter(is_event).collect();
    for (press, code) in [5u8, 11].into_iter().enumerate() {
        let packets = &events[press * 8..press * 8 + 8];
        assert!(packets.iter().all(|p| p.body[0] == code && p.timestamp == packets[0].timestamp));
        assert!(packets[0].marker && !packets[1].marker);
        assert_eq!(packets.iter().filter(|p| p.body[1] & 0x80 != 0).count(), 3);
        assert_eq!(packets[7].body[2..4], 800u16.to_be_bytes());
    }
    let sequences: Vec<u16> = seen.iter().map(|packet| packet.sequence).collect();
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)));
}

#[test]
fn a_phone_without_events_hears_the_two_tones_of_the_key() {
    let house = House::new();
    let legs = legs(3, 1);
    let phone = Phone::new(Speech::Mu, 440.0);
    let offer = terms::Sdp(phone.offer().0.replace("RTP/AVP 0 101", "RTP/AVP 0"));
    let answer = house.run(house.handle.answer(legs[0], offer)).unwrap();
    assert!(!answer.sdp.0.contains("telephone-event"));
    phone.speak_to(&answer.sdp);
    phone.next(10);
    house.handle.send_digits(legs[0], "1");
    let loud = |packet: &Packet| tone_dbfs(&listen(std::slice::from_ref(packet), Speech::Mu), 697.0) > -30.0;
    phone.until(|packets| packets.iter().filter(|packet| loud(packet)).count() >= 5);
    let sounding: Vec<Packet> = phone.packets().into_iter().filter(loud).collect();
    let sound = listen(&sounding, Speech::Mu);
    assert!(tone_dbfs(&sound, 697.0) > -20.0 && tone_dbfs(&sound, 1209.0) > -20.0);
    assert!(tone_dbfs(&sound, 941.0) < -35.0);
}
