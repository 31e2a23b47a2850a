// JsSIP's socket with an address that is asked for anew before each connection: the credential in it is short-lived.
import type { Socket } from 'jssip/lib/Socket';

const DEADLINE_MS = 5_000;

export class FreshSocket implements Socket {
  via_transport = 'WS';
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => undefined;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => undefined;
  ondata: <T>(event: T) => void = () => undefined;
  private socket: WebSocket | null = null;
  private asking = false;

  constructor(first: string, private readonly address: () => Promise<string>) {
    const url = new URL(first);
    this.url = `${url.protocol}//${url.host}${url.pathname}`;
    this.via_transport = url.protocol === 'wss:' ? 'WSS' : 'WS';
    this.sip_uri = `sip:${url.host};transport=ws`;
  }

  connect(): void {
    if (this.isConnected() || this.isConnecting()) return;
    this.asking = true;
    this.address()
      .then((address) => {
        if (!this.asking) return;
        this.asking = false;
        this.open(address);
      })
      .catch(() => {
        this.asking = false;
        this.ondisconnect(true, 1006, 'no address');
      });
  }

  private open(address: string): void {
    const socket = new WebSocket(address, 'sip');
    this.socket = socket;
    const late = setTimeout(() => socket.readyState === WebSocket.CONNECTING && this.drop(), DEADLINE_MS);
    socket.onopen = () => {
      clearTimeout(late);
      if (this.socket === socket) this.onconnect();
    };
    socket.onmessage = (event) => {
      if (this.socket === socket) this.ondata(event.data);
    };
    socket.onclose = (event) => {
      clearTimeout(late);
      if (this.socket !== socket) return;
      this.socket = null;
      this.ondisconnect(!event.wasClean, event.code, event.reason);
    };
  }

  disconnect(): void {
    this.asking = false;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** The network has changed under the socket: it is given up without waiting for it to notice. */
  drop(): void {
    if (!this.socket) return;
    this.disconnect();
    this.ondisconnect(true, 1006, 'given up');
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.isConnected()) return false;
    this.socket?.send(message as string);
    return true;
  }

  isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.asking || this.socket?.readyState === WebSocket.CONNECTING;
  }
}
