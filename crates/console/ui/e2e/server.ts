// The real server as a practice organization, on free ports, for the length of the run.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const OUT = resolve('../../../target/console');
const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 10_000;

export interface Server {
  url: string;
  sip: number;
  data: string;
  stop: () => Promise<void>;
}

/** Of the first administrator, where it is no practice. */
export const PASSWORD = 'the first administrator of a test';

/** A server of its own, whose pages and media are on this address: a practice on loopback, an empty organization elsewhere. */
export async function launch(on = '127.0.0.1'): Promise<Server> {
  const binary = process.env['TANDEM_BINARY'] ?? resolve('../../../target/debug/tandem');
  const data = mkdtempSync(join(tmpdir(), 'tandem-console-'));
  mkdirSync(OUT, { recursive: true });
  const log = openSync(join(OUT, `server-${on}.log`), 'w');
  const sip = await freePort();
  const config = join(data, 'tandem.toml');
  const file = (name: string) => JSON.stringify(join(data, name));
  writeFileSync(config, `http.listen = "${on}:0"\nmedia.bind = "${on}"\nsip.listen_udp = "127.0.0.1:${sip}"\ndatabase.url = ${JSON.stringify(`sqlite://${join(data, 'organization.db')}?mode=rwc`)}\n`
    + `journal.path = ${file('journal.db')}\nrecordings.url = ${JSON.stringify(`file://${join(data, 'recordings')}`)}\nbootstrap.admin_password = "${PASSWORD}"\n`);
  const server = spawn(binary, on === '127.0.0.1' ? ['demo', '--data', data] : ['serve', '--config', config], {
    env: on === '127.0.0.1' ? { ...process.env, TANDEM__HTTP__LISTEN: `${on}:0`, TANDEM__SIP__LISTEN_UDP: `127.0.0.1:${sip}`, TANDEM__SIP__LISTEN_TCP: '127.0.0.1:0' } : process.env,
    // A log of its own: whoever reads this run's output must not wait for the server.
    stdio: ['ignore', 'pipe', log],
  });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const url = await address(server);
  const stop = async () => {
    const ended = new Promise((done) => server.once('exit', done));
    server.kill('SIGTERM');
    await Promise.race([ended, new Promise((done) => setTimeout(done, STOPS_WITHIN_MS))]);
    kill();
    process.removeListener('exit', kill);
    rmSync(data, { recursive: true, force: true });
  };
  return { url, sip, data, stop };
}

export default async function start(): Promise<() => Promise<void>> {
  if (process.env['CONSOLE_URL']) return () => Promise.resolve();
  const { url, sip, data, stop } = await launch();
  process.env['CONSOLE_URL'] = url;
  process.env['CONSOLE_SIP'] = String(sip);
  process.env['CONSOLE_DATA'] = data;
  return stop;
}

/** Customers of the tests call there, so it is known before the server is up. */
function freePort(): Promise<number> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => done(port));
    });
  });
}

function address(server: ChildProcess): Promise<string> {
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error('the server did not say its address in time')), STARTS_WITHIN_MS);
    let said = '';
    server.stdout?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      const found = /http(?::\/\/|=)([\d.]+:\d+)/.exec(said)?.[1];
      if (!found) return;
      clearTimeout(late);
      done(`http://${found}`);
    });
    server.once('exit', (code) => failed(new Error(`the server ended with ${code} before it was ready`)));
  });
}
