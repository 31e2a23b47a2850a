// A busy colleague is never rung: a card asks them, and whoever asked sees how it stands.
import { expect, test } from '@playwright/test';
import { customerHearsExactly, pageHearsExactly } from './ears';
import { line, newcomer, takesACall } from './people';
import { CUSTOMER_HZ, TONES } from './tone';

const [ASKS, BUSY] = TONES;

test('a busy colleague gets a card, answers it later, and both talk when both are free', async ({ browser }) => {
  const first = await line(browser, 'Cards one');
  const second = await line(browser, 'Cards two');
  const ida = await newcomer(browser, 'Ida', { queues: [first.queue], hz: ASKS });
  const max = await newcomer(browser, 'Max', { queues: [second.queue], hz: BUSY });
  const withMax = await takesACall(max, second.number);
  const withIda = await takesACall(ida, first.number);
  await customerHearsExactly(withIda, [ASKS]);

  await ida.getByRole('combobox', { name: 'Who?' }).fill('Max');
  await ida.getByRole('option', { name: /Max/ }).click();
  await ida.getByLabel('What should they know before answering?').fill('About the contract');
  await ida.getByRole('button', { name: 'Consult first' }).click();
  await expect(ida.getByTestId('own-prompt')).toContainText('Max is busy and was asked without a ring. You are next.');
  // The customer was not put on hold for it, and nothing rings at the busy one.
  await customerHearsExactly(withIda, [ASKS]);
  await expect(max.getByTestId('incoming')).toHaveCount(0);
  await expect(max.getByTestId('prompt-badge')).toBeVisible();
  const card = max.getByTestId('prompt');
  await expect(card).toContainText('Ida asks for you');
  await expect(card).toContainText('About the contract');
  await pageHearsExactly(max, BUSY, [CUSTOMER_HZ]);

  await card.getByRole('button', { name: 'Later' }).click();
  await max.getByRole('menuitem', { name: 'In 2 minutes' }).click();
  await expect(ida.getByTestId('own-prompt')).toContainText('will look again later');
  await card.getByRole('button', { name: 'Call me back when I am free' }).click();
  await expect(ida.getByTestId('own-prompt')).toContainText('will talk to you as soon as they are free');
  await expect(max.getByTestId('prompt-badge')).toHaveCount(0);

  await max.getByRole('button', { name: 'Hang up', exact: true }).click();
  await withMax.ended;
  await expect(max.getByTestId('incoming')).toContainText('Ida is with a customer and asks for you', { timeout: 30_000 });
  await max.getByRole('button', { name: 'Accept' }).click();
  await pageHearsExactly(max, BUSY, [ASKS]);
  await pageHearsExactly(ida, ASKS, [BUSY]);
  await ida.getByRole('button', { name: /^Cancel/ }).click();
  await customerHearsExactly(withIda, [ASKS]);
  await ida.getByRole('button', { name: 'Hang up', exact: true }).click();
  await withIda.ended;
  await ida.context().close();
  await max.context().close();
});

test('a card that is dismissed says why to whoever asked', async ({ browser }) => {
  const first = await line(browser, 'Cards three');
  const second = await line(browser, 'Cards four');
  const liv = await newcomer(browser, 'Liv', { queues: [first.queue], hz: ASKS });
  const tom = await newcomer(browser, 'Tom', { queues: [second.queue], hz: BUSY });
  const withTom = await takesACall(tom, second.number);
  const withLiv = await takesACall(liv, first.number);
  await liv.getByRole('combobox', { name: 'Who?' }).fill('Tom');
  await liv.getByRole('option', { name: /Tom/ }).click();
  await liv.getByRole('button', { name: 'Consult first' }).click();
  await tom.getByTestId('prompt').getByRole('textbox', { name: /Reason/ }).fill('Ask the night shift');
  await tom.getByTestId('prompt').getByRole('button', { name: 'Dismiss' }).click();
  await expect(tom.getByTestId('prompt')).toHaveCount(0);
  await expect(liv.getByTestId('own-prompt')).toContainText('Tom cannot help now. They say: Ask the night shift');
  await liv.getByTestId('own-prompt').getByRole('button', { name: 'Close' }).click();
  await expect(liv.getByTestId('own-prompt')).toHaveCount(0);
  for (const [page, customer] of [[liv, withLiv], [tom, withTom]] as const) {
    await page.getByRole('button', { name: 'Hang up', exact: true }).click();
    await customer.ended;
    await page.context().close();
  }
});
