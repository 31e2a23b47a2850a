// A supervisor on the floor: what they hear, who hears them, and that nobody is barged into by accident.
import { type Page, expect, test } from '@playwright/test';
import { hears, signedIn } from './people';

/** A call that has just begun and that nobody else coaches. */
async function chooseACall(maya: Page): Promise<void> {
  await expect(async () => {
    const fresh = maya.locator('[data-testid=live-calls] tbody tr').filter({ hasText: /Connected|Consulting/ }).last();
    await fresh.getByRole('button').first().click({ timeout: 1_000 });
    await expect(maya.getByTestId('chosen')).toContainText(/hear each other/, { timeout: 1_000 });
    await maya.getByTestId('coach').getByText('Monitor', { exact: true }).click({ timeout: 1_000 });
    await expect(maya.getByTestId('banner')).toBeVisible({ timeout: 4_000 });
  }).toPass({ timeout: 60_000 });
}

test('a supervisor monitors, whispers and barges, and the page says who hears', async ({ browser }) => {
  const maya = await signedIn(browser, 'maya', 'board');
  await expect(maya.getByTestId('live-agents')).toContainText('Ana');
  await expect(async () => {
    await chooseACall(maya);
    const banner = maya.getByTestId('banner');
    await expect(banner).toHaveText(/The customer cannot hear you. Nobody hears you/, { timeout: 3_000 });
    await expect(hears(maya)).toContainText(/You hear .* not hear you/, { timeout: 3_000 });
    await maya.getByTestId('coach').getByText('Whisper', { exact: true }).click({ timeout: 3_000 });
    await expect(banner).toHaveText(/The customer cannot hear you. Only .* hears you/, { timeout: 3_000 });
    await expect(banner).toHaveAttribute('data-heard', 'false');
    // The first press on barge changes nothing yet.
    await maya.getByTestId('coach').getByText('Barge', { exact: true }).click({ timeout: 3_000 });
    await expect(maya.getByRole('alertdialog', { name: 'Barge' })).toBeVisible({ timeout: 3_000 });
    await expect(banner).toHaveAttribute('data-heard', 'false');
    await maya.getByRole('button', { name: 'Let everybody hear me' }).click({ timeout: 3_000 });
    await expect(banner).toHaveText(/The customer CAN hear you/, { timeout: 3_000 });
    await expect(maya.getByTestId('linked')).toContainText('Coaching', { timeout: 3_000 });
    await maya.screenshot({ path: '../../../target/console/pictures/supervisor-barge.png', fullPage: true });
    await maya.getByRole('button', { name: 'Stop' }).click({ timeout: 3_000 });
    await expect(banner).toHaveCount(0, { timeout: 5_000 });
    // Calls of the practice are short: one that ends under the test is tried again with the next.
  }).toPass({ timeout: 80_000 });
  for (const name of ['Monitor a call', 'Whisper', 'Barge']) {
    await expect(maya.getByTestId('checklist').getByRole('checkbox', { name: new RegExp(name) })).toBeChecked();
  }
  await maya.context().close();
});
