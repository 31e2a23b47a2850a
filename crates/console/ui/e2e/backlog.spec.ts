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
