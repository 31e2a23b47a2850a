// Two minutes with the practice: a newcomer without a microphone hands a call over, then listens, whispers and barges.
import { expect, test } from '@playwright/test';
import { customerHearsTones, givesTone, pageHearsTones } from './ears';
import { api, asAdmin, becomes, hears, line, newcomer, phoneIsReady, takesACall, url } from './people';
import { CUSTOMER_HZ, TONES } from './tone';

const [SPECIALIST, SUPERVISOR] = TONES;

test('a newcomer without a microphone practises a warm transfer and then coaches it, and every ear agrees with the page', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Practice');
  const { items } = await asAdmin<{ items: { id: string; username: string; queues: object[] }[] }>(browser, '/v1/users?limit=200');
  const dora = items.find((user) => user.username === 'dora');
  await asAdmin(browser, `/v1/users/${dora?.id}`, 'PATCH', { queues: [{ queue_id: queue, priority: 1, delay_seconds: 0 }] });
  const sue = await newcomer(browser, 'Sue', { set: 'supervisor', hz: SUPERVISOR });
  const gil = await newcomer(browser, 'Gil', { hz: SPECIALIST });

  // From the first page, as somebody who knows nothing would.
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US' });
  await givesTone(context, null);
  const first = await context.newPage();
  await first.goto(url());
  const [page] = await Promise.all([context.waitForEvent('page'), first.getByRole('link', { name: 'Dora' }).click()]);
  await phoneIsReady(page);
  await expect(page.getByText('No microphone: using a demo voice.')).toBeVisible();
  await becomes(page, 'Available');
  const step = (name: string) => page.getByTestId('checklist').getByRole('checkbox', { name });
  const customer = await takesACall(page, number);
  await expect(step('Take a call from a customer')).toBeChecked();
  await pageHearsTones(page, 0, [CUSTOMER_HZ]);
  await expect(page.getByRole('progressbar', { name: 'Your microphone' })).toBeVisible();

  await page.getByRole('combobox', { name: 'Who?' }).fill('Gil');
  await page.getByRole('option', { name: /Gil/ }).click();
  await page.getByRole('button', { name: 'Consult first' }).click();
  await gil.getByRole('button', { name: 'Accept' }).click();
  await expect(hears(page)).toContainText('You and Gil hear each other');
  await pageHearsTones(page, 0, [SPECIALIST]);
  await customerHearsTones(customer, []);
  await expect(step('Consult a specialist: the customer hears music')).toBeChecked();
  await page.getByRole('button', { name: 'Merge' }).click();
  await expect(step('Merge to three')).toBeChecked();
  await customerHearsTones(customer, [SPECIALIST]);
  await page.getByRole('button', { name: 'Complete' }).click();
  await expect(step('Complete the transfer')).toBeChecked();
  await expect(hears(gil)).toContainText(/You and Customer \S+ hear each other/);

  await sue.goto(url('board'));
  const row = sue.locator('[data-testid=live-calls] tbody tr').filter({ hasText: 'Gil' });
  await row.getByRole('button').first().click();
  const coach = sue.getByTestId('coach');
  const banner = sue.getByTestId('banner');
  await coach.getByText('Monitor', { exact: true }).click();
  await expect(banner).toHaveText(/The customer cannot hear you. Nobody hears you/);
  await pageHearsTones(sue, SUPERVISOR, [SPECIALIST, CUSTOMER_HZ]);
  await pageHearsTones(gil, SPECIALIST, [CUSTOMER_HZ]);
  await customerHearsTones(customer, [SPECIALIST]);
  await coach.getByText('Whisper', { exact: true }).click();
  await pageHearsTones(gil, SPECIALIST, [CUSTOMER_HZ, SUPERVISOR]);
  await customerHearsTones(customer, [SPECIALIST]);
  await coach.getByText('Barge', { exact: true }).click();
  // The first press changes nothing yet.
  await expect(sue.getByRole('alertdialog', { name: 'Barge' })).toBeVisible();
  await customerHearsTones(customer, [SPECIALIST]);
  await sue.getByRole('button', { name: 'Let everybody hear me' }).click();
  await expect(banner).toHaveText(/The customer CAN hear you/);
  await customerHearsTones(customer, [SPECIALIST, SUPERVISOR]);
  // Whoever barges may silence others; they cannot speak again before the supervisor lets them.
  await sue.getByTestId('people').getByRole('button', { name: 'Mute Gil' }).click();
  await customerHearsTones(customer, [SUPERVISOR]);
  await expect(gil.getByText('You are muted', { exact: true })).toBeVisible();
  await expect(gil.getByRole('button', { name: /^Unmute/ }).first()).toHaveAttribute('aria-disabled', 'true');
  await expect(gil.getByText('a supervisor muted you').first()).toBeAttached();
  await sue.getByTestId('people').getByRole('button', { name: 'Unmute Gil' }).click();
  await customerHearsTones(customer, [SPECIALIST, SUPERVISOR]);
  for (const name of ['Monitor a call', 'Whisper', 'Barge']) {
    await expect(sue.getByTestId('checklist').getByRole('checkbox', { name: new RegExp(name) })).toBeChecked();
  }
  await sue.getByRole('button', { name: 'Stop' }).click();
  await customerHearsTones(customer, [SPECIALIST]);
  // What was practised is linked like any other call.
  const { conversation } = await api<{ conversation: { voice_calls: { call_type: string; purpose: string; parent_id: string | null }[] } }>(gil, '/v1/me');
  expect(conversation.voice_calls.filter((call) => call.call_type === 'internal').every((call) => call.parent_id !== null)).toBe(true);
  // The supervisor comes back, takes the agent's place, and the agent is free.
  await coach.getByText('Monitor', { exact: true }).click();
  await expect(banner).toHaveText(/Nobody hears you/);
  await sue.getByRole('button', { name: 'Take over' }).click();
  await customerHearsTones(customer, [SPECIALIST]);
  await sue.getByRole('button', { name: 'Take the call' }).click();
  await customerHearsTones(customer, [SUPERVISOR]);
  await pageHearsTones(sue, SUPERVISOR, [CUSTOMER_HZ]);
  await expect(gil.getByTestId('call')).toHaveCount(0);
  await sue.goto(url('desk'));
  await sue.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await asAdmin(browser, `/v1/users/${dora?.id}`, 'PATCH', { queues: dora?.queues ?? [] });
  for (const one of [page, sue, gil]) await one.context().close();
});
