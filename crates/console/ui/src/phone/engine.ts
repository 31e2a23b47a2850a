// The softphone: media only. What happens in a call is asked of the server, so a desk phone has the same buttons.
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { UA } from 'jssip/lib/UA';
import { Refused, client, take } from '../api/client';
import { ownLeg } from '../live/fold';
import { onLive, useLive } from '../live/store';
import { beep, context, meter, microphone, player, ring, syntheticVoice, useDevices, wake } from './audio';
import { FreshSocket } from './socket';
import { OFF, type PhoneState, type Trouble, useLevels, usePhone } from './store';

interface Credential {
  sip_uri: string;
  websocket_url: string;
  register_expires_seconds: number;
  ice_servers: RTCIceServer[];
  reattach_uri: string;
  secure_origin: string | null;
}
/** ICE says "disconnected" also for a hiccup. */
const HICCUP_MS = 2_000;
const METER_MS = 120;
const REJOIN_TRIES = 5;
/** After the first of the machine's own addresses: the others come at once, and a STUN server that is silent holds a call up for ten seconds. */
const GATHER_MS = 150;
/** So many meters in a row above this while muted: somebody speaks into a closed microphone. */
const SPEAKING = { level: 0.45, meters: 6 };

export interface Settings {
  userId: string;
  autoAnswerSeconds: number | null;
  practice: boolean;
}

const set = (state: Partial<PhoneState>) => usePhone.setState(state);

/** The trouble that a browser's refusal means. */
export function troubleOf(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'blocked';
  if (name === 'NotReadableError' || name === 'AbortError') return 'in_use';
  return 'no_device';
}

type Me = Awaited<ReturnType<typeof me>>;
const me = () => take(client.GET('/v1/me'));

async function credential(): Promise<Credential> {
  return take(client.POST('/v1/me/softphone' as never, { body: {} } as never)) as Promise<Credential>;
}

/** Starts the phone in this tab; gives what stops it. */
export async function startPhone(settings: Settings): Promise<() => void> {
  const phone = new Phone(settings);
  await phone.start();
  return () => phone.stop();
}

class Phone {
  private ua: UA | null = null;
  private socket: FreshSocket | null = null;
  private session: RTCSession | null = null;
  private conversation: string | null = null;
  private stream: MediaStream | null = null;
  /** The microphone from the look at the start, kept open until it is known that no call waits for it. */
  private warm: MediaStream | null = null;
  /** What was asked about a call that waits, beside the way to the registrar. */
  private mine: Promise<Me> | null = null;
  private known: Credential | null = null;
  private ears: HTMLAudioElement | null = null;
  private stopRing: (() => void) | null = null;
  private undo: (() => void)[] = [];
  private timers = new Set<ReturnType<typeof setTimeout>>();
  private meters: { stop: () => void }[] = [];
  private earMeters: { stop: () => void }[] = [];
  private stopped = false;
  private rejoining = false;

  constructor(private readonly settings: Settings) {}

  async start(): Promise<void> {
    set({ ...OFF, part: 'owner', link: 'connecting' });
    // Side by side, because a page that was lost in a call counts the seconds.
    const asked = credential();
    asked.catch(() => undefined);
    import('jssip').catch(() => undefined);
    if (!window.isSecureContext || !navigator.mediaDevices) {
      // Only the server knows the port of its secure address.
      const told = await asked.catch(() => null);
      return set({ link: 'off', trouble: 'insecure', secure: told?.secure_origin ?? null });
    }
    if (!('RTCPeerConnection' in window)) return set({ link: 'off', trouble: 'unsupported' });
    try {
      // Asked before anything rings: who cannot speak is not reachable, instead of missing calls.
      this.warm = await microphone();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === 'no_device' && this.settings.practice) set({ synthetic: true });
      else return set({ link: 'off', trouble });
    }
    try {
      // Whoever thought about the microphone for minutes has an old one; the socket then asks for another.
      this.known = await asked;
    } catch (error) {
      this.cool();
      return set({ link: 'off', trouble: 'refused', detail: error instanceof Refused ? error.message : null });
    }
    if (this.stopped) return this.cool();
    this.mine = me();
    this.mine.catch(() => undefined);
    await this.connect(this.known);
    set({ soundBlocked: !(await wake()) });
  }

  private async connect(known: Credential): Promise<void> {
    const { UA } = await import('jssip');
    if (this.stopped) return;
    let first: string | null = known.websocket_url;
    this.socket = new FreshSocket(known.websocket_url, async () => {
      const address = first;
      first = null;
      if (address) return address;
      this.known = await credential();
      return this.known.websocket_url;
    });
    const ua = new UA({
      sockets: this.socket, uri: known.sip_uri, register: true, register_expires: known.register_expires_seconds, session_timers: true,
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 4, user_agent: 'Tandem console',
    });
    this.ua = ua;
    ua.on('registered', () => this.registered());
    ua.on('unregistered', () => set({ link: 'connecting' }));
    ua.on('registrationFailed', () => set({ link: 'lost' }));
    ua.on('disconnected', () => {
      if (this.stopped) return;
      this.mine = null;
      this.cool();
      set({ link: 'lost' });
      if (this.session) this.away();
    });
    ua.on('newRTCSession', (event: { originator: string; session: RTCSession; request: { getHeader: (name: string) => string | undefined } }) => {
      if (event.originator === 'remote') this.rings(event.session, event.request);
    });
    this.undo.push(onLive((message) => {
      if (message.type === 'answer' && message.data['conversation_id'] === this.conversation) void this.answer();
    }));
    // The microphone follows the call: muted, held by the matrix, or closed while one only listens.
    this.undo.push(useLive.subscribe(() => this.obey()));
    this.undo.push(useDevices.subscribe((now, before) => {
      if (now.microphone !== before.microphone) void this.swapMicrophone();
      if (now.speaker !== before.speaker) void (this.ears as (HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }) | null)?.setSinkId?.(now.speaker);
    }));
    const changed = () => this.networkChanged();
    window.addEventListener('online', changed);
    document.addEventListener('visibilitychange', this.looked);
    const plugged = () => { if (this.stream && !usePhone.getState().synthetic && this.stream.getAudioTracks().every((track) => track.readyState === 'ended')) void this.swapMicrophone(); };
    navigator.mediaDevices.addEventListener('devicechange', plugged);
    this.undo.push(() => {
      window.removeEventListener('online', changed);
      document.removeEventListener('visibilitychange', this.looked);
      navigator.mediaDevices.removeEventListener('devicechange', plugged);
    });
    ua.start();
  }

  private looked = () => {
    if (document.visibilityState === 'visible' && usePhone.getState().link === 'lost') this.socket?.drop();
  };

  private networkChanged(): void {
    // The old way is gone even where the socket has not noticed.
    this.socket?.drop();
  }

  private registered(): void {
    set({ link: 'registered', trouble: null });
    if (this.session?.isEstablished()) this.restartIce();
    else void this.rejoin();
  }

  /** After a reload or a crash the server keeps one's wire for a while: one more INVITE and the call goes on. */
  private async rejoin(): Promise<void> {
    if (this.rejoining || this.session || !this.ua) return;
    this.rejoining = true;
    try {
      const { mine } = this;
      this.mine = null;
      const now = await (mine ?? me());
      const own = now.conversation && ownLeg(now.conversation, this.settings.userId);
      if (!now.conversation || !own || !['connected', 'held', 'reattaching'].includes(own.state)) return;
      this.conversation = now.conversation.id;
      set({ call: { conversation: this.conversation, state: 'up' } });
      this.away();
      for (let tries = 0; tries < REJOIN_TRIES && !this.stopped; tries += 1) {
        if (await this.invite()) return;
        await new Promise((done) => setTimeout(done, 700));
      }
      this.over();
    } catch {
      // The next registration tries again.
    } finally {
      this.cool();
      this.rejoining = false;
    }
  }

  private async invite(): Promise<boolean> {
    const stream = await this.open();
    const { ua, known } = this;
    if (!ua || !known) return false;
    return new Promise((done) => {
      const session = ua.call(known.reattach_uri, {
        mediaStream: stream, pcConfig: { iceServers: known.ice_servers },
        eventHandlers: { confirmed: () => done(true), failed: () => done(false) },
      });
      this.take(session);
    });
  }

  private rings(session: RTCSession, request: { getHeader: (name: string) => string | undefined }): void {
    if (this.session) {
      // One wire at a time; the server knows that this phone is busy.
      session.terminate({ status_code: 486 });
      return;
    }
    this.conversation = request.getHeader('X-Conversation') ?? null;
    this.take(session);
    set({ call: { conversation: this.conversation, state: 'ringing' } });
    const told = /answer-after=(\d+)/.exec(request.getHeader('Call-Info') ?? '')?.[1];
    const byItself = request.getHeader('X-Auto-Answer') === 'true' || told !== undefined;
    const seconds = byItself ? Number(told ?? 0) : this.settings.autoAnswerSeconds;
    if (seconds !== 0) this.stopRing = ring();
    if (seconds !== null) this.later(seconds * 1000, () => void beep(useDevices.getState().ringer).then(() => this.answer()));
  }

  /** Follows a session from its first moment to its end. */
  private take(session: RTCSession): void {
    this.session = session;
    const relayed = this.known?.ice_servers.some((one) => [one.urls].flat().some((url) => url.startsWith('turn'))) ?? false;
    let gathering: (() => void) | null = null;
    session.on('icecandidate', ({ ready }) => {
      // Where the server sees us it learns by itself; only a relay has to be told.
      if (!relayed && ready !== gathering) setTimeout(ready, GATHER_MS);
      gathering = ready;
    });
    // A failed re-negotiation must not hang up on a customer: JsSIP would send a BYE. We come back by a fresh INVITE instead.
    const terminate = session.terminate.bind(session);
    session.terminate = (options) => {
      if (session.isEstablished()) this.lose(session);
      else terminate(options);
    };
    const watch = (connection: RTCPeerConnection) => {
      connection.addEventListener('track', (event) => this.hear(event.streams[0] ?? new MediaStream([event.track])));
      connection.addEventListener('iceconnectionstatechange', () => this.ice(connection));
    };
    if (session.connection) watch(session.connection);
    else session.on('peerconnection', (event) => watch(event.peerconnection));
    const end = () => {
      if (this.session === session) this.over();
    };
    session.on('ended', end);
    session.on('failed', () => {
      if (this.session === session && !this.rejoining) this.over();
      else if (this.session === session) this.session = null;
    });
    session.on('confirmed', () => {
      this.stopRing?.();
      this.stopRing = null;
      set({ call: { conversation: this.conversation, state: 'up' }, reconnectingSince: null });
    });
  }

  private ice(connection: RTCPeerConnection): void {
    const state = connection.iceConnectionState;
    if (state === 'connected' || state === 'completed') set({ reconnectingSince: null });
    if (state === 'failed') this.unheard();
    if (state === 'disconnected') {
      this.later(HICCUP_MS, () => {
        if (['disconnected', 'failed'].includes(connection.iceConnectionState)) this.unheard();
      });
    }
  }

  /** The way is gone, and a socket on the same way would not notice for minutes: new ones, then ICE anew. */
  private unheard(): void {
    this.away();
    window.dispatchEvent(new Event('tandem:network'));
    if (this.socket?.isConnected()) this.socket.drop();
  }

  /** The media are away; the customer hears music, and the page counts. */
  private away(): void {
    set({ reconnectingSince: usePhone.getState().reconnectingSince ?? Date.now() });
  }

  private restartIce(): void {
    const { session } = this;
    if (!session?.isEstablished()) return;
    if (!this.socket?.isConnected()) return;
    this.away();
    const asked = session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, () => {
      const state = session.connection.iceConnectionState;
      if (state === 'connected' || state === 'completed') set({ reconnectingSince: null });
    });
    if (!asked) this.later(500, () => this.restartIce());
  }

  /** This dialog is given up without a word; the server keeps the wire. */
  private lose(session: RTCSession): void {
    if (this.session !== session) return;
    session.connection.close();
    this.session = null;
    this.away();
    if (usePhone.getState().link === 'registered') void this.rejoin();
  }

  private async open(): Promise<MediaStream> {
    if (this.stream?.getAudioTracks().some((track) => track.readyState === 'live')) return this.stream;
    try {
      this.stream = usePhone.getState().synthetic ? syntheticVoice() : (this.warm ?? (await microphone()));
      this.warm = null;
    } catch (error) {
      set({ trouble: troubleOf(error) });
      // The call is more than the microphone: one listens, and the page says what is wrong.
      this.stream = context().createMediaStreamDestination().stream;
    }
    this.measure();
    this.obey();
    return this.stream;
  }

  private async answer(): Promise<void> {
    const { session } = this;
    if (!session || session.isEstablished() || session.isEnded()) return;
    this.stopRing?.();
    this.stopRing = null;
    const stream = await this.open();
    if (session.isInProgress()) session.answer({ mediaStream: stream, pcConfig: { iceServers: this.known?.ice_servers ?? [] } });
  }

  private hear(stream: MediaStream): void {
    if (this.ears) this.ears.srcObject = stream;
    else this.ears = player(stream, useDevices.getState().speaker);
    const ear = meter(stream);
    for (const one of this.earMeters) one.stop();
    const timer = setInterval(() => useLevels.setState({ ear: ear.level() }), METER_MS);
    this.earMeters = [ear, { stop: () => clearInterval(timer) }];
  }

  /** The microphone is measured before it is closed, so that speaking into a closed one is seen. */
  private measure(): void {
    if (!this.stream || this.stream.getAudioTracks().length === 0) return;
    const open = this.stream.clone();
    const level = meter(open);
    let loud = 0;
    const timer = setInterval(() => {
      const now = level.level();
      const closed = this.stream?.getAudioTracks().every((track) => !track.enabled) ?? false;
      loud = closed && now > SPEAKING.level ? loud + 1 : 0;
      useLevels.setState({ microphone: now, unheard: loud >= SPEAKING.meters && !usePhone.getState().synthetic });
    }, METER_MS);
    this.meters.push({ stop: () => { clearInterval(timer); level.stop(); for (const track of open.getTracks()) track.stop(); } });
  }

  private obey(): void {
    const { conversations } = useLive.getState();
    const call = this.conversation ? conversations[this.conversation] : undefined;
    const leg = call && ownLeg(call, this.settings.userId);
    const mode = call?.coaching.find((one) => one.supervisor_id === this.settings.userId)?.mode;
    const closed = leg?.muted === true || (leg?.role === 'supervisor' && (mode === undefined || mode === 'monitor'));
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !closed;
  }

  private async swapMicrophone(): Promise<void> {
    if (!this.stream || usePhone.getState().synthetic) return;
    try {
      const next = await microphone();
      const track = next.getAudioTracks()[0];
      const sender = this.session?.connection?.getSenders().find((one) => one.track?.kind === 'audio' || one.track === null);
      if (track && sender) await sender.replaceTrack(track);
      for (const old of this.stream.getTracks()) old.stop();
      this.unmeasure();
      this.stream = next;
      this.measure();
      this.obey();
      set({ trouble: null });
    } catch (error) {
      set({ trouble: troubleOf(error) });
    }
  }

  private unmeasure(): void {
    for (const one of this.meters) one.stop();
    this.meters = [];
    useLevels.setState({ microphone: 0, unheard: false });
  }

  private over(): void {
    this.stopRing?.();
    this.stopRing = null;
    this.session = null;
    this.conversation = null;
    this.unmeasure();
    for (const one of this.earMeters) one.stop();
    this.earMeters = [];
    useLevels.setState({ ear: 0 });
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.ears?.pause();
    this.ears = null;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    set({ call: null, reconnectingSince: null });
  }

  private cool(): void {
    for (const track of this.warm?.getTracks() ?? []) track.stop();
    this.warm = null;
  }

  private later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, ms);
    this.timers.add(timer);
  }

  stop(): void {
    this.stopped = true;
    for (const undo of this.undo) undo();
    this.cool();
    this.over();
    this.ua?.stop();
    set(OFF);
  }
}
