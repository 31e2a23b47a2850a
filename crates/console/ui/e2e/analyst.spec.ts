// The analyst: from a rate to the calls behind it, to the timeline of one of them.
import { expect, test } from '@playwright/test';
import { signedIn, url } from './people';

test('a number leads to exactly its calls, and a call to its timeline', async ({ browser }) => {
  const page = await signedIn(browser, 'nora', 'reports/training-gaps');
  const total = page.getByTestId('report').locator('tfoot .figure').first();
  await expect(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect(total).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  const row = page.getByTestId('report').locator('tbody tr').first();
  const calls = row.locator('.figure').first();
  await calls.click();
  await expect(page).toHaveURL(/reports\/calls\?ask=/);
  const said = await page.getByTestId('drilled').textContent();
  const items = page.getByTestId('behind').locator('tbody tr');
  await expect(items).toHaveCount(Number(said?.replace(/\D/g, '')));
  await items.first().getByRole('link').click();
  await expect(page.getByTestId('lanes')).toContainText('Customer');
  const moment = page.getByRole('slider', { name: 'Moment' });
  await moment.focus();
  await page.keyboard.press('End');
  await page.getByRole('button', { name: 'Change before' }).click();
  await expect(page.getByTestId('hearing')).toContainText(/hears|wraps up/);
  await page.getByText(/segments as a table/).click();
  await expect(page.getByTestId('segments').locator('tbody tr').first()).toBeVisible();
  await page.context().close();
});

test('every choice stands in the address, and an empty table says which filter emptied it', async ({ browser }) => {
  const page = await signedIn(browser, 'nora', 'reports/queues');
  await expect(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect(page.getByTestId('report')).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await page.getByRole('combobox', { name: 'Over time' }).click();
  await page.getByRole('option', { name: 'By day' }).click();
  await expect(page).toHaveURL(/interval=day/);
  await expect(page.getByTestId('chart').locator('canvas')).toBeVisible();
  await page.goto(url('reports/queues?range=custom&from=2001-01-01&to=2001-01-31'));
  await expect(page.getByTestId('emptied')).toContainText('The dates hold none.');
  await page.getByRole('button', { name: 'Without Dates' }).click();
  await expect(page).toHaveURL(/range=all/);
  await expect(page.getByTestId('report')).toBeVisible();
  await page.context().close();
});

test('a report is saved as a file', async ({ browser }) => {
  const page = await signedIn(browser, 'nora', 'reports/agents');
  await page.getByRole('button', { name: 'Export' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'CSV' }).click();
  expect((await download).suggestedFilename()).toBe('agents.csv');
  await page.context().close();
});

test('without the permission there are no reports', async ({ browser }) => {
  const page = await signedIn(browser, 'gus', 'reports/training-gaps');
  await expect(page.getByRole('alert').filter({ hasText: 'view_reports' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Reports' })).toHaveCount(0);
  await page.context().close();
});
