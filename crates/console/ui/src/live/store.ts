import { create } from 'zustand';
import { accessToken } from '../api/session';
import type { CallbackPrompt, Conversation } from '../api/types';
import { heard } from './clock';
import { EMPTY, type Message, type Picture, fold, remember, rememberPrompt } from './fold';

export interface Live extends Picture {
  link: 'connecting' | 'live' | 'lost';
  /** When the link was lost, in this machine's milliseconds. */
  lostAt: number | null;
}

export const useLive = create<Live>(() => ({ ...EMPTY, link: 'connecting', lostAt: null }));

/** What an answer of the API showed is known at once; the socket will say the same. */
export function learn(conversation: Conversation): void {
  useLive.setState((live) => remember(live, conversation));
}

export function learnPrompt(prompt: CallbackPrompt): void {
  useLive.setState((live) => rememberPrompt(live, prompt));
}

type Listener = (message: Message) => void;
const listeners = new Set<Listener>();
/** Messages that concern no picture: `answer`, `alert`. */
export function onLive(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Messages that come together are drawn together. */
const GATHER_MS = 40;
const RETRY_MS = [250, 500, 1_000, 2_000, 4_000];

/** Follows the live socket until told to stop; a lost link is taken up again where it broke. */
export function follow(topics: string[], ownId: string | null): () => void {
  let socket: WebSocket | null = null;
  let stopped = false;
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: Message[] = [];
  let gathering: ReturnType<typeof setTimeout> | undefined;

  const draw = () => {
    gathering = undefined;
    const messages = waiting;
    waiting = [];
    useLive.setState((live) => messages.reduce<Picture>((picture, message) => fold(picture, message, ownId), live));
  };
  const take = (message: Message) => {
    heard(message.at);
    if (message.type === 'answer') {
      for (const listener of listeners) listener(message);
      return;
    }
    waiting.push(message);
    gathering ??= setTimeout(draw, GATHER_MS);
  };

  const open = async () => {
    const token = await accessToken();
    if (stopped || token === null) return;
    const address = new URL('/v1/live', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const mine = new WebSocket(address, ['tandem', `bearer.${token}`]);
    socket = mine;
    mine.onopen = () => {
      tries = 0;
      const { seq } = useLive.getState();
      mine.send(JSON.stringify(seq === null ? { subscribe: topics } : { subscribe: topics, after: seq }));
      useLive.setState({ link: 'live', lostAt: null });
    };
    mine.onmessage = (event) => take(JSON.parse(event.data as string) as Message);
    mine.onclose = () => {
      if (stopped || socket !== mine) return;
      useLive.setState((live) => ({ link: 'lost', lostAt: live.lostAt ?? Date.now() }));
      again();
    };
  };
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void open().catch(again), RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
  };
  const now = () => {
    if (useLive.getState().link === 'lost') {
      tries = 0;
      again();
    }
  };

  /** Somebody else noticed that the way is gone; this socket would notice only when TCP gives up. */
  const renew = () => {
    const old = socket;
    socket = null;
    old?.close();
    useLive.setState((live) => ({ link: 'lost', lostAt: live.lostAt ?? Date.now() }));
    now();
  };

  window.addEventListener('online', now);
  window.addEventListener('tandem:network', renew);
  document.addEventListener('visibilitychange', now);
  void open().catch(again);
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(gathering);
    window.removeEventListener('online', now);
    window.removeEventListener('tandem:network', renew);
    document.removeEventListener('visibilitychange', now);
    socket?.close();
    useLive.setState({ ...EMPTY, link: 'connecting', lostAt: null });
  };
}
