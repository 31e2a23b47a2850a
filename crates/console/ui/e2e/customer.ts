// A customer with a phone of their own: SIP and G.711 over UDP, one tone for a voice, and an ear.
import { type Socket, createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { ABSENT_DBFS, CUSTOMER_HZ, MUSIC_DBFS, PRESENT_DBFS, TONES, levelOf, restOf } from './tone';

/** Calls from here are those of the trunk that `line` makes. */
export const CARRIER = '127.0.0.3';
const RATE = 8_000;
const FRAME = 160;
const FRAME_MS = 20;
/** So much of the past is looked at, in milliseconds. */
const WINDOW_MS = 400;
const KEPT = RATE * 2;
const AGAIN_MS = [500, 1_000, 2_000, 4_000, 4_000];
const AMPLITUDE = 0.1;

export interface Heard {
  /** Whose tones are there. */
  tones: number[];
  music: boolean;
  /** Levels in dBFS, for whoever reads a failure. */
  said: string;
}

const bind = (socket: Socket): Promise<number> =>
  new Promise((done, failed) => {
    socket.once('error', failed);
    socket.bind(0, CARRIER, () => done(socket.address().port));
  });
const tag = () => randomBytes(6).toString('hex');

export class Customer {
  private readonly callId = `${tag()}@${CARRIER}`;
  private readonly fromTag = tag();
  private branch = `z9hG4bK${tag()}`;
  private to: string;
  private target: string;
  private cseq = 1;
  private routes: string[] = [];
  private far: { address: string; port: number } | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private clock: ReturnType<typeof setInterval> | undefined;
  private kept: Float32Array = new Float32Array(0);
  private told: { up: () => void; over: () => void };
  /** Somebody, or an announcement, is on the line. */
  readonly answered: Promise<void>;
  readonly ended: Promise<void>;
  isUp = false;
  private isOver = false;

  private constructor(
    private readonly sip: Socket,
    private readonly rtp: Socket,
    private readonly sipPort: number,
    private readonly rtpPort: number,
    private readonly from: string,
    number: string,
    private readonly server: number,
    private readonly hz: number,
  ) {
    this.target = `sip:${number}@127.0.0.1:${server}`;
    this.to = `<${this.target}>`;
    const told = { up: () => undefined as void, over: () => undefined as void };
    this.answered = new Promise((done) => { told.up = done; });
    this.ended = new Promise((done) => { told.over = done; });
    this.told = told;
  }

  static async calls(number: string, from = '+15550188001', hz: number = CUSTOMER_HZ): Promise<Customer> {
    const [sip, rtp] = [createSocket('udp4'), createSocket('udp4')];
    const [sipPort, rtpPort] = [await bind(sip), await bind(rtp)];
    const customer = new Customer(sip, rtp, sipPort, rtpPort, from, number, Number(process.env['CONSOLE_SIP']), hz);
    sip.on('message', (bytes) => customer.take(bytes.toString()));
    rtp.on('message', (bytes) => customer.hear(bytes));
    customer.invite(0);
    return customer;
  }

  /** The last part of what was heard: who, and whether music. */
  heard(): Heard {
    const samples = this.kept.slice(-(RATE * WINDOW_MS) / 1000);
    const others = [...TONES, CUSTOMER_HZ].filter((hz) => hz !== this.hz);
    const levels = others.map((hz) => [hz, levelOf(samples, RATE, hz)] as const);
    const unclear = levels.some(([, level]) => level > ABSENT_DBFS && level < PRESENT_DBFS);
    const tones = levels.filter(([, level]) => level >= PRESENT_DBFS).map(([hz]) => hz);
    const rest = restOf(samples, RATE, others);
    return { tones: unclear ? [...tones, NaN] : tones, music: rest >= MUSIC_DBFS, said: `${levels.map(([hz, level]) => `${hz}: ${level.toFixed(0)}`).join(', ')}, rest ${rest.toFixed(0)}` };
  }

  hangUp(): void {
    if (!this.isUp) return;
    this.send(this.request('BYE', (this.cseq += 1), `z9hG4bK${tag()}`));
    this.over();
  }

  private sdp(): string {
    return ['v=0', `o=- 1 1 IN IP4 ${CARRIER}`, 's=-', `c=IN IP4 ${CARRIER}`, 't=0 0', `m=audio ${this.rtpPort} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', 'a=ptime:20', 'a=sendrecv', ''].join('\r\n');
  }

  private request(method: string, cseq: number, branch: string, body = ''): string {
    const lines = [
      `${method} ${this.target} SIP/2.0`, `Via: SIP/2.0/UDP ${CARRIER}:${this.sipPort};branch=${branch};rport`, 'Max-Forwards: 70',
      ...this.routes.map((route) => `Route: ${route}`), `From: <sip:${this.from}@${CARRIER}>;tag=${this.fromTag}`, `To: ${this.to}`, `Call-ID: ${this.callId}`,
      `CSeq: ${cseq} ${method}`, `Contact: <sip:${this.from}@${CARRIER}:${this.sipPort}>`, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${body.length}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }

  private send(message: string): void {
    this.sip.send(message, this.server, '127.0.0.1');
  }

  private invite(tries: number): void {
    this.send(this.request('INVITE', this.cseq, this.branch, this.sdp()));
    const wait = AGAIN_MS[tries];
    if (wait !== undefined) this.again = setTimeout(() => this.invite(tries + 1), wait);
  }

  private take(message: string): void {
    const [head = '', body = ''] = message.split('\r\n\r\n');
    const header = (name: string) => head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)).map((line) => line.slice(name.length + 1).trim());
    const first = head.split('\r\n', 1)[0] ?? '';
    if (!first.startsWith('SIP/2.0 ')) return this.asked(first.split(' ')[0] ?? '', head);
    clearTimeout(this.again);
    const status = Number(first.split(' ')[1]);
    if (!(header('CSeq')[0] ?? '').endsWith('INVITE') || status < 200) return;
    this.to = header('To')[0] ?? this.to;
    if (status >= 300) {
      this.send(this.request('ACK', this.cseq, this.branch));
      return this.over();
    }
    this.target = /<([^>]+)>/.exec(header('Contact')[0] ?? '')?.[1] ?? this.target;
    this.routes = header('Record-Route').reverse();
    this.send(this.request('ACK', this.cseq, `z9hG4bK${tag()}`));
    this.agree(body);
    // An answer said once more, behind the goodbye or before it, begins nothing.
    if (this.isUp || this.isOver) return;
    this.isUp = true;
    this.speak();
    this.told.up();
  }

  /** What the far end asks within the call is granted; a goodbye ends it. */
  private asked(method: string, head: string): void {
    if (method === 'ACK') return;
    const copied = head.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
    const offer = method === 'INVITE' ? this.sdp() : '';
    this.send(['SIP/2.0 200 OK', ...copied, `Contact: <sip:${this.from}@${CARRIER}:${this.sipPort}>`, ...(offer ? ['Content-Type: application/sdp'] : []), `Content-Length: ${offer.length}`, '', offer].join('\r\n'));
    if (method === 'BYE') this.over();
  }

  private agree(sdp: string): void {
    const address = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1];
    const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
    if (address && port) this.far = { address, port };
  }

  private speak(): void {
    const began = Date.now();
    let sent = 0;
    this.clock = setInterval(() => {
      // As many as are due: a timer that comes late loses no sound.
      while (this.far && sent * FRAME_MS <= Date.now() - began) {
        const packet = Buffer.alloc(12 + FRAME);
        packet.writeUInt8(0x80, 0);
        packet.writeUInt16BE(sent & 0xffff, 2);
        packet.writeUInt32BE((sent * FRAME) >>> 0, 4);
        packet.writeUInt32BE(0x7a4d, 8);
        for (let at = 0; at < FRAME; at += 1) packet[12 + at] = coded(AMPLITUDE * Math.sin((2 * Math.PI * this.hz * (sent * FRAME + at)) / RATE));
        this.rtp.send(packet, this.far.port, this.far.address);
        sent += 1;
      }
    }, FRAME_MS / 2);
  }

  private hear(packet: Buffer): void {
    if (packet.length < 12 || ((packet[1] ?? 0) & 0x7f) !== 0) return;
    const sound = Float32Array.from(packet.subarray(12), decoded);
    const all = new Float32Array(this.kept.length + sound.length);
    all.set(this.kept);
    all.set(sound, this.kept.length);
    this.kept = all.slice(-KEPT);
  }

  private over(): void {
    if (this.clock) clearInterval(this.clock);
    clearTimeout(this.again);
    this.isUp = false;
    if (this.isOver) return;
    this.isOver = true;
    this.told.over();
    // What is still said to this phone is answered for a moment.
    setTimeout(() => { this.sip.removeAllListeners('message').close(); this.rtp.close(); }, 500);
  }
}

/** G.711 mu-law (ITU-T G.711). */
function coded(sample: number): number {
  const bias = 0x84;
  const value = Math.min(32_635, Math.abs(Math.round(sample * 32_767))) + bias;
  const exponent = 31 - Math.clz32(value) - 7;
  return ~(((sample < 0 ? 1 : 0) << 7) | (exponent << 4) | ((value >> (exponent + 3)) & 0x0f)) & 0xff;
}

function decoded(byte: number): number {
  const bits = ~byte & 0xff;
  const value = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -value : value) / 32_767;
}
