// A browser with a tone for a voice, and ears that measure what comes out of its calls.
import { type BrowserContext, type Page, expect } from '@playwright/test';
import type { Customer, Heard } from './customer';
import { ABSENT_DBFS, CUSTOMER_HZ, MUSIC_DBFS, PRESENT_DBFS, TONES, levelOf, restOf } from './tone';

const WINDOW = 16_384;

/** Before any page loads: its microphone says this tone (null: it has none), and what it hears is kept to be measured. */
export async function givesTone(context: BrowserContext, hz: number | null): Promise<void> {
  await context.addInitScript(
    ([tone, size]) => {
      const ears: AnalyserNode[] = [];
      let audio: AudioContext | undefined;
      const context = () => (audio ??= new AudioContext({ sampleRate: 48_000 }));
      if (navigator.mediaDevices) {
        const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          if (tone === null) throw new DOMException('none', 'NotFoundError');
          // A refusal of the real microphone stays one.
          for (const track of (await real(wanted)).getTracks()) track.stop();
          const out = context().createMediaStreamDestination();
          const source = new OscillatorNode(context(), { frequency: tone });
          source.connect(new GainNode(context(), { gain: 0.1 })).connect(out);
          source.start();
          return out.stream;
        };
      }
      const Real = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends Real {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          this.addEventListener('track', (event) => {
            const ear = context().createAnalyser();
            ear.fftSize = size;
            context().createMediaStreamSource(new MediaStream([event.track])).connect(ear);
            ears.push(ear);
          });
        }
      };
      Object.assign(window, {
        heardLately: () => {
          const samples = new Float32Array(size);
          ears.at(-1)?.getFloatTimeDomainData(samples);
          return [...samples];
        },
      });
    },
    [hz, WINDOW] as const,
  );
}

async function pageHeard(page: Page, own: number): Promise<Heard> {
  const samples = Float32Array.from(await page.evaluate(() => (window as unknown as { heardLately: () => number[] }).heardLately()));
  const others = [...TONES, CUSTOMER_HZ].filter((hz) => hz !== own);
  const levels = others.map((hz) => [hz, levelOf(samples, 48_000, hz)] as const);
  const unclear = levels.some(([, level]) => level > ABSENT_DBFS && level < PRESENT_DBFS);
  const tones = levels.filter(([, level]) => level >= PRESENT_DBFS).map(([hz]) => hz);
  const rest = restOf(samples, 48_000, others);
  return { tones: unclear ? [...tones, NaN] : tones, music: rest >= MUSIC_DBFS, said: `${levels.map(([hz, level]) => `${hz}: ${level.toFixed(0)}`).join(', ')}, rest ${rest.toFixed(0)}` };
}

const WITHIN_MS = 15_000;
// A busy machine loses packets, and what conceals them is heard beside a tone: music is looked for where no tone is.
const agrees = (heard: Heard, tones: number[], music: boolean) => (tones.length > 0 || heard.music === music) && [...heard.tones].sort().join() === [...tones].sort().join();
const saying = (heard: Heard, tones: number[], music: boolean) => (agrees(heard, tones, music) ? 'as wanted' : heard.said);

/** Exactly these tones reach this browser's ear, and nothing else does. */
export async function pageHearsExactly(page: Page, own: number, tones: number[], within = WITHIN_MS): Promise<void> {
  await expect.poll(async () => saying(await pageHeard(page, own), tones, false), { timeout: within, message: `hears exactly ${tones.join(', ')}` }).toBe('as wanted');
}
export async function customerHearsExactly(customer: Customer, tones: number[], within = WITHIN_MS): Promise<void> {
  await expect.poll(() => saying(customer.heard(), tones, false), { timeout: within, message: `the customer hears exactly ${tones.join(', ')}` }).toBe('as wanted');
}
/** Exactly these of the tones; a voice or music beside them is left alone. */
export async function pageHearsTones(page: Page, own: number, tones: number[]): Promise<void> {
  await expect.poll(async () => toned(await pageHeard(page, own), tones), { timeout: WITHIN_MS, message: `hears of the tones ${tones.join(', ')}` }).toBe('as wanted');
}
export async function customerHearsTones(customer: Customer, tones: number[]): Promise<void> {
  await expect.poll(() => toned(customer.heard(), tones), { timeout: WITHIN_MS, message: `the customer hears of the tones ${tones.join(', ')}` }).toBe('as wanted');
}
const toned = (heard: Heard, tones: number[]) => saying({ ...heard, music: false }, tones, false);

export async function customerHearsMusic(customer: Customer, within = WITHIN_MS): Promise<void> {
  await expect.poll(() => saying(customer.heard(), [], true), { timeout: within, message: 'the customer hears music and nobody' }).toBe('as wanted');
}
