// The page: one phone, by JsSIP or by SIP.js, that says a pure tone and keeps what it hears.
import JsSIP from "jssip";
import * as SIP from "sip.js";

/** Samples a second of what is kept: the ears outside count in it. */
const HEARD_RATE = 8000;
const KEPT_SECONDS = 5;

/** A tone in place of a microphone: browsers' microphones filter steady tones out. */
function mouth(hz, amplitude) {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: hz });
  const level = new GainNode(context, { gain: amplitude });
  const out = context.createMediaStreamDestination();
  tone.connect(level).connect(out);
  tone.start();
  return out.stream;
}

class Ear {
  constructor() {
    this.context = new AudioContext({ sampleRate: HEARD_RATE });
    this.samples = new Float32Array(0);
    this.kept = this.context.createScriptProcessor(1024, 1, 1);
    this.kept.onaudioprocess = (event) => this.take(event.inputBuffer.getChannelData(0));
    this.kept.connect(this.context.destination);
    this.element = new Audio();
  }

  /** Chromium gives remote sound to WebAudio only while an element plays it too. */
  listen(track) {
    const stream = new MediaStream([track]);
    this.source?.disconnect();
    this.element.srcObject = stream;
    this.element.muted = true;
    this.element.play().catch(() => {});
    this.source = this.context.createMediaStreamSource(stream);
    this.source.connect(this.kept);
  }

  take(block) {
    const all = new Float32Array(this.samples.length + block.length);
    all.set(this.samples);
    all.set(block, this.samples.length);
    this.samples = all.slice(-HEARD_RATE * KEPT_SECONDS);
  }

  /** The last milliseconds as 16-bit samples in base64. */
  last(ms) {
    const part = this.samples.slice(-Math.round((HEARD_RATE * ms) / 1000));
    const bytes = new Uint8Array(Int16Array.from(part, (s) => Math.max(-1, Math.min(1, s)) * 32767).buffer);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  }
}

/** What both libraries are asked: register, call, answer, hold, resume, hang up, come back. */
class WithJsSip {
  constructor(phone) {
    this.phone = phone;
  }

  open(account) {
    const socket = new JsSIP.WebSocketInterface(account.websocket_url);
    this.agent = new JsSIP.UA({
      sockets: [socket],
      uri: account.sip_uri,
      register: true,
      register_expires: account.register_expires_seconds,
      session_timers: true,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 2,
    });
    this.socket = socket;
    this.options = { mediaStream: this.phone.stream, pcConfig: { iceServers: account.ice_servers } };
    this.agent.on("newRTCSession", ({ session, request, originator }) => {
      if (this.session && !this.session.isEnded() && originator === "remote") {
        session.terminate({ status_code: 486 });
        return;
      }
      this.session = session;
      if (originator === "remote") {
        this.phone.say("incoming", {
          conversation: request.getHeader("X-Conversation") ?? null,
          auto_answer: request.getHeader("X-Auto-Answer") === "true",
        });
      }
      const watch = (connection) => this.phone.watch(connection);
      if (session.connection) watch(session.connection);
      session.on("peerconnection", ({ peerconnection }) => watch(peerconnection));
      session.on("confirmed", () => this.phone.say("established"));
      session.on("ended", ({ cause }) => this.phone.say("closed", { cause }));
      session.on("failed", ({ cause, message }) => this.phone.say("closed", { cause, status: message?.status_code ?? null }));
    });
    return new Promise((done, failed) => {
      this.agent.on("registered", () => {
        this.phone.say("registered");
        done();
      });
      this.agent.on("registrationFailed", ({ cause }) => failed(new Error(`registration: ${cause}`)));
      this.agent.start();
    });
  }

  dial(uri) {
    this.agent.call(uri, this.options);
  }
  answer() {
    this.session.answer(this.options);
  }
  hangUp() {
    this.session.terminate();
  }
  hold() {
    return new Promise((done) => this.session.hold({}, done));
  }
  resume() {
    return new Promise((done) => this.session.unhold({}, done));
  }
  digit(tone, transport) {
    this.session.sendDTMF(tone, { transportType: transport });
  }
  restartIce() {
    return new Promise((done) => this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, done));
  }
  /** The network takes the socket away; the library opens another by itself. */
  dropSocket() {
    this.socket._ws.close();
  }
}

class WithSipJs {
  constructor(phone) {
    this.phone = phone;
  }

  async open(account) {
    // It stops the tracks it was given when a call ends, so each call gets its own.
    const factory = SIP.Web.defaultSessionDescriptionHandlerFactory(async () => this.phone.stream.clone());
    this.agent = new SIP.UserAgent({
      uri: SIP.UserAgent.makeURI(account.sip_uri),
      transportOptions: { server: account.websocket_url },
      logLevel: "error",
      sessionDescriptionHandlerFactory: factory,
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: account.ice_servers } },
      delegate: {
        onInvite: (invitation) => {
          this.follow(invitation);
          const header = (name) => invitation.request.getHeader(name);
          this.phone.say("incoming", {
            conversation: header("X-Conversation") ?? null,
            auto_answer: header("X-Auto-Answer") === "true",
          });
        },
        onDisconnect: () => this.reconnect(),
      },
    });
    await this.agent.start();
    this.registerer = new SIP.Registerer(this.agent, { expires: account.register_expires_seconds });
    const registered = new Promise((done) =>
      this.registerer.stateChange.addListener((state) => {
        if (state === SIP.RegistererState.Registered) {
          this.phone.say("registered");
          done();
        }
      }),
    );
    await this.registerer.register();
    await registered;
  }

  /** This library leaves coming back to the page. */
  async reconnect() {
    await this.agent.reconnect();
    await this.registerer.register({ requestDelegate: { onAccept: () => this.phone.say("registered") } });
  }

  follow(session) {
    this.session = session;
    session.stateChange.addListener((state) => {
      const connection = () => session.sessionDescriptionHandler?.peerConnection;
      if (state === SIP.SessionState.Established) {
        this.phone.watch(connection());
        this.phone.say("established");
      }
      if (state === SIP.SessionState.Terminated) this.phone.say("closed", {});
    });
  }

  async dial(uri) {
    const inviter = new SIP.Inviter(this.agent, SIP.UserAgent.makeURI(uri));
    this.follow(inviter);
    await inviter.invite({
      requestDelegate: { onReject: (answer) => this.phone.say("closed", { status: answer.message.statusCode }) },
    });
  }
  answer() {
    return this.session.accept();
  }
  hangUp() {
    return this.session.bye();
  }
  setHold(hold) {
    this.session.sessionDescriptionHandlerOptionsReInvite = { hold };
    return new Promise((done, failed) =>
      this.session
        .invite({ requestDelegate: { onAccept: () => done(), onReject: () => failed(new Error("re-INVITE refused")) } })
        .catch(failed),
    );
  }
  hold() {
    return this.setHold(true);
  }
  resume() {
    return this.setHold(false);
  }
  digit(tone) {
    this.session.sessionDescriptionHandler.sendDtmf(tone);
  }
  restartIce() {
    this.session.sessionDescriptionHandlerOptionsReInvite = { offerOptions: { iceRestart: true } };
    return new Promise((done) => this.session.invite({ requestDelegate: { onAccept: () => done() } }));
  }
  dropSocket() {
    this.agent.transport._ws.close();
  }
}

class Phone {
  constructor() {
    this.news = [];
    this.ear = new Ear();
  }

  /** Something happened; whoever drives the page reads it in order. */
  say(kind, detail = {}) {
    this.news.push({ kind, ...detail });
  }
  takeNews() {
    return this.news.splice(0);
  }

  open({ library, account, hz, amplitude }) {
    this.stream ??= mouth(hz, amplitude);
    this.library = library === "sipjs" ? new WithSipJs(this) : new WithJsSip(this);
    return this.library.open(account);
  }

  watch(connection) {
    if (!connection || this.connection === connection) return;
    this.connection = connection;
    for (const { track } of connection.getReceivers()) if (track) this.ear.listen(track);
    connection.addEventListener("track", ({ track }) => this.ear.listen(track));
    connection.addEventListener("connectionstatechange", () => this.say("connection", { state: connection.connectionState }));
  }

  heard(ms) {
    return this.ear.last(ms);
  }

  /** What the connection agreed on and lost. */
  async measure() {
    const told = {};
    const stats = await this.connection.getStats();
    stats.forEach((one) => {
      if (one.type === "inbound-rtp") Object.assign(told, { received: one.packetsReceived, lost: one.packetsLost, concealed: one.concealedSamples });
      if (one.type === "outbound-rtp") told.sent = one.packetsSent;
      if (one.type === "remote-inbound-rtp") told.round_trip = one.roundTripTime;
      if (one.type === "transport") Object.assign(told, { dtls: one.dtlsState, srtp: one.srtpCipher });
      if (one.type === "codec") (told.codecs ??= []).push(one.mimeType);
    });
    return told;
  }

  /** One order: the phone's own, else the library's, whose answers are its own affair. */
  async obey(what, details) {
    if (["open", "takeNews", "heard", "measure"].includes(what)) return (await this[what](...details)) ?? null;
    await this.library[what](...details);
    return null;
  }
}

window.phone = new Phone();
