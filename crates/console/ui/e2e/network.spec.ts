// A laptop that leaves one network for another in a call: two ways to the server, of which the first goes away.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test } from '@playwright/test';
import { customerHearsExactly, customerHearsMusic, pageHearsExactly } from './ears';
import { line, newcomer, takesACall } from './people';
import { PASSWORD, type Server, launch } from './server';
import { CUSTOMER_HZ, TONES } from './tone';

const [OWN] = TONES;
const ROUNDS = process.env['LONG'] ? 20 : 3;
const SPACE = `tandem${process.pid % 100_000}`;
const HERE = '10.213.0.1';
/** Of losing a way; the browser itself needs some seconds to doubt it. */
const OVER_WITHIN_MS = 40_000;

const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'pipe' });
const inside = (...words: string[]) => ip('netns', 'exec', SPACE, 'ip', ...words);
const ways = [1, 2] as const;
const outer = (way: number) => `tdm${process.pid % 100_000}w${way}`;

/** Two networks from a space of its own to this machine; false without the privileges for it. */
function prepared(): boolean {
  try {
    ip('netns', 'add', SPACE);
  } catch {
    return false;
  }
  ip('address', 'add', `${HERE}/32`, 'dev', 'lo');
  inside('link', 'set', 'lo', 'up');
  for (const way of ways) {
    ip('link', 'add', outer(way), 'type', 'veth', 'peer', 'name', `way${way}`, 'netns', SPACE);
    ip('address', 'add', `10.213.${way}.1/30`, 'dev', outer(way));
    ip('link', 'set', outer(way), 'up');
    inside('address', 'add', `10.213.${way}.2/30`, 'dev', `way${way}`);
  }
  take(1, 0);
  return true;
}
/** A way that is there too; whatever goes already goes on as before. */
function take(way: number, round: number): void {
  inside('link', 'set', `way${way}`, 'up');
  inside('route', 'replace', 'default', 'via', `10.213.${way}.1`, 'dev', `way${way}`, 'metric', String(100 + round));
}

function removed(): void {
  for (const words of [...ways.map((way) => ['link', 'del', outer(way)]), ['netns', 'del', SPACE], ['address', 'del', `${HERE}/32`, 'dev', 'lo']]) {
    try {
      ip(...words);
    } catch {
      // It was not there.
    }
  }
}

test('a call outlives the change from one network to another', async () => {
  test.setTimeout(150_000 + ROUNDS * 60_000);
  test.skip(!prepared(), 'network namespaces need privileges');
  const folder = mkdtempSync(join(tmpdir(), 'tandem-way-'));
  const program = join(folder, 'chromium');
  writeFileSync(program, `#!/bin/sh\nexec ip netns exec ${SPACE} ${process.env['CHROMIUM'] ?? '/usr/bin/chromium'} "$@"\n`, { mode: 0o755 });
  const before = { url: process.env['CONSOLE_URL'], sip: process.env['CONSOLE_SIP'] };
  let server: Server | undefined;
  try {
    server = await launch(HERE);
    Object.assign(process.env, { CONSOLE_URL: server.url, CONSOLE_SIP: String(server.sip), CONSOLE_PASSWORD: PASSWORD });
    const browser = await chromium.launch({
      executablePath: program,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required', `--unsafely-treat-insecure-origin-as-secure=${server.url}`],
    });
    const { number, queue } = await line(browser, 'Ways');
    const wim = await newcomer(browser, 'Wim', { queues: [queue], hz: OWN });
    const customer = await takesACall(wim, number);
    await customerHearsExactly(customer, [OWN]);
    for (let round = 0; round < ROUNDS; round += 1) {
      const [gone, next] = round % 2 === 0 ? [1, 2] : [2, 1];
      take(next, round + 1);
      inside('link', 'set', `way${gone}`, 'down');
      await customerHearsMusic(customer);
      await expect(wim.getByTestId('reconnecting')).toContainText('Reconnecting', { timeout: OVER_WITHIN_MS });
      await customerHearsExactly(customer, [OWN], OVER_WITHIN_MS);
      await pageHearsExactly(wim, OWN, [CUSTOMER_HZ], OVER_WITHIN_MS);
      await expect(wim.getByTestId('reconnecting')).toHaveCount(0);
    }
    await wim.getByRole('button', { name: 'Hang up', exact: true }).click();
    await customer.ended;
    await browser.close();
  } finally {
    Object.assign(process.env, { CONSOLE_URL: before.url, CONSOLE_SIP: before.sip });
    delete process.env['CONSOLE_PASSWORD'];
    await server?.stop();
    removed();
    rmSync(folder, { recursive: true, force: true });
  }
});
