use super::*;
use crate::stage::{
    clock,
    g711::Law,
    tone::{Oscillator, PILOT_DBFS, to_i16},
};

const FRAMES_OF_WINDOW: usize = 20;

fn frames(count: usize, pilots: &[Pilot], laws: &[Law]) -> Vec<Vec<i16>> {
    let mut voices: Vec<Oscillator> = pilots.iter().map(|p| Oscillator::new(p.hz(), PILOT_DBFS)).collect();
    (0..count)
        .map(|_| {
            let mut frame = vec![0.0; FRAME];
            voices.iter_mut().for_each(|voice| voice.fill(&mut frame));
            let mut samples: Vec<i16> = frame.into_iter().map(to_i16).collect();
            for law in laws {
                samples.iter_mut().for_each(|s| *s = law.decode(law.encode(*s)));
            }
            samples
        })
        .collect()
}

fn ear_of(frames: &[Vec<i16>], left_out: impl Fn(usize) -> bool) -> (Ear, Instant) {
    let start = clock::now();
    let mut ear = Ear::new();
    let mut at = start;
    for (index, frame) in frames.iter().enumerate() {
        at = start + Duration::from_millis(20 * index as u64);
        if !left_out(index) {
            ear.take(7, 1_000 + 160 * index as u32, at, frame);
        }
    }
    (ear, at)
}

#[test]
fn g711_leaves_every_absent_pilot_below_the_threshold_of_absence() {
    let mut worst = -200.0f64;
    for first in 0..Pilot::COUNT {
        for step in [1, 5] {
            for count in 1..=6 {
                let speaking: Vec<Pilot> = (0..count).map(|k| Pilot::nth(first + k * step)).collect();
                for laws in [&[Law::Mu, Law::Mu][..], &[Law::A, Law::A], &[Law::Mu, Law::A]] {
                    let sound = frames(FRAMES_OF_WINDOW, &speaking, laws);
                    let (ear, now) = ear_of(&sound, |_| false);
                    let hearing = ear.last(WINDOW, now).unwrap().hearing();
                    for (pilot, level) in &hearing.pilots {
                        if speaking.contains(pilot) {
                            assert!(
                                (level - PILOT_DBFS).abs() < 1.0,
                                "{pilot:?} of {speaking:?} at {level:.1}"
                            );
                        } else {
                            worst = worst.max(*level);
                        }
                    }
                    assert!(!hearing.music(), "{speaking:?}: the rest is at {:.1}", hearing.rest);
                }
            }
        }
    }
    assert!(worst <= ABSENT_DBFS - 3.0, "an absent pilot was at {worst:.1} dBFS");
}

#[test]
fn a_planted_gap_is_measured_to_its_length() {
    let sound = frames(80, &[Pilot::nth(0)], &[Law::Mu]);
    for gap in [1usize, 3, 4, 10] {
        let (ear, now) = ear_of(&sound, |index| (40..40 + gap).contains(&index));
        let heard = ear.last(Duration::from_secs(1), now).unwrap();
        let silence = heard.longest_silence();
        assert_eq!(silence, Duration::from_millis(20 * gap as u64), "{gap} frames were left out");
        assert_eq!(ear.arrivals.missing_samples, 160 * gap as u64);
    }
}

#[test]
fn quiet_frames_count_as_silence_like_missing_ones() {
    let mut sound = frames(50, &[Pilot::nth(1)], &[Law::A]);
    for frame in &mut sound[20..24] {
        frame.fill(20);
    }
    let (ear, now) = ear_of(&sound, |_| false);
    assert_eq!(
        ear.last(Duration::from_millis(900), now).unwrap().longest_silence(),
        Duration::from_millis(80)
    );
}

#[test]
fn a_wire_that_stops_is_silent_now() {
    let sound = frames(50, &[Pilot::nth(2)], &[Law::Mu]);
    let (ear, now) = ear_of(&sound, |_| false);
    let later = now + Duration::from_millis(700);
    let heard = ear.last(WINDOW, later).unwrap();
    assert_eq!(heard.hearing().verdict(Pilot::nth(2)), Verdict::Absent);
    assert!(heard.total() < ABSENT_DBFS);
}

#[test]
fn packets_out_of_order_find_their_place() {
    let sound = frames(40, &[Pilot::nth(3)], &[Law::Mu]);
    let start = clock::now();
    let mut ear = Ear::new();
    for pair in 0..20usize {
        for index in [2 * pair + 1, 2 * pair] {
            let at = start + Duration::from_millis(40 * pair as u64);
            if pair > 0 || index == 1 {
                ear.take(9, 160 * index as u32, at, &sound[index]);
            }
        }
    }
    let heard = ear.last(Duration::from_millis(600), start + Duration::from_millis(770)).unwrap();
    assert!((heard.pilot(Pilot::nth(3)) - PILOT_DBFS).abs() < 0.5);
    assert_eq!(heard.longest_silence(), Duration::ZERO);
}

#[test]
fn a_new_stream_goes_on_where_the_old_one_stopped() {
    let sound = frames(60, &[Pilot::nth(4)], &[Law::Mu]);
    let start = clock::now();
    let mut ear = Ear::new();
    for (index, frame) in sound.iter().enumerate() {
        let at = start + Duration::from_millis(20 * index as u64);
        let (ssrc, timestamp) = if index < 30 {
            (1, 160 * index as u32)
        } else {
            (2, 4_000_000_000u32.wrapping_add(160 * index as u32))
        };
        ear.take(ssrc, timestamp, at, frame);
    }
    assert_eq!(ear.arrivals.restarts, 1);
    assert_eq!(ear.arrivals.missing_samples, 0);
    let heard = ear.last(Duration::from_secs(1), start + Duration::from_millis(1_180)).unwrap();
    assert_eq!(heard.longest_silence(), Duration::ZERO);
}

#[test]
fn music_beside_a_pilot_is_told_apart_from_it() {
    let mut music: Vec<Oscillator> =
        [440.0, 554.37, 659.26].map(|hz| Oscillator::new(hz, -30.0)).into_iter().collect();
    let sound: Vec<Vec<i16>> = (0..40)
        .map(|_| {
            let mut frame = vec![0.0; FRAME];
            music.iter_mut().for_each(|note| note.fill(&mut frame));
            frame.into_iter().map(|s| Law::Mu.decode(Law::Mu.encode(to_i16(s)))).collect()
        })
        .collect();
    let (ear, now) = ear_of(&sound, |_| false);
    let hearing = ear.last(WINDOW, now).unwrap().hearing();
    assert!(hearing.music());
    for pilot in Pilot::all() {
        assert_eq!(hearing.verdict(pilot), Verdict::Absent, "{pilot:?} at {:.1}", hearing.level(pilot));
    }
}
