// Who waits, and what a supervisor does about it.
import { expect, test } from '@playwright/test';
import { Customer } from './customer';
import { becomes, line, newcomer, signedIn } from './people';

test('a supervisor puts a waiting call first, gives one to an agent, and withdraws one', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Backlog');
  const bert = await newcomer(browser, 'Bert', { queues: [queue] });
  await becomes(bert, 'On break');
  const first = await Customer.calls(number, '+15550188031');
  const maya = await signedIn(browser, 'maya', 'board');
  await maya.getByRole('button', { name: /^Backlog/ }).click();
  const rows = maya.getByTestId('backlog').locator('tbody tr');
  await expect(rows).toHaveCount(1);
  const second = await Customer.calls(number, '+15550188032');
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('8031');

  await maya.getByRole('combobox', { name: /^Priority of .*8032/ }).click();
  await maya.getByRole('option', { name: '1', exact: true }).click();
  await expect(rows.first()).toContainText('8032');

  await rows.first().getByRole('combobox', { name: /^Give/ }).click();
  await maya.getByRole('option', { name: 'Bert', exact: true }).click();
  await becomes(bert, 'Available');
  await expect(bert.getByTestId('incoming')).toBeVisible({ timeout: 20_000 });
  await bert.getByRole('button', { name: 'Accept' }).click();
  await expect(bert.getByTestId('call')).toBeVisible();
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('8031');

  // The first press asks; the second does it, and the caller's line ends.
  await maya.getByRole('button', { name: /^Withdraw .*8031/ }).click();
  await expect(rows).toHaveCount(1);
  await maya.getByRole('button', { name: /do it$/ }).click();
  await expect(maya.getByText('Nobody waits.', { exact: true })).toBeVisible();
  await first.ended;
  second.hangUp();
  await bert.context().close();
  await maya.context().close();
});

test('who was promised a call back keeps a place on the floor, until somebody strikes it', async ({ browser }) => {
  const { number } = await line(browser, 'Promises', { routing: { max_wait_seconds: 2, overflow: { kind: 'callback' }, callback: { order: 'agent_first' } } });
  const later = await line(browser, 'Later promises', { routing: { max_wait_seconds: 2, overflow: { kind: 'callback' }, callback: { delay_seconds: 600 } } });
  const maya = await signedIn(browser, 'maya', 'board');
  const customers = [await Customer.calls(number, '+15550188033'), await Customer.calls(later.number, '+15550188034')];
  await Promise.all(customers.map((customer) => customer.ended));
  const row = maya.getByTestId('callbacks').locator('tbody tr').filter({ hasText: '8033' });
  await expect(row).toContainText('Promises', { timeout: 30_000 });
  await row.getByRole('combobox', { name: /^Priority of/ }).click();
  await maya.getByRole('option', { name: '2', exact: true }).click();
  await expect(row.getByRole('combobox', { name: /^Priority of/ })).toHaveValue('2');
  await row.getByRole('button', { name: /8033/ }).click();
  await expect(row).toHaveCount(0);
  // One that rests is in no line, and can be struck all the same.
  const rests = maya.getByTestId('callbacks').locator('tbody tr').filter({ hasText: '8034' });
  await expect(rests).toContainText('Rests');
  await rests.getByRole('button', { name: /8034/ }).click();
  await expect(rests).toHaveCount(0);
  await maya.context().close();
});
