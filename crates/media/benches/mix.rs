//! What mixing and coding cost, for one 20 ms frame.

// A bench that cannot do its part ends.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use media::{
    Frame, MixPlan, Rate,
    g711::{self, Law},
    mix,
};
use terms::{ConversationId, HearingMatrix, LegId, Listener, Source};

fn room(parties: u32, rate: Rate) -> MixPlan {
    let legs: Vec<LegId> =
        (0..parties).map(|ordinal| LegId::new(ConversationId::from_number(1), ordinal)).collect();
    let mut matrix = HearingMatrix::default();
    for listener in &legs {
        for speaker in &legs {
            matrix.link(Listener::Leg(*listener), Source::Leg(*speaker));
        }
    }
    MixPlan::new(&matrix, &legs, rate)
}

/// Something like speech: noise whose loudness comes and goes, low frequencies above all.
fn speech(samples: usize, seed: u32) -> Vec<i16> {
    let (mut state, mut low) = (seed, 0f32);
    (0..samples)
        .map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 16) as f32 / 32_768.0 - 1.0;
            low += 0.2 * (noise - low);
            let loud = (0.5 + 0.5 * (n as f32 / 3_000.0).sin()).powi(2);
            (low * loud * 20_000.0) as i16
        })
        .collect()
}

fn frames(count: usize, rate: Rate) -> Vec<Frame> {
    (0..count)
        .map(|number| {
            let mut frame = Frame::silent(rate);
            let len = frame.samples().len();
            frame.samples_mut().copy_from_slice(&speech(len, number as u32 + 1));
            frame
        })
        .collect()
}

fn mixing(c: &mut Criterion) {
    let mut group = c.benchmark_group("mix");
    for parties in [3u32, 6] {
        for rate in [Rate::Narrow, Rate::Wide, Rate::Full] {
            let plan = room(parties, rate);
            let input = frames(plan.inputs(), rate);
            let mut output = vec![Frame::silent(rate); plan.outputs()];
            group.bench_function(format!("{parties} parties {} Hz", rate.hertz()), |b| {
                b.iter(|| mix(black_box(&plan), black_box(&input), &mut output));
            });
        }
    }
    group.finish();
}

fn with_g711(c: &mut Criterion) {
    let mut group = c.benchmark_group("mix with G.711 both ways");
    for parties in [3u32, 6] {
        for law in [Law::Mu, Law::A] {
            let plan = room(parties, Rate::Narrow);
            let mut input = frames(plan.inputs(), Rate::Narrow);
            let mut output = vec![Frame::silent(Rate::Narrow); plan.outputs()];
            let mut bytes = vec![[0u8; 160]; parties as usize];
            for (frame, bytes) in input.iter().zip(&mut bytes) {
                g711::encode(law, frame.samples(), bytes);
            }
            group.bench_function(format!("{parties} parties {law:?}-law"), |b| {
                b.iter(|| {
                    for (frame, bytes) in input.iter_mut().zip(&bytes) {
                        g711::decode(law, black_box(bytes), frame.samples_mut());
                    }
                    mix(&plan, &input, &mut output);
                    let mut out = [0u8; 160];
                    for frame in &output {
                        g711::encode(law, frame.samples(), &mut out);
                        black_box(&out);
                    }
                });
            });
        }
    }
    group.finish();
}

fn opus_speech(c: &mut Criterion) {
    let sound = speech(16_000 * 4, 7);
    let mut encoder = opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(24_000)).unwrap();
    encoder.set_complexity(5).unwrap();
    let mut bytes = [0u8; 1_275];
    let packets: Vec<Vec<u8>> = sound
        .chunks_exact(320)
        .map(|frame| {
            let len = encoder.encode(frame, &mut bytes).unwrap();
            bytes[..len].to_vec()
        })
        .collect();
    let mut group = c.benchmark_group("Opus 16 kHz");
    let mut frames = sound.chunks_exact(320).cycle();
    group.bench_function("encode", |b| {
        b.iter(|| encoder.encode(black_box(frames.next().unwrap()), &mut bytes).unwrap());
    });
    let mut decoder = opus::Decoder::new(16_000, opus::Channels::Mono).unwrap();
    let mut samples = [0i16; 320];
    let mut coming = packets.iter().cycle();
    group.bench_function("decode", |b| {
        b.iter(|| decoder.decode(black_box(coming.next().unwrap()), &mut samples, false).unwrap());
    });
    group.finish();
}

criterion_group!(benches, mixing, with_g711, opus_speech);
criterion_main!(benches);
