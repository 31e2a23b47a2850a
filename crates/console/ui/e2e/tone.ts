// What each party says, and how an ear tells them apart: the same tones as the phones of `tests/src/stage/tone.rs`.

/** Each lies between the notes of music and off the others' overtones. */
export const TONES = [1281, 1614, 1077, 2033, 1438, 1812, 2282] as const;
export const CUSTOMER_HZ = 3047;
/** Levels in dBFS: a full-scale sine is 0. Between the two it is neither. */
export const PRESENT_DBFS = -32;
export const ABSENT_DBFS = -46;
/** What remains beside the tones when there is music. */
export const MUSIC_DBFS = -40;

const POWER_FLOOR = 1e-9;
export const dbfs = (power: number): number => 10 * Math.log10(2 * power + POWER_FLOOR);

/** The level of one tone among samples of full scale 1 (Goertzel under a Blackman-Harris window). */
export function levelOf(samples: Float32Array, rate: number, hz: number): number {
  const turn = (2 * Math.PI * hz) / rate;
  let [re, im, weight] = [0, 0, 0];
  for (let at = 0; at < samples.length; at += 1) {
    const x = (2 * Math.PI * (at + 0.5)) / samples.length;
    const window = 0.35875 - 0.48829 * Math.cos(x) + 0.14128 * Math.cos(2 * x) - 0.01168 * Math.cos(3 * x);
    const sample = (samples[at] ?? 0) * window;
    re += sample * Math.cos(turn * at);
    im += sample * Math.sin(turn * at);
    weight += window;
  }
  return dbfs((2 * (re * re + im * im)) / Math.max(weight * weight, POWER_FLOOR));
}

/** The level of everything but these tones. */
export function restOf(samples: Float32Array, rate: number, tones: readonly number[]): number {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  power /= Math.max(1, samples.length);
  const toned = tones.map((hz) => 10 ** (levelOf(samples, rate, hz) / 10) / 2).reduce((sum, one) => sum + one, 0);
  return dbfs(Math.max(0, power - toned));
}
