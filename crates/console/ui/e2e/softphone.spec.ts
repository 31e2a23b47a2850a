// The softphone's own rules: what is dialed, what rings, what answers by itself, and what stands in its way.
import { type Page, expect, test } from '@playwright/test';
import { Customer } from './customer';
import { customerHearsExactly, pageHearsExactly } from './ears';
import { api, asAdmin, becomes, line, newcomer, phoneIsReady, takesACall, url } from './people';
import { CUSTOMER_HZ, TONES } from './tone';

const [OWN] = TONES;

/** Chooses a ringer of its own, and looks at where sound is sent from now on. */
async function ringsOn(page: Page): Promise<void> {
  await page.evaluate(() => {
    const playedOn: string[] = [];
    Object.assign(window, { playedOn });
    HTMLMediaElement.prototype.setSinkId = (id: string) => Promise.resolve(void playedOn.push(id));
    const device = { deviceId: 'own ringer', kind: 'audiooutput', label: 'Bell', groupId: '', toJSON: () => ({}) } as MediaDeviceInfo;
    const real = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
    navigator.mediaDevices.enumerateDevices = async () => [...(await real()), device];
  });
  await page.getByRole('button', { name: 'Microphone, speaker, test call' }).click();
  await page.getByRole('combobox', { name: 'Ringer' }).selectOption({ label: 'Bell' });
  await page.getByRole('button', { name: 'Test the ringer' }).click();
  await expect.poll(() => page.evaluate(() => (window as unknown as { playedOn: string[] }).playedOn)).toEqual(['own ringer']);
  await page.getByRole('button', { name: 'Test the microphone' }).click();
  const level = page.getByRole('progressbar', { name: 'Your microphone' });
  await expect.poll(async () => Number(await level.getAttribute('aria-valuenow'))).toBeGreaterThan(20);
  await page.evaluate(() => { (window as unknown as { playedOn: string[] }).playedOn.length = 0; });
}

test('any way of writing a number is shown as it will be dialed, before it is', async ({ browser }) => {
  const page = await newcomer(browser, 'Uli');
  await page.keyboard.press('d');
  const field = page.getByRole('combobox', { name: 'Name, extension or number' });
  for (const [pasted, dialed] of [['tel:+49 (30) 123-4567', '+49301234567'], ['0049 30 1234567', '+49301234567'], ['+49 (0)30 1234567', '+49301234567'], ['+1.555.010.0199', '+15550100199']] as const) {
    await field.fill(pasted);
    await expect(page.getByText(`Will dial ${dialed}`)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Call', exact: true })).not.toHaveAttribute('aria-disabled', 'true');
  }
  await field.fill('030 1234567');
  await expect(page.getByText('Put + and the country code in front.')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Call/ })).toHaveAttribute('aria-disabled', 'true');
  await field.fill('');
  for (const digit of ['1', '0', '9']) await page.getByRole('group', { name: 'Dialpad' }).getByRole('button', { name: digit, exact: true }).click();
  await expect(field).toHaveValue('109');
  await expect(page.getByText('Will call 109.')).toBeVisible();
  await page.context().close();
});

test('a call that rings says who, from which queue and why; it is declined with a reason', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Ringing');
  const config = await asAdmin<{ id: string }>(browser, '/v1/presence-configs', 'POST', { name: 'With reasons', decline_enabled: true, decline_reasons: ['Too difficult', 'Wrong language'] });
  const yan = await newcomer(browser, 'Yan', { queues: [queue], hz: OWN, user: { presence_config_id: config.id } });
  const modal = yan.getByTestId('incoming');
  await ringsOn(yan);
  const customer = await Customer.calls(number);
  await expect(modal).toContainText('A customer calls');
  await expect(modal).toContainText('You serve the queue Ringing');
  await expect(modal).toContainText('waiting');
  await expect.poll(() => yan.evaluate(() => (window as unknown as { playedOn: string[] }).playedOn.at(-1))).toBe('own ringer');
  // Nothing pulses for whoever asked the system for rest.
  await yan.emulateMedia({ reducedMotion: 'reduce' });
  expect(await yan.locator('.pulse').evaluate((accept) => getComputedStyle(accept).animationName)).toBe('none');
  await yan.emulateMedia({ reducedMotion: null });
  await modal.getByRole('button', { name: 'Decline' }).click();
  await yan.getByRole('menuitem', { name: 'Wrong language' }).click();
  await expect(modal).toHaveCount(0);
  // The caller waits on; with "do not disturb" nothing rings.
  await becomes(yan, 'Do not disturb');
  await expect(yan.getByText('nothing rings until you change this')).toBeVisible();
  await expect(modal).toHaveCount(0);
  await becomes(yan, 'Available');
  await expect(modal).toBeVisible({ timeout: 30_000 });
  await yan.getByRole('button', { name: 'Accept' }).click();
  await customerHearsExactly(customer, [OWN]);
  await yan.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await yan.context().close();
});

test('auto-answer rings for its seconds, beeps, and is connected without a press', async ({ browser }) => {
  const { number, queue } = await line(browser, 'By itself');
  const zia = await newcomer(browser, 'Zia', { queues: [queue], hz: OWN, user: { phone: { kind: 'soft_phone', auto_answer_seconds: 2 } } });
  const customer = await Customer.calls(number);
  await expect(zia.getByTestId('incoming')).toBeVisible();
  await expect(zia.getByTestId('call')).toBeVisible();
  await expect(zia.getByTestId('incoming')).toHaveCount(0);
  await customerHearsExactly(customer, [OWN]);
  await pageHearsExactly(zia, OWN, [CUSTOMER_HZ]);
  await zia.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await zia.context().close();
});

test('whoever speaks while muted is told, and signing out waits for the end of the call', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Muted');
  const ada = await newcomer(browser, 'Ada', { queues: [queue], hz: OWN });
  const customer = await takesACall(ada, number);
  await ada.keyboard.press('m');
  await expect(ada.getByText('You are muted but speaking.')).toBeVisible();
  await customerHearsExactly(customer, []);
  // It stays so over a reload.
  await ada.reload();
  await expect(ada.getByText('You are muted', { exact: true })).toBeVisible();
  await expect(ada.getByTestId('reconnecting')).toHaveCount(0);
  await customerHearsExactly(customer, []);
  // A status chosen in a call waits for its end, and can be taken back.
  const status = ada.getByRole('button', { name: /^Your status/ });
  for (const [choice, waits] of [['On break', 1], ['Available', 0]] as const) {
    await status.click();
    await ada.getByRole('menuitem', { name: choice }).click();
    await status.click();
    await expect(ada.getByText(/After this call:/)).toHaveCount(waits);
    await ada.keyboard.press('Escape');
  }
  await ada.getByRole('button', { name: 'Account of Ada' }).click();
  await expect(ada.getByRole('menuitem', { name: /Sign out/ })).toBeDisabled();
  await ada.keyboard.press('Escape');
  await ada.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await ada.context().close();
});

test('an address that is not secure, and a machine without a microphone: each says what to do, and no call is offered', async ({ browser }) => {
  await newcomer(browser, 'Cem').then((page) => page.context().close());
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', permissions: ['microphone'] });
  await context.addInitScript(() => {
    if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));
  });
  // Not a practice: nobody speaks with a demo voice.
  await context.route('**/console/start.json', (route) => route.fulfill({ json: { practice: null } }));
  const insecure = url().replace('127.0.0.1', 'insecure.test');
  for (const [address, trouble, advice, secure_origin] of [
    [insecure, 'trouble-insecure', 'this server has no secure address', null],
    // The secure address has a port of its own, which only the server knows.
    [insecure, 'trouble-insecure', 'Open https://insecure.test:8443/console/ instead', 'https://insecure.test:8443'],
    [url(), 'trouble-no_device', 'Plug in a headset', null],
  ] as const) {
    const page = await context.newPage();
    if (secure_origin) await page.route('**/v1/me/softphone', (route) => route.fulfill({ json: { secure_origin } }));
    await page.goto(address);
    await page.getByLabel('User name').fill('cem');
    await page.getByRole('textbox', { name: 'Password' }).fill('practice');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByTestId(trouble)).toContainText(advice);
    expect((await api<{ presence: { reachable: boolean } }>(page, '/v1/me')).presence.reachable).toBe(false);
    await page.close();
  }
  await context.close();
});

test('an idle page warns, stays for whoever presses, and signs out whoever does not', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', permissions: ['microphone'] });
  const { number, queue } = await line(browser, 'Idle');
  await newcomer(browser, 'Bea', { queues: [queue] }).then((page) => page.context().close());
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(url());
  await page.getByLabel('User name').fill('bea');
  await page.getByRole('textbox', { name: 'Password' }).fill('practice');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await phoneIsReady(page);
  await page.clock.fastForward('29:10');
  await expect(page.getByText('You will be signed out in')).toBeVisible();
  await page.getByRole('button', { name: 'Stay signed in' }).last().click();
  await expect(page.getByText('You will be signed out in')).toHaveCount(0);
  // Never during a call, however long nothing is pressed.
  await becomes(page, 'Available');
  const customer = await takesACall(page, number);
  await page.clock.fastForward('45:00');
  await expect(page.getByTestId('call')).toBeVisible();
  await expect(page.getByText('You will be signed out in')).toHaveCount(0);
  await page.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await expect(page.getByTestId('call')).toHaveCount(0);
  await page.clock.fastForward('30:10');
  await expect(page.getByText('You were signed out, because nothing was pressed for a while.')).toBeVisible();
  await context.close();
});

test('presses that come too late or too fast break nothing, and say why', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Late');
  const kai = await newcomer(browser, 'Kai', { queues: [queue], hz: OWN });
  // Accepted while the caller hangs up.
  const gone = await Customer.calls(number);
  await expect(kai.getByTestId('incoming')).toBeVisible({ timeout: 20_000 });
  await kai.route('**/accept', async (route) => {
    gone.hangUp();
    await expect(kai.getByTestId('incoming')).toHaveCount(0);
    await route.continue();
  });
  await kai.getByRole('button', { name: 'Accept' }).dblclick();
  await expect(kai.getByTestId('refused')).toBeVisible();
  await kai.getByTestId('refused').getByRole('button', { name: 'Close' }).click();
  await kai.unroute('**/accept');
  const customer = await takesACall(kai, number);
  await customerHearsExactly(customer, [OWN]);
  // A line of digits typed faster than the server answers arrives whole and in order.
  const sent: string[] = [];
  await kai.route('**/digits', async (route) => {
    sent.push((route.request().postDataJSON() as { digits: string }).digits);
    await new Promise((done) => setTimeout(done, 150));
    await route.continue();
  });
  await kai.getByRole('button', { name: 'Keypad' }).click();
  for (const digit of '1123') await kai.getByRole('dialog').getByRole('button', { name: digit, exact: true }).click();
  await expect.poll(() => sent.join('')).toBe('1123');
  await kai.keyboard.press('Escape');
  // Hold while the customer leaves.
  await kai.route('**/hold', async (route) => {
    customer.hangUp();
    await expect(kai.getByTestId('call')).toHaveCount(0);
    await route.continue();
  });
  await kai.getByRole('button', { name: 'Hold', exact: true }).click();
  await expect(kai.getByTestId('refused')).toBeVisible();
  await expect(kai.getByText('You are ready: the next call rings here.')).toBeVisible();
  await kai.context().close();
});

/** What the system shows, by this page: whatever is shown and not closed, and the way to press it. */
async function systemNotices(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shown: Notification[] = [];
    let inSight = true;
    Object.defineProperty(document, 'visibilityState', { get: () => (inSight ? 'visible' : 'hidden') });
    const sight = (is: boolean) => {
      inSight = is;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    window.focus = () => sight(true);
    const Real = window.Notification;
    window.Notification = class extends Real {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        // Only when the system says so itself.
        this.addEventListener('show', () => shown.push(this));
      }
      override close(): void {
        super.close();
        const at = shown.indexOf(this);
        if (at >= 0) shown.splice(at, 1);
      }
    };
    const words = () => shown.map((one) => `${one.title}: ${one.body}`);
    Object.assign(window, { notices: { sight, words, press: () => shown[0]?.dispatchEvent(new Event('click')) } });
  });
}
interface Notices { sight: (is: boolean) => void; words: () => string[]; press: () => void }
const noticesOf = (page: Page) => ({
  words: () => page.evaluate(() => (window as unknown as { notices: Notices }).notices.words()),
  press: () => page.evaluate(() => (window as unknown as { notices: Notices }).notices.press()),
  sight: (is: boolean) => page.evaluate((is) => (window as unknown as { notices: Notices }).notices.sight(is), is),
});

test('a call that rings behind another page is said by the system, and the press on it brings the page back', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Notices');
  const nell = await newcomer(browser, 'Nell', { queues: [queue], hz: OWN });
  await nell.context().grantPermissions(['microphone', 'notifications']);
  await systemNotices(nell);
  await nell.reload();
  await phoneIsReady(nell);
  const notices = noticesOf(nell);
  await notices.sight(false);
  const first = await Customer.calls(number);
  // As much as the page itself would show: an agent sees the last digits.
  await expect.poll(notices.words).toEqual([expect.stringMatching(/^.*calls?.*: .*8001/i)]);
  expect((await notices.words()).join()).not.toContain('15550188001');
  await notices.press();
  await expect.poll(notices.words).toEqual([]);
  await nell.getByRole('button', { name: 'Accept' }).click();
  await customerHearsExactly(first, [OWN]);
  await nell.getByRole('button', { name: 'Hang up', exact: true }).click();
  await first.ended;
  // In sight nothing is said twice; who looks away while it rings is told.
  const second = await Customer.calls(number);
  await expect(nell.getByTestId('incoming')).toBeVisible();
  expect(await notices.words()).toEqual([]);
  await notices.sight(false);
  await expect.poll(notices.words).toHaveLength(1);
  await nell.getByRole('button', { name: 'Accept' }).click();
  await expect.poll(notices.words).toEqual([]);
  await nell.getByRole('button', { name: 'Hang up', exact: true }).click();
  await second.ended;
  await nell.context().close();
});

test('a customer is called again from the list by who sees the last digits only', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Again', { wrap_up: { seconds: 0, max_extensions: 0 } });
  const lea = await newcomer(browser, 'Lea', { queues: [queue], hz: OWN });
  const customer = await takesACall(lea, number);
  await lea.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await lea.goto(url('calls'));
  const row = lea.getByTestId('voice-calls').locator('tbody tr').filter({ hasText: '8001' });
  await expect(row).not.toContainText('+15550188001');
  await row.getByRole('button', { name: 'Call again' }).click();
  const dialed = async () => {
    const live = await asAdmin<{ items: { legs: { phone_number: string | null }[]; voice_calls: { call_type: string; from: string }[] }[] }>(browser, '/v1/conversations?state=live&limit=200');
    const me = (await api<{ user: { id: string } }>(lea, '/v1/me')).user.id;
    return live.items.filter((one) => one.voice_calls.some((call) => call.call_type === 'outbound' && call.from === me)).flatMap((one) => one.legs.map((leg) => leg.phone_number));
  };
  await expect.poll(dialed).toContain('+15550188001');
  await lea.goto(url('desk'));
  await expect(lea.getByTestId('call')).not.toContainText('+15550188001');
  await lea.getByRole('button', { name: 'Hang up', exact: true }).click();
  await expect(lea.getByTestId('call')).toHaveCount(0);
  await lea.context().close();
});
