//! Opus beside G.711.

use crate::phone::*;

#[test]
fn opus_and_both_laws_of_g711_hear_each_other() {
    let house = House::new();
    let legs = legs(1, 3);
    let tones = [440.0, 620.0, 910.0];
    let speeches = [Speech::Opus, Speech::Mu, Speech::A];
    let phones: Vec<Phone> =
        speeches.iter().zip(tones).map(|(speech, hertz)| Phone::new(*speech, hertz)).collect();
    for (leg, phone) in legs.iter().zip(&phones) {
        house.join(*leg, phone);
    }
    house.handle.obey(legs[0].conversation, 1, &everybody(&legs));
    for phone in &phones {
        phone.next(50);
    }
    for (ear, phone) in phones.iter().enumerate() {
        let sound = listen(&phone.next(50), phone.speech);
        for (speaker, hertz) in tones.iter().enumerate() {
            let level = tone_dbfs(&sound, *hertz);
            assert!(
                if ear == speaker { level < -45.0 } else { level > -30.0 },
                "{speaker} at {ear}: {level}"
            );
        }
        assert_eq!(longest_silence_ms(&sound), 0);
    }
}

#[test]
fn a_call_that_we_offered_is_answered_with_opus() {
    let house = House::new();
    let legs = legs(2, 2);
    let phones = [Phone::new(Speech::Opus, 440.0), Phone::new(Speech::Mu, 620.0)];
    for (leg, phone) in legs.iter().zip(&phones) {
        let offer = house.run(house.handle.offer(*leg)).unwrap();
        let direction = house.run(house.handle.accept(*leg, phone.offer())).unwrap();
        assert_eq!(direction, terms::Direction::SendRecv);
        phone.speak_to(&offer);
    }
    house.handle.obey(legs[0].conversation, 1, &everybody(&legs));
    phones[0].next(50);
    assert!(tone_dbfs(&listen(&phones[0].next(50), Speech::Opus), 620.0) > -30.0);
    phones[1].next(5);
    assert!(tone_dbfs(&listen(&phones[1].next(50), Speech::Mu), 440.0) > -30.0);
}

#[test]
fn an_opus_leg_that_joins_and_leaves_leaves_no_gap_between_the_others() {
    let house = House::new();
    let legs = legs(3, 3);
    let phones =
        [Phone::new(Speech::Mu, 440.0), Phone::new(Speech::A, 620.0), Phone::new(Speech::Opus, 910.0)];
    for (leg, phone) in legs[..2].iter().zip(&phones) {
        house.join(*leg, phone);
    }
    house.handle.obey(legs[0].conversation, 1, &everybody(&legs));
    phones[0].next(25);
    let first = phones[0].count();
    phones[0].next(25);
    house.join(legs[2], &phones[2]);
    phones[0].next(50);
    assert!(tone_dbfs(&listen(&phones[0].next(25), Speech::Mu), 910.0) > -30.0);
    house.handle.close(legs[2]);
    phones[0].next(5);
    let alone = listen(&phones[0].next(25), Speech::Mu);
    assert!(tone_dbfs(&alone, 910.0) < -60.0 && tone_dbfs(&alone, 620.0) > -30.0);
    let all = listen(&phones[0].packets()[first..], Speech::Mu);
    assert!(longest_silence_ms(&all) <= 10, "{} ms", longest_silence_ms(&all));
}
