// What the live board costs: 500 agents, 200 calls, 50 updates a second, played to the built pages by a server that is none.
// Says the main thread's work an update, with everything in it: the socket, React, style, layout, the clocks' second.
// `npm run build && npm run trace`; DIST names other pages, CHROMIUM another browser, PICTURE a file to see what was drawn.
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium } from '@playwright/test';

const AGENTS = 500;
const CALLS = 200;
const UPDATES_A_SECOND = 50;
const SECONDS = 20;
const WARM_UP_MS = 4_000;
const BUDGET_MS = 8;

const DIST = process.env['DIST'] ?? 'dist';
const KINDS = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const id = (kind, place) => `00000000-0000-4000-8000-${kind}${String(place).padStart(11, '0')}`;
const agentId = (place) => id('a', place);
const at = (ago = 0) => new Date(Date.now() - ago * 1000).toISOString();

const STATUSES = [{ id: id('5', 1), name: 'Available', kind: 'online' }, { id: id('5', 2), name: 'Break', kind: 'busy' }];
const STATES = ['in_call', 'available', 'acw', 'offering', 'busy'];
const agent = (place, turn) => ({
  user_id: agentId(place),
  presence: { status: STATUSES[(place + turn) % 7 === 0 ? 1 : 0], pending_status: null, system_state: STATES[(place + turn) % STATES.length], since: at((place * 7) % 900), reachable: true, wrap_up_until: null },
  conversation_id: (place + turn) % STATES.length === 0 ? id('c', place % CALLS) : null,
});

const REFUSED = ['accept', 'consult', 'decline', 'digits', 'hang_up', 'hold', 'leave', 'mute', 'park', 'resume', 'transfer', 'unmute', 'wrap_up'];
function conversation(place, version) {
  const [self, customer, wire, call] = [id('c', place), id('1', place), id('2', place), id('3', place)];
  const consulting = (place + version) % 5 === 0;
  const segments = Array.from({ length: 6 }, (_, part) => ({ voice_call_id: call, kind: part % 2 ? 'hold' : 'talk', start: at(60 - part * 10), end: part === 5 ? null : at(50 - part * 10) }));
  const quality = { mos: 4.3, loss_percent: 0.1, jitter_ms: 2, rtt_ms: 20 };
  const leg = (leg_id, role, user_id, state) => ({ id: leg_id, role, user_id, phone_number: role === 'customer' ? '+*******2007' : null, state, muted: false, segments, end_reason: null, quality });
  const record = (call_id, purpose, parent_id, user_id, path) => ({ id: call_id, number: `VC-${place}`, conversation_id: self, call_type: parent_id ? 'internal' : 'inbound', purpose, parent_id, path, from: '+*******2007', to: '+*******0103', user_id, queue_id: id('9', place % 8), subject: `Subject ${place % 40}`, disposition: 'in_progress', started_at: at(100), talk_seconds: 12.5, coaching: [], holds: [] });
  const asked = agentId((place + 250) % AGENTS);
  return {
    id: self, version, state: consulting ? 'consulting' : 'connected', opened_at: at((place * 13) % 1200), ended_at: null, ephemeral: false, queue_id: id('9', place % 8),
    subject: `Subject ${place % 40}, said ${version % 10}`, case_category: 'support', related_record: null, attributes: {},
    voice_calls: [record(call, 'customer', null, agentId(place), '0000'), ...(consulting ? [record(id('4', place), 'consult', call, asked, '0000/0001')] : [])],
    legs: [leg(customer, 'customer', null, consulting ? 'held' : 'connected'), leg(wire, 'agent', agentId(place), 'connected'), ...(consulting ? [leg(id('6', place), 'specialist', asked, 'connected')] : [])],
    hearing: [{ listener: customer, hears: [consulting ? 'hold_music' : wire] }, { listener: wire, hears: [customer] }],
    recording: { state: 'on' }, coaching: [], hand_raised_by: null, parked_slot: null,
    actions: { monitor: true, whisper: true, barge: true, ...Object.fromEntries(REFUSED.map((name) => [name, { allowed: false, reason: 'you are not a party of this call' }])) },
  };
}
const queue = (place, turn) => ({ queue_id: id('9', place), waiting: (place + turn) % 9, longest_since: at((turn * 3) % 120) });

const many = (count, one) => Array.from({ length: count }, (_, place) => one(place));
const named = (place) => ({ type: 'user', id: agentId(place), name: `Agent ${String(place).padStart(3, '0')}`, extension: null, team: null, availability: 'available', callable: true, reason: null, queue_wait_seconds: null });
const ME = {
  user: { id: id('8', 1), version: 1, username: 'maya', display_name: 'Maya', email: null, extension: null, tier: null, team_id: null, skills: [], queues: [], permission_set_ids: [], presence_config_id: null, phone: { kind: 'desk_phone', auto_answer_seconds: null }, sip: null },
  permissions: ['view_live', 'monitor', 'whisper', 'barge', 'take_over', 'set_presence_of_others', 'manage_waiting'],
  presence: { status: { id: null, name: 'Signed out', kind: 'offline' }, pending_status: null, system_state: 'offline', since: at(60), reachable: true, wrap_up_until: null },
  conversation: null,
};
const list = (items) => ({ items, next_cursor: null });
const ANSWERS = {
  '/v1/me': ME,
  '/v1/directory': list(many(AGENTS, named)),
  '/v1/queues': list(many(8, (place) => ({ id: id('9', place), version: 1, name: `Queue ${place}`, kind: 'customer' }))),
  '/v1/presence-statuses': list(STATUSES.map((status, sort) => ({ ...status, version: 1, channels: ['voice'], sort }))),
  '/console/start.json': { practice: null },
};

/** One update, of the kinds that a floor makes: mostly calls and people, now and then a queue. */
function update(turn) {
  const place = (turn * 37) % (turn % 2 ? AGENTS : CALLS);
  if (turn % 10 === 9) return { type: 'queue', data: queue(turn % 8, turn) };
  if (turn % 2) return { type: 'agent', data: agent(place, turn) };
  return { type: 'leg_held', data: { conversation: conversation(place, 2 + turn) } };
}

async function answered(route) {
  const { pathname } = new URL(route.request().url());
  if (pathname in ANSWERS) return route.fulfill({ json: ANSWERS[pathname] });
  if (!pathname.startsWith('/console/')) return route.fulfill({ json: list([]) });
  const name = pathname.slice('/console/'.length);
  const file = extname(name) ? name : 'index.html';
  return route.fulfill({ body: readFileSync(join(DIST, file)), contentType: KINDS[extname(file)] ?? 'application/octet-stream' });
}

const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.addInitScript(() => {
  localStorage.setItem('tandem.session.maya', JSON.stringify({ access: 'a', refresh: 'r', until: Date.now() + 3_600_000 }));
  sessionStorage.setItem('tandem.who', 'maya');
  window.long = [];
  new PerformanceObserver((seen) => window.long.push(...seen.getEntries().map((one) => Math.round(one.duration)))).observe({ type: 'longtask' });
});
await page.route('**/*', answered);
let socket;
const subscribed = new Promise((done) => {
  void page.routeWebSocket('**/v1/live', (opened) => {
    socket = opened;
    opened.onMessage(() => {
      opened.send(JSON.stringify({ seq: 1, at: at(), type: 'snapshot', data: { me: null, conversations: many(CALLS, (place) => conversation(place, 1)), agents: many(AGENTS, (place) => agent(place, 0)), queues: many(8, (place) => queue(place, 0)) } }));
      done();
    });
  });
});
const opened = Date.now();
await page.goto('http://board.test/console/board');
await subscribed;
await page.getByTestId('live-agents').getByText(/^Agent \d/).first().waitFor({ timeout: 60_000 });
const interactive = Date.now() - opened;

let turn = 0;
let late = 0;
async function play(milliseconds) {
  const start = Date.now();
  for (let sent = 0; sent * (1000 / UPDATES_A_SECOND) < milliseconds; sent += 1) {
    const wait = start + sent * (1000 / UPDATES_A_SECOND) - Date.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    else if (wait < -500) late += 1;
    turn += 1;
    socket.send(JSON.stringify({ seq: turn + 1, at: at(), ...update(turn) }));
  }
}
const devtools = await page.context().newCDPSession(page);
// The thread's own time: what else runs on the machine does not count.
await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
const measured = async () => Object.fromEntries((await devtools.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
await play(WARM_UP_MS);
await page.evaluate(() => { window.long.length = 0; });
const [before, first] = [await measured(), turn];
await play(SECONDS * 1000);
const [after, updates] = [await measured(), turn - first];
const each = (name) => ((after[name] - before[name]) * 1000) / updates;
const long = await page.evaluate(() => window.long);
if (process.env['PICTURE']) await page.screenshot({ path: process.env['PICTURE'] });
await browser.close();

const round = (ms) => ms.toFixed(2);
console.log(`live board, ${AGENTS} agents, ${CALLS} calls, ${updates} updates in ${SECONDS} s (${late} late): first drawn after ${interactive} ms`);
console.log(`main thread an update: ${round(each('TaskDuration'))} ms, of it script ${round(each('ScriptDuration'))}, style ${round(each('RecalcStyleDuration'))}, layout ${round(each('LayoutDuration'))}`);
console.log(`tasks over 50 ms: ${long.length}${long.length > 0 ? `, the longest ${Math.max(...long)} ms` : ''}`);
if (each('TaskDuration') > BUDGET_MS) {
  console.error(`over the budget of ${BUDGET_MS} ms`);
  process.exit(1);
}
