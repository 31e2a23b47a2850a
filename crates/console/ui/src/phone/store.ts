import { create } from 'zustand';

export type Trouble = 'insecure' | 'unsupported' | 'blocked' | 'no_device' | 'in_use' | 'refused';

export interface PhoneState {
  /** Whether this tab has the media; `mirror` where another tab has it. */
  part: 'off' | 'owner' | 'mirror';
  link: 'off' | 'connecting' | 'registered' | 'lost';
  trouble: Trouble | null;
  /** The server's words where it refused. */
  detail: string | null;
  /** Where this page is served securely, as the server says; null: nowhere. */
  secure: string | null;
  /** The call whose media are here. */
  call: { conversation: string | null; state: 'ringing' | 'up' } | null;
  /** Since when the media are away, in this machine's milliseconds. */
  reconnectingSince: number | null;
  /** A voice of the machine's own, where there is no microphone on a practice organization. */
  synthetic: boolean;
  /** Sound needs one press on the page first. */
  soundBlocked: boolean;
}

export const OFF: PhoneState = {
  part: 'off', link: 'off', trouble: null, detail: null, secure: null, call: null, reconnectingSince: null, synthetic: false, soundBlocked: false,
};
export const usePhone = create<PhoneState>(() => OFF);

/** Loudness, 0 to 1, several times a second; apart from the rest so that only meters are drawn anew. */
export const useLevels = create<{ microphone: number; ear: number; unheard: boolean }>(() => ({ microphone: 0, ear: 0, unheard: false }));
