// The softphone's own rules: what is dialed, what rings, what answers by itself, and what stands in its way.
import { expect, test } from '@playwright/test';
import { Customer } from './customer';
import { customerHearsExactly, pageHearsExactly } from './ears';
import { api, asAdmin, becomes, line, newcomer, phoneIsReady, takesACall, url } from './people';
import { CUSTOMER_HZ, TONES } from './tone';

const [OWN] = TONES;

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
  const customer = await Customer.calls(number);
  const modal = yan.getByTestId('incoming');
  await expect(modal).toContainText('A customer calls');
  await expect(modal).toContainText('You serve the queue Ringing');
  await expect(modal).toContainText('waiting');
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
  for (const [address, trouble, advice] of [
    [url().replace('127.0.0.1', 'insecure.test'), 'trouble-insecure', 'Browsers give a microphone to secure pages only'],
    [url(), 'trouble-no_device', 'Plug in a headset'],
  ] as const) {
    const page = await context.newPage();
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
  await newcomer(browser, 'Bea').then((page) => page.context().close());
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
  await page.clock.fastForward('30:10');
  await expect(page.getByText('You were signed out, because nothing was pressed for a while.')).toBeVisible();
  await context.close();
});
