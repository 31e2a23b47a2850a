//! Who hears whom, measured at every ear.

use terms::{MusicId, Source};

use crate::phone::*;

const TONES: [f64; 4] = [440.0, 620.0, 910.0, 1300.0];
/// Drones of the packaged music.
const HOLD: f64 = 329.625;
const QUEUE: f64 = 587.5;
/// A tone that is heard is far above this, one that is not is far below.
const HEARD: f64 = -40.0;
const ABSENT: f64 = -60.0;

#[test]
fn two_parties_hear_each_other_and_not_themselves() {
    let house = House::new();
    let legs = legs(1, 2);
    let phones = [Phone::new(Speech::Mu, TONES[0]), Phone::new(Speech::A, TONES[1])];
    for (leg, phone) in legs.iter().zip(&phones) {
        house.join(*leg, phone);
    }
    house.handle.obey(legs[0].conversation, 1, &everybody(&legs));
    for phone in &phones {
        phone.next(25);
    }
    for (own, phone) in phones.iter().enumerate() {
        let sound = listen(&phone.next(50), phone.speech);
        assert!(tone_dbfs(&sound, TONES[1 - own]) > HEARD);
        assert!(tone_dbfs(&sound, TONES[own]) < ABSENT);
        assert_eq!(longest_silence_ms(&sound), 0);
    }
}

#[test]
fn three_parties_mix_and_a_monitor_hears_all_and_is_heard_by_nobody() {
    let house = House::new();
    let legs = legs(2, 4);
    let phones: Vec<Phone> = TONES.iter().map(|hertz| Phone::new(Speech::Mu, *hertz)).collect();
    for (leg, phone) in legs.iter().zip(&phones) {
        house.join(*leg, phone);
    }
    let mut matrix = everybody(&legs[..3]);
    for speaker in &legs[..3] {
        matrix.link(terms::Listener::Leg(legs[3]), Source::Leg(*speaker));
    }
    house.handle.obey(legs[0].conversation, 1, &matrix);
    for phone in &phones {
        phone.next(25);
    }
    for (ear, phone) in phones.iter().enumerate() {
        let sound = listen(&phone.next(50), phone.speech);
        for (speaker, hertz) in TONES.iter().enumerate() {
            let level = tone_dbfs(&sound, *hertz);
            if matrix.leg_hears(legs[ear], legs[speaker]) {
                assert!(level > HEARD, "{speaker} at ear {ear}: {level}");
            } else {
                assert!(level < ABSENT, "{speaker} at ear {ear}: {level}");
            }
        }
    }
}

#[test]
fn hold_and_return_leave_no_silence_longer_than_sixty_milliseconds() {
    let house = House::new();
    let legs = legs(3, 2);
    let phones = [Phone::new(Speech::Mu, TONES[0]), Phone::new(Speech::Mu, TONES[1])];
    for (leg, phone) in legs.iter().zip(&phones) {
        house.join(*leg, phone);
    }
    let talk = everybody(&legs);
    let held = hears(&[(legs[0], Source::HoldMusic(MusicId::HOLD))]);
    let queued = hears(&[(legs[0], Source::QueueMusic(MusicId::QUEUE))]);
    house.handle.obey(legs[0].conversation, 1, &talk);
    phones[0].next(25);
    let first = phones[0].count();
    for round in 0..6u64 {
        let steps = [(&held, HOLD, QUEUE), (&queued, QUEUE, HOLD), (&talk, TONES[1], HOLD)];
        for (step, (matrix, present, absent)) in steps.iter().enumerate() {
            house.handle.obey(legs[0].conversation, 2 + 3 * round + step as u64, matrix);
            // The change is heard within a tick or two; then the ear is measured over half a second.
            phones[0].next(3);
            let sound = listen(&phones[0].next(25), Speech::Mu);
            assert!(tone_dbfs(&sound, *present) > HEARD, "round {round} step {step}");
            assert!(
                tone_dbfs(&sound, *absent) < tone_dbfs(&sound, *present) - 8.0,
                "round {round} step {step}"
            );
            if step < 2 {
                assert!(tone_dbfs(&sound, TONES[1]) < -45.0, "the agent is not heard during music");
            }
        }
    }
    let all = listen(&phones[0].packets()[first..], Speech::Mu);
    assert!(longest_silence_ms(&all) <= 60, "{} ms", longest_silence_ms(&all));
}

#[test]
fn an_older_matrix_is_ignored() {
    let house = House::new();
    let legs = legs(4, 2);
    let phones = [Phone::new(Speech::Mu, TONES[0]), Phone::new(Speech::Mu, TONES[1])];
    for (leg, phone) in legs.iter().zip(&phones) {
        house.join(*leg, phone);
    }
    house.handle.obey(legs[0].conversation, 7, &everybody(&legs));
    house.handle.obey(legs[0].conversation, 6, &terms::HearingMatrix::default());
    phones[0].next(25);
    assert!(tone_dbfs(&listen(&phones[0].next(25), Speech::Mu), TONES[1]) > HEARD);
}

#[test]
fn one_lost_packet_in_ten_is_hidden() {
    let house = House::new();
    let legs = legs(5, 2);
    let phones = [Phone::new(Speech::Mu, TONES[0]), Phone::new(Speech::Mu, TONES[1])];
    for (leg, phone) in legs.iter().zip(&phones) {
        house.join(*leg, phone);
    }
    house.handle.obey(legs[0].conversation, 1, &everybody(&legs));
    phones[1].drop_every(10);
    phones[0].next(25);
    let sound = listen(&phones[0].next(100), Speech::Mu);
    assert_eq!(longest_silence_ms(&sound), 0);
    assert!(tone_dbfs(&sound, TONES[1]) > HEARD);
}

#[test]
fn a_whisper_never_reaches_the_customer_however_often_the_mode_changes() {
    let house = House::new();
    let legs = legs(6, 3);
    let [customer, agent, coach] = [legs[0], legs[1], legs[2]];
    let phones: Vec<Phone> =
        [440.0, 620.0, 1170.0].iter().map(|hertz| Phone::new(Speech::Mu, *hertz)).collect();
    for (leg, phone) in legs.iter().zip(&phones) {
        house.join(*leg, phone);
    }
    let mut monitor = everybody(&legs[..2]);
    monitor.link(terms::Listener::Leg(coach), Source::Leg(customer));
    monitor.link(terms::Listener::Leg(coach), Source::Leg(agent));
    let mut whisper = monitor.clone();
    whisper.link(terms::Listener::Leg(agent), Source::Leg(coach));
    house.handle.obey(customer.conversation, 1, &monitor);
    phones[0].next(25);
    let first = phones[0].count();
    for change in 0..100u64 {
        let matrix = if change % 2 == 0 { &whisper } else { &monitor };
        house.handle.obey(customer.conversation, 2 + change, matrix);
        phones[0].next(3);
    }
    house.handle.obey(customer.conversation, 200, &whisper);
    phones[1].next(5);
    assert!(tone_dbfs(&listen(&phones[1].next(20), Speech::Mu), 1170.0) > HEARD);
    // Windows of 400 ms, at the customer and at the coach's own ear.
    let heard = phones[0].packets();
    for window in heard[first..].windows(20).step_by(5) {
        let sound = listen(window, Speech::Mu);
        assert!(tone_dbfs(&sound, 1170.0) <= -60.0);
        assert!(tone_dbfs(&sound, 620.0) > HEARD, "the agent is always heard");
    }
}
