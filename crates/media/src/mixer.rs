//! Mixing: pure sums of frames as the plan says.

use crate::{
    frame::{FRAME_SAMPLES_MAX, Frame, Rate},
    plan::{MixPlan, Row},
};

/// Makes every distinct row of the plan: sums in 32 bits, saturated once.
///
/// `input` holds at least `plan.inputs()` frames at the plan's rate, `output` at least `plan.outputs()`; nothing is
/// allocated. A row depends on its own sources only, bit by bit: whether it is summed directly or taken from the
/// room's total makes no difference, since nothing is rounded before the end.
pub fn mix(plan: &MixPlan, input: &[Frame], output: &mut [Frame]) {
    // A length known to the compiler is what makes these loops fast.
    match plan.rate() {
        Rate::Narrow => mix_frames::<160>(plan, input, output),
        Rate::Wide => mix_frames::<320>(plan, input, output),
        Rate::Full => mix_frames::<FRAME_SAMPLES_MAX>(plan, input, output),
    }
}

fn mix_frames<const N: usize>(plan: &MixPlan, input: &[Frame], output: &mut [Frame]) {
    let total: Option<[i32; N]> = plan.total().map(|members| sum(members, input));
    for (row, frame) in plan.rows().iter().zip(output) {
        frame.set_rate(plan.rate());
        let out = frame.whole_mut::<N>();
        match (*row, &total) {
            (Row::Silence, _) => out.fill(0),
            (Row::Copy(one), _) => out.copy_from_slice(input[one].whole::<N>()),
            // The sum of two, saturated, is what 32 bits would give.
            (Row::Pair(one, other), _) => {
                let (one, other) = (input[one].whole::<N>(), input[other].whole::<N>());
                for at in 0..N {
                    out[at] = one[at].saturating_add(other[at]);
                }
            }
            (Row::TotalMinus(range), Some(total)) => {
                if let [one] = plan.members(range) {
                    let own = input[*one].whole::<N>();
                    for at in 0..N {
                        out[at] = narrow(total[at] - i32::from(own[at]));
                    }
                    continue;
                }
                let missing: [i32; N] = sum(plan.members(range), input);
                for at in 0..N {
                    out[at] = narrow(total[at] - missing[at]);
                }
            }
            (Row::Sum(range) | Row::TotalMinus(range), _) => {
                let sums: [i32; N] = sum(plan.members(range), input);
                for at in 0..N {
                    out[at] = narrow(sums[at]);
                }
            }
        }
    }
}

fn sum<const N: usize>(members: &[usize], input: &[Frame]) -> [i32; N] {
    let mut sums = [0; N];
    for member in members {
        let samples = input[*member].whole::<N>();
        for at in 0..N {
            sums[at] += i32::from(samples[at]);
        }
    }
    sums
}

fn narrow(sum: i32) -> i16 {
    sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
