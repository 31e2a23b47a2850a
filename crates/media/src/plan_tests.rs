use terms::{ConversationId, MusicId, Tone};

use super::*;
use crate::{frame::Frame, mixer::mix};

fn legs(count: u32) -> Vec<LegId> {
    (0..count).map(|ordinal| LegId::new(ConversationId::from_number(1), ordinal)).collect()
}

fn full_room(legs: &[LegId]) -> HearingMatrix {
    let mut matrix = HearingMatrix::default();
    for listener in legs {
        for speaker in legs {
            matrix.link(Listener::Leg(*listener), Source::Leg(*speaker));
        }
    }
    matrix
}

/// A loud pseudo-random frame, so that sums saturate.
fn noise(seed: u32, rate: Rate) -> Frame {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut frame = Frame::silent(rate);
    for sample in frame.samples_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = (state >> 16) as u16 as i16;
    }
    frame
}

/// The plain meaning of the matrix, sample by sample.
fn reference(
    matrix: &HearingMatrix,
    legs: &[LegId],
    plan: &MixPlan,
    input: &[Frame],
    ear: usize,
) -> Vec<i16> {
    let len = plan.rate().frame_samples();
    (0..len)
        .map(|at| {
            let mut sum = 0i32;
            for source in matrix.row(Listener::Leg(legs[ear])) {
                let index = match source {
                    Source::Leg(leg) => legs.iter().position(|open| *open == leg),
                    other => plan.treatments().iter().position(|t| *t == other).map(|i| legs.len() + i),
                };
                sum += index.map_or(0, |index| i32::from(input[index].samples()[at]));
            }
            sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
        })
        .collect()
}

fn mixed(plan: &MixPlan, input: &[Frame]) -> Vec<Frame> {
    let mut output = vec![Frame::silent(plan.rate()); plan.outputs()];
    mix(plan, input, &mut output);
    output
}

proptest::proptest! {
    #[test]
    fn every_ear_hears_exactly_what_the_matrix_says(
        count in 1u32..9,
        links in proptest::collection::vec((0u32..9, 0u32..12), 0..60),
        seed in 0u32..1000,
    ) {
        let legs = legs(count);
        let mut matrix = HearingMatrix::default();
        for (listener, source) in links {
            let source = match source {
                9 => Source::HoldMusic(MusicId::HOLD),
                10 => Source::QueueMusic(MusicId::QUEUE),
                11 => Source::Tone(Tone::Beep),
                ordinal => Source::Leg(LegId::new(ConversationId::from_number(1), ordinal)),
            };
            matrix.link(Listener::Leg(LegId::new(ConversationId::from_number(1), listener)), source);
        }
        let plan = MixPlan::new(&matrix, &legs, Rate::Narrow);
        let input: Vec<Frame> = (0..plan.inputs()).map(|i| noise(seed + i as u32, Rate::Narrow)).collect();
        let output = mixed(&plan, &input);
        for ear in 0..legs.len() {
            let want = reference(&matrix, &legs, &plan, &input, ear);
            proptest::prop_assert_eq!(output[plan.ear(ear)].samples(), &want[..]);
        }
    }
}

#[test]
fn a_full_room_of_six_is_the_total_less_oneself() {
    let legs = legs(6);
    let plan = MixPlan::new(&full_room(&legs), &legs, Rate::Narrow);
    assert_eq!(plan.outputs(), 6);
    assert!(plan.total().is_some());
    assert!(
        plan.rows()
            .iter()
            .all(|row| matches!(row, Row::TotalMinus(range) if plan.members(*range).len() == 1))
    );
}

#[test]
fn legs_that_hear_the_same_share_one_row() {
    let legs = legs(5);
    let mut matrix = full_room(&legs[..3]);
    for monitor in &legs[3..] {
        for speaker in &legs[..3] {
            matrix.link(Listener::Leg(*monitor), Source::Leg(*speaker));
        }
    }
    let plan = MixPlan::new(&matrix, &legs, Rate::Narrow);
    assert_eq!(plan.outputs(), 4);
    assert_eq!(plan.ear(3), plan.ear(4));
    assert!(!plan.is_heard(3) && !plan.is_heard(4), "a monitor is heard by nobody");
}

#[test]
fn a_whisper_changes_no_bit_at_any_ear_but_the_agents() {
    // Customer 0, agent 1, specialist 2, coach 3 who whispers to the agent.
    let legs = legs(4);
    let mut matrix = full_room(&legs[..3]);
    for speaker in &legs[..3] {
        matrix.link(Listener::Leg(legs[3]), Source::Leg(*speaker));
    }
    let before = MixPlan::new(&matrix, &legs, Rate::Narrow);
    matrix.link(Listener::Leg(legs[1]), Source::Leg(legs[3]));
    let during = MixPlan::new(&matrix, &legs, Rate::Narrow);
    let mut input: Vec<Frame> = (0..4).map(|i| noise(i, Rate::Narrow)).collect();
    let spoken = mixed(&during, &input);
    let monitored = mixed(&before, &input);
    input[3].samples_mut().fill(0);
    let silent = mixed(&during, &input);
    for ear in [0, 2, 3] {
        assert_eq!(spoken[during.ear(ear)].samples(), silent[during.ear(ear)].samples(), "ear {ear}");
        assert_eq!(spoken[during.ear(ear)].samples(), monitored[before.ear(ear)].samples(), "ear {ear}");
    }
    assert_ne!(spoken[during.ear(1)].samples(), silent[during.ear(1)].samples());
}

#[test]
fn who_hears_nothing_gets_silence() {
    let legs = legs(2);
    let plan = MixPlan::new(&HearingMatrix::default(), &legs, Rate::Wide);
    let output = mixed(&plan, &[noise(1, Rate::Wide), noise(2, Rate::Wide)]);
    assert_eq!(plan.outputs(), 1);
    assert!(output[0].samples().iter().all(|sample| *sample == 0));
}
