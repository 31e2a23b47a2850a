import { type Browser, type BrowserContext, type Page, expect } from '@playwright/test';
import { CARRIER, Customer } from './customer';
import { givesTone } from './ears';

export const url = (path = ''): string => `${process.env['CONSOLE_URL']}/console/${path}`;

/** Somebody at their desk: a context of their own, signed in as the persona card does it. */
export async function signedIn(browser: Browser, who: string, path = '', options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', permissions: ['microphone'], ...options });
  return tab(context, who, path);
}

export async function tab(context: BrowserContext, who: string, path = ''): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url()}?persona=${who}`);
  await page.waitForFunction(() => sessionStorage.getItem('tandem.who') !== null);
  if (path) await page.goto(url(path));
  await expect(page.locator('#main, [data-testid=phone]').first()).toBeVisible();
  return page;
}

type Options = NonNullable<Parameters<Browser['newContext']>[0]>;
interface Newcomer {
  /** Of queues that only they serve. */
  queues?: string[];
  /** Another permission set than the agents'. */
  set?: string;
  /** What their microphone says; without it the browser's own pattern. */
  hz?: number;
  options?: Options;
  user?: object;
}

/** By server: a test may start one of its own. */
const administrators = new Map<string, Promise<Page>>();
function one<T>(known: Map<string, Promise<T>>, make: () => Promise<T>): Promise<T> {
  const found = known.get(url()) ?? make();
  known.set(url(), found);
  return found;
}

/** The administrator's page of this run, for what tests prepare. */
export async function asAdmin<T>(browser: Browser, path: string, method = 'GET', body?: object): Promise<T> {
  const page = await one(administrators, async () => (process.env['CONSOLE_PASSWORD'] ? byForm(await browser.newPage(), 'admin', process.env['CONSOLE_PASSWORD']) : signedIn(browser, 'admin', 'admin')));
  const answer = await api<T & { code?: string; detail?: string }>(page, path, method, body);
  if (answer?.code && answer.detail) throw new Error(`${method} ${path}: ${answer.detail}`);
  return answer;
}

let lines = 0;
const trunks = new Map<string, Promise<{ id: string }>>();
/** A number that customers of the tests call, and a queue behind it that the practice's own people do not serve. */
export async function line(browser: Browser, name: string, more: object = {}): Promise<{ number: string; queue: string }> {
  const { id } = await one(trunks, () => asAdmin<{ id: string }>(browser, '/v1/trunks', 'POST', { name: `Carrier ${process.pid}`, host: `${CARRIER}:5060`, allow_from: [`${CARRIER}/32`] }));
  lines += 1;
  const number = `+155501${String(process.pid % 1000).padStart(3, '0')}${String(lines % 100).padStart(2, '0')}`;
  const queue = await asAdmin<{ id: string }>(browser, '/v1/queues', 'POST', { name, wrap_up: { seconds: 0, max_extensions: 0 }, ...more });
  await asAdmin(browser, '/v1/numbers', 'POST', { e164: number, queue_id: queue.id, trunk_id: id });
  return { number, queue: queue.id };
}

/** Signs in as somebody who knows their password. */
export async function byForm(page: Page, username: string, password: string): Promise<Page> {
  await page.goto(url());
  await page.getByLabel('User name').fill(username);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForFunction(() => sessionStorage.getItem('tandem.who') !== null);
  return page;
}

/** Somebody whom nobody of the practice knows: in no queue of theirs, asked by no synthetic colleague. */
export async function newcomer(browser: Browser, name: string, how: Newcomer = {}): Promise<Page> {
  const sets = await asAdmin<{ items: { id: string; name: string }[] }>(browser, '/v1/permission-sets');
  const set = sets.items.find((one) => one.name === (how.set ?? 'agent'));
  const queues = (how.queues ?? []).map((queue_id) => ({ queue_id, priority: 1, delay_seconds: 0 }));
  await asAdmin(browser, '/v1/users', 'POST', { username: name.toLowerCase(), display_name: name, password: 'practice', permission_set_ids: [set?.id], queues, ...how.user });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', permissions: ['microphone'], ...how.options });
  if (how.hz !== undefined) await givesTone(context, how.hz);
  const page = await context.newPage();
  await byForm(page, name.toLowerCase(), 'practice');
  if (how.options?.permissions === undefined) {
    await phoneIsReady(page);
    await becomes(page, 'Available');
  }
  return page;
}

/** What the API says, as this page's user. */
export async function api<T>(page: Page, path: string, method = 'GET', body?: object): Promise<T> {
  return page.evaluate(
    async ([where, how, what]) => {
      const who = sessionStorage.getItem('tandem.who');
      const { access } = JSON.parse(localStorage.getItem(`tandem.session.${who}`) ?? '{}') as { access: string };
      const answer = await fetch(where as string, { method: how as string, headers: { Authorization: `Bearer ${access}`, 'Content-Type': 'application/json' }, ...(what ? { body: what as string } : {}) });
      const text = await answer.text();
      return (text ? JSON.parse(text) : null) as never;
    },
    [path, method, body ? JSON.stringify(body) : null] as const,
  );
}

/** Chooses a status by its name, so that queues offer calls, or do not. */
export async function becomes(page: Page, status: string): Promise<void> {
  const { items } = await api<{ items: { id: string; name: string }[] }>(page, '/v1/presence-statuses');
  await api(page, '/v1/me/presence', 'PUT', { status_id: items.find((one) => one.name === status)?.id });
}

export const phoneIsReady = (page: Page) => expect(page.getByTestId('phone')).toContainText('Ready', { timeout: 20_000 });

/** A customer calls this number and is answered on this page. */
export async function takesACall(page: Page, number: string): Promise<Customer> {
  const customer = await Customer.calls(number);
  await expect(page.getByTestId('incoming')).toBeVisible({ timeout: 20_000 });
  await page.getByRole('button', { name: 'Accept' }).click();
  await expect(page.getByTestId('call')).toBeVisible();
  return customer;
}

export const hears = (page: Page) => page.getByTestId('hears').first();

/** Something is heard in this browser: the meter of the far end's sound moves. */
export async function hearsSomething(page: Page): Promise<void> {
  const ear = page.getByRole('progressbar', { name: 'What you hear' }).first();
  await expect.poll(async () => Number(await ear.getAttribute('aria-valuenow')), { timeout: 15_000 }).toBeGreaterThan(20);
}
