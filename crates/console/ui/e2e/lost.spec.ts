// What happens to a page, or to the network under it, does not happen to the call.
import { type Page, expect, test } from '@playwright/test';
import type { Customer } from './customer';
import { customerHearsExactly, customerHearsMusic, pageHearsExactly } from './ears';
import { asAdmin, hears, line, newcomer, phoneIsReady, takesACall, url } from './people';
import { CUSTOMER_HZ, TONES } from './tone';

const [OWN] = TONES;
/** How often each way is tried: LONG=1 in the long run. */
const ROUNDS = process.env['LONG'] ? 20 : 3;
/** Of the page being there again. */
const BACK_WITHIN_MS = 3_000;

async function theyHearEachOther(page: Page, customer: Customer): Promise<void> {
  await customerHearsExactly(customer, [OWN]);
  await pageHearsExactly(page, OWN, [CUSTOMER_HZ]);
}

/** From the page being there to both hearing each other. */
async function isBack(page: Page, who: string): Promise<void> {
  await page.waitForFunction(() => document.readyState === 'complete');
  await expect(page.getByTestId('call').getByRole('heading').first()).toHaveText(who);
  await expect(hears(page)).toContainText(/You and Customer \S+ hear each other/, { timeout: BACK_WITHIN_MS });
  await expect(page.getByTestId('reconnecting')).toHaveCount(0);
}

test('a page reloaded in a call is back in it, and the customer hears music meanwhile', async ({ browser }) => {
  test.setTimeout(60_000 + ROUNDS * 20_000);
  const { number, queue } = await line(browser, 'Reloads');
  const pat = await newcomer(browser, 'Pat', { queues: [queue], hz: OWN });
  const customer = await takesACall(pat, number);
  await theyHearEachOther(pat, customer);
  const who = (await pat.getByTestId('call').getByRole('heading').first().textContent()) ?? '';
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round % 2 === 0) await pat.reload();
    else {
      // A page that takes its time to come back.
      await pat.goto('about:blank');
      await customerHearsMusic(customer);
      await pat.goto(url('desk'));
    }
    await isBack(pat, who);
    await theyHearEachOther(pat, customer);
  }
  await pat.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await pat.context().close();
});

test('a page whose renderer was killed in a call is opened again and is back in it', async ({ browser }) => {
  test.setTimeout(60_000 + ROUNDS * 30_000);
  const { number, queue } = await line(browser, 'Crashes');
  let quin = await newcomer(browser, 'Quin', { queues: [queue], hz: OWN });
  const context = quin.context();
  const customer = await takesACall(quin, number);
  await theyHearEachOther(quin, customer);
  const who = (await quin.getByTestId('call').getByRole('heading').first().textContent()) ?? '';
  const tabsOwn = await quin.evaluate(() => ({ ...sessionStorage }));
  for (let round = 0; round < ROUNDS; round += 1) {
    const gone = quin.waitForEvent('crash');
    quin.goto('chrome://crash').catch(() => undefined);
    await gone;
    await customerHearsMusic(customer);
    // A person would reload the dead tab; what the tab kept is kept by the browser.
    const next = await context.newPage();
    await next.addInitScript((own) => Object.assign(sessionStorage, own), tabsOwn);
    await quin.close();
    quin = next;
    await quin.goto(url('desk'));
    await isBack(quin, who);
    await theyHearEachOther(quin, customer);
  }
  await quin.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await context.close();
});

test('the socket goes and comes: the page says since when, and the call goes on', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Sockets');
  const rae = await newcomer(browser, 'Rae', { queues: [queue], hz: OWN });
  const customer = await takesACall(rae, number);
  await theyHearEachOther(rae, customer);
  await rae.context().setOffline(true);
  await rae.evaluate(() => window.dispatchEvent(new Event('offline')));
  await rae.context().setOffline(false);
  await rae.evaluate(() => window.dispatchEvent(new Event('online')));
  await phoneIsReady(rae);
  await expect(rae.getByTestId('reconnecting')).toHaveCount(0);
  await theyHearEachOther(rae, customer);
  await rae.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await rae.context().close();
});

test('whoever does not come back in time loses the call to the head of its queue', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Grace');
  const before = await asAdmin<{ reattach_grace_seconds: number }>(browser, '/v1/settings');
  await asAdmin(browser, '/v1/settings', 'PATCH', { reattach_grace_seconds: 3 });
  try {
    const sam = await newcomer(browser, 'Sam', { queues: [queue], hz: OWN });
    const customer = await takesACall(sam, number);
    await theyHearEachOther(sam, customer);
    await sam.context().close();
    await customerHearsMusic(customer);
    // Whoever is free next takes it.
    const tia = await newcomer(browser, 'Tia', { queues: [queue], hz: OWN });
    await expect(tia.getByTestId('incoming')).toBeVisible({ timeout: 30_000 });
    await tia.getByRole('button', { name: 'Accept' }).click();
    await theyHearEachOther(tia, customer);
    await tia.getByRole('button', { name: 'Hang up', exact: true }).click();
    await customer.ended;
    await tia.context().close();
  } finally {
    await asAdmin(browser, '/v1/settings', 'PATCH', { reattach_grace_seconds: before.reattach_grace_seconds });
  }
});
