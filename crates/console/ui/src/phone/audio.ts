// Sound in and out: devices, meters, the ring, the beep, and a voice for those who practise without a microphone.
import { create } from 'zustand';

export interface Devices {
  microphone: string;
  speaker: string;
  ringer: string;
}
const KEY = 'tandem.devices';
function read(): Devices {
  try {
    return { microphone: '', speaker: '', ringer: '', ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as object) };
  } catch {
    return { microphone: '', speaker: '', ringer: '' };
  }
}
/** Empty: whatever the system has chosen. */
export const useDevices = create<Devices>(() => read());
export function chooseDevices(change: Partial<Devices>): void {
  useDevices.setState(change);
  localStorage.setItem(KEY, JSON.stringify({ ...useDevices.getState(), ...change }));
}

let shared: AudioContext | null = null;
/** One for the page; suspended until somebody has pressed something on it. */
export function context(): AudioContext {
  shared ??= new AudioContext();
  return shared;
}
export async function wake(): Promise<boolean> {
  const audio = context();
  if (audio.state === 'suspended') await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 200))]);
  return audio.state === 'running';
}

/** The microphone, or why there is none. */
export async function microphone(): Promise<MediaStream> {
  const { microphone: chosen } = useDevices.getState();
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: chosen ? { ...audio, deviceId: { exact: chosen } } : audio });
  } catch (error) {
    // The chosen one was unplugged: any other is better than none.
    if (chosen && error instanceof DOMException && ['OverconstrainedError', 'NotFoundError'].includes(error.name)) {
      return navigator.mediaDevices.getUserMedia({ audio });
    }
    throw error;
  }
}

/** Something like speech: three partials under a syllable rhythm. */
export function syntheticVoice(): MediaStream {
  const audio = context();
  const out = audio.createMediaStreamDestination();
  const voice = audio.createGain();
  voice.gain.value = 0;
  const syllables = audio.createOscillator();
  syllables.frequency.value = 3.1;
  const depth = audio.createGain();
  depth.gain.value = 0.07;
  syllables.connect(depth).connect(voice.gain);
  syllables.start();
  for (const [frequency, gain] of [[190, 1], [570, 0.5], [1330, 0.25]] as const) {
    const partial = audio.createOscillator();
    partial.frequency.value = frequency;
    const level = audio.createGain();
    level.gain.value = gain;
    partial.connect(level).connect(voice);
    partial.start();
  }
  voice.connect(out);
  return out.stream;
}

/** Loudness of a stream, 0 to 1; call `stop` when it is over. */
export function meter(stream: MediaStream): { level: () => number; stop: () => void } {
  const audio = context();
  const source = audio.createMediaStreamSource(stream);
  const analyser = audio.createAnalyser();
  analyser.fftSize = 512;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level: () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      // -60 dB is silence, -10 dB is loud.
      return Math.max(0, Math.min(1, (10 * Math.log10(power + 1e-9) + 60) / 50));
    },
    stop: () => source.disconnect(),
  };
}

type Sink = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };
/** Plays a stream on a chosen device. */
export function player(stream: MediaStream, device: string): HTMLAudioElement {
  const element: Sink = new Audio();
  element.autoplay = true;
  element.srcObject = stream;
  if (device && element.setSinkId) void element.setSinkId(device).catch(() => undefined);
  void element.play().catch(() => undefined);
  return element;
}

function toRinger(): MediaStreamAudioDestinationNode & { element?: HTMLAudioElement } {
  return context().createMediaStreamDestination();
}

/** Rings on the ringer device until told to stop. */
export function ring(): () => void {
  const audio = context();
  const out = toRinger();
  const gain = audio.createGain();
  gain.gain.value = 0;
  for (const frequency of [440, 554]) {
    const tone = audio.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start();
  }
  gain.connect(out);
  const element = player(out.stream, useDevices.getState().ringer);
  const once = () => {
    const t = audio.currentTime;
    gain.gain.setTargetAtTime(0.16, t, 0.02);
    gain.gain.setTargetAtTime(0, t + 1, 0.03);
  };
  once();
  const timer = setInterval(once, 3_000);
  return () => {
    clearInterval(timer);
    gain.disconnect();
    element.pause();
    element.srcObject = null;
  };
}

/** The short beep before a call that answers itself. */
export function beep(device: string): Promise<void> {
  const audio = context();
  const out = audio.createMediaStreamDestination();
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  gain.gain.value = 0.2;
  tone.frequency.value = 880;
  tone.connect(gain).connect(out);
  const element = player(out.stream, device);
  tone.start();
  tone.stop(audio.currentTime + 0.2);
  return new Promise((done) => setTimeout(() => { element.srcObject = null; done(); }, 250));
}
