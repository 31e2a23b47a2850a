// Reports of one's own: built, narrowed by the calls below, saved, shared, found again by somebody else.
import { type Page, expect, test } from '@playwright/test';
import { api, signedIn, url } from './people';

/** The history of the practice is counted a while after its start. */
async function shows(page: Page): Promise<void> {
  await expect(async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect(page.getByTestId('report')).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
}

/** Counting takes a while on a busy machine. */
const SLOWLY = { timeout: 60_000 };
const first = async (page: Page) => Number((await page.getByTestId('report').locator('tfoot .figure').first().textContent())?.replace(/\D/g, ''));

test('a report is built from any type, its numbers drill, and calls below narrow it', async ({ browser }) => {
  const page = await signedIn(browser, 'nora', 'reports/build');
  await page.getByRole('combobox', { name: 'What is counted' }).click();
  await page.getByRole('option', { name: 'Queues' }).click();
  // A day that is over: its numbers stand still.
  await page.getByRole('combobox', { name: 'Dates' }).click();
  await page.getByRole('option', { name: 'Yesterday' }).click();
  await expect(page).toHaveURL(/yesterday/);
  await expect(page.getByText('Counting …')).toHaveCount(0, SLOWLY);
  await expect(page.getByTestId('report')).toContainText('Support', { timeout: 60_000 });
  await expect(page.getByTestId('chart').locator('canvas')).toBeVisible();
  const all = await first(page);
  await page.getByRole('combobox', { name: 'Linked calls' }).click();
  await page.getByRole('option', { name: 'Only calls with', exact: true }).click();
  await expect(page).toHaveURL(/cross_filter/);
  await expect.poll(() => first(page), SLOWLY).toBeLessThan(all);
  const narrowed = await first(page);
  expect(narrowed).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Add a condition' }).click();
  await page.getByTestId('conditions').getByRole('combobox', { name: 'Field' }).click();
  await page.getByRole('option', { name: 'Subject', exact: true }).click();
  await page.getByTestId('conditions').getByRole('combobox', { name: 'Value' }).click();
  await page.getByRole('option', { name: 'Porting a number' }).click();
  await page.keyboard.press('Escape');
  await expect.poll(() => first(page), SLOWLY).toBeLessThan(narrowed);
  const few = await first(page);
  await page.getByTestId('report').locator('tfoot .figure').first().click();
  await expect(page.getByTestId('drilled')).toContainText(few.toLocaleString('en-US'), SLOWLY);
  // What is behind it says what it was narrowed by.
  await expect(page.getByText('Linked calls: Only calls with')).toBeVisible();
  await page.goBack();
  await expect.poll(() => first(page), SLOWLY).toBe(few);
  await page.context().close();
});

test('a report is saved in a folder, moves with the day, and is shared with those who hold a permission set', async ({ browser }) => {
  const page = await signedIn(browser, 'nora', 'reports/training-gaps?range=7d&by=case_category');
  await shows(page);
  await page.getByRole('button', { name: 'Save' }).click();
  const form = page.getByRole('dialog');
  await form.getByRole('textbox', { name: 'Name' }).fill('Gaps of the week');
  await form.getByRole('combobox', { name: 'Folder' }).fill('Weekly');
  await form.getByRole('combobox', { name: 'Shared with' }).click();
  await page.getByRole('option', { name: 'supervisor', exact: true }).click();
  await page.keyboard.press('Escape');
  await form.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(form).toHaveCount(0);
  await page.getByRole('link', { name: 'Saved reports' }).click();
  const folder = page.getByRole('region', { name: 'Weekly' });
  await expect(folder).toContainText('Gaps of the week');
  await expect(folder).toContainText('Last 7 days');
  const { items } = await api<{ items: { name: string; request: { period: string; group_by: string[]; filters: object[] } }[] }>(page, '/v1/reports/saved');
  expect(items.find((one) => one.name === 'Gaps of the week')?.request).toMatchObject({ period: '7d', group_by: ['case_category'], filters: [] });
  // Maya is a supervisor: she opens it, and it is hers to run, not to change.
  const maya = await signedIn(browser, 'maya', 'reports/saved');
  await expect(maya.getByRole('region', { name: 'Weekly' })).toContainText('Nora');
  await expect(maya.getByRole('button', { name: 'Change Gaps of the week' })).toHaveCount(0);
  await maya.getByRole('link', { name: 'Gaps of the week' }).click();
  await shows(maya);
  await expect(maya.getByTestId('report')).toContainText('Case category');
  await maya.context().close();
  await folder.getByRole('button', { name: 'Change Gaps of the week' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Gaps, weekly');
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await expect(folder).toContainText('Gaps, weekly');
  await folder.getByRole('button', { name: 'Change Gaps, weekly' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('Gaps, weekly', { exact: true })).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(folder).toContainText('Gaps, weekly');
  await page.context().close();
});

test('an address that asks for what there is not says what would be right', async ({ browser }) => {
  const page = await signedIn(browser, 'nora');
  await page.goto(url(`reports/build?ask=${encodeURIComponent(JSON.stringify({ type: 'queues', filters: [], group_by: ['shoe_size'], measures: ['offered'] }))}`));
  await expect(page.getByRole('alert').filter({ hasText: 'shoe_size' })).toBeVisible();
  await page.context().close();
});
