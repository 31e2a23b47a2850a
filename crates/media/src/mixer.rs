//! Mixing: pure sums of frames as the plan says.

use crate::{
    frame::{FRAME_SAMPLES_MAX, Frame},
    plan::{MixPlan, Row},
};

type Sums = [i32; FRAME_SAMPLES_MAX];

/// Makes every distinct row of the plan: sums in 32 bits, saturated once.
///
/// `input` holds at least `plan.inputs()` frames at the plan's rate, `output` at least `plan.outputs()`; nothing is
/// allocated. A row depends on its own sources only, bit by bit: whether it is summed directly or taken from the
/// room's total makes no difference, since nothing is rounded before the end.
pub fn mix(plan: &MixPlan, input: &[Frame], output: &mut [Frame]) {
    let len = plan.rate().frame_samples();
    let mut total: Sums = [0; FRAME_SAMPLES_MAX];
    let total = &mut total[..len];
    for member in plan.total().unwrap_or_default() {
        add(total, input[*member].samples());
    }
    for (row, frame) in plan.rows().iter().zip(output) {
        frame.set_rate(plan.rate());
        let out = frame.samples_mut();
        match *row {
            Row::Silence => out.fill(0),
            Row::Copy(one) => out.copy_from_slice(input[one].samples()),
            // The sum of two, saturated, is what 32 bits would give.
            Row::Pair(one, other) => {
                let pair = input[one].samples().iter().zip(input[other].samples());
                for (sample, (a, b)) in out.iter_mut().zip(pair) {
                    *sample = a.saturating_add(*b);
                }
            }
            Row::Sum(range) => {
                let mut sums: Sums = [0; FRAME_SAMPLES_MAX];
                for member in plan.members(range) {
                    add(&mut sums[..len], input[*member].samples());
                }
                saturate(&sums[..len], out);
            }
            Row::TotalMinus(range) => match plan.members(range) {
                [one] => {
                    for (sample, (sum, own)) in out.iter_mut().zip(total.iter().zip(input[*one].samples())) {
                        *sample = narrow(*sum - i32::from(*own));
                    }
                }
                members => {
                    let mut sums: Sums = [0; FRAME_SAMPLES_MAX];
                    sums[..len].copy_from_slice(total);
                    for member in members {
                        for (sum, own) in sums[..len].iter_mut().zip(input[*member].samples()) {
                            *sum -= i32::from(*own);
                        }
                    }
                    saturate(&sums[..len], out);
                }
            },
        }
    }
}

fn add(sums: &mut [i32], samples: &[i16]) {
    for (sum, sample) in sums.iter_mut().zip(samples) {
        *sum += i32::from(*sample);
    }
}

fn saturate(sums: &[i32], out: &mut [i16]) {
    for (sample, sum) in out.iter_mut().zip(sums) {
        *sample = narrow(*sum);
    }
}

fn narrow(sum: i32) -> i16 {
    sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
