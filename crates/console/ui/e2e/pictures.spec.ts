// The pictures of the guides, made anew with `PICTURES=1 npm run browser -- pictures`; without it nothing is run here.
import { type Page, expect, test } from '@playwright/test';
import { Customer } from './customer';
import { line, newcomer, signedIn, takesACall, url } from './people';

const GUIDES = '../../../docs/guides/pictures';
const SIZE = { viewport: { width: 1100, height: 700 } };
const LATE = { timeout: 60_000 };

async function taken(page: Page, name: string): Promise<void> {
  await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0, LATE);
  // A notice or a tooltip of what was pressed before has gone.
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${GUIDES}/${name}.png`, animations: 'disabled' });
}

if (process.env['PICTURES']) {
  test('pictures for agents', async ({ browser }) => {
    const support = await line(browser, 'Repairs');
    const size = { viewport: { width: 1000, height: 680 } };
    const night = await line(browser, 'Night shift');
    const rosa = await newcomer(browser, 'Rosa', { queues: [support.queue], hz: 1281, options: size });
    const otto = await newcomer(browser, 'Otto', { queues: [night.queue], hz: 1614, options: size });
    const customer = await Customer.calls(support.number);
    await expect(rosa.getByTestId('incoming')).toBeVisible(LATE);
    await taken(rosa, 'agent-incoming');
    await rosa.getByRole('button', { name: 'Accept' }).click();
    await expect(rosa.getByTestId('call')).toBeVisible(LATE);
    await rosa.getByLabel('Subject').fill('The boiler is cold');
    await rosa.getByLabel('Category').focus();
    await rosa.getByRole('combobox', { name: 'Who?' }).fill('Otto');
    await rosa.getByRole('option', { name: /Otto/ }).click();
    await rosa.getByLabel('What should they know before answering?').fill('It was repaired last week');
    await rosa.getByRole('button', { name: 'Consult first' }).click();
    await expect(otto.getByTestId('hand-over')).toContainText('The boiler is cold', LATE);
    await taken(otto, 'agent-hand-over');
    await otto.getByRole('button', { name: 'Accept' }).click();
    await expect(rosa.getByTestId('hears').first()).toContainText('You and Otto hear each other', LATE);
    await taken(rosa, 'agent-consult');
    await rosa.getByRole('button', { name: /^Cancel/ }).click();
    await expect(otto.getByTestId('call')).toHaveCount(0, LATE);
    const other = await takesACall(otto, night.number);
    await rosa.getByRole('combobox', { name: 'Who?' }).fill('Otto');
    await rosa.getByRole('option', { name: /Otto/ }).click();
    await rosa.getByRole('button', { name: 'Consult first' }).click();
    await expect(otto.getByTestId('prompt')).toBeVisible(LATE);
    await otto.getByTestId('prompt').scrollIntoViewIfNeeded();
    await taken(otto, 'agent-card');
    for (const [page, caller] of [[rosa, customer], [otto, other]] as const) {
      await page.getByRole('button', { name: 'Hang up', exact: true }).click();
      await caller.ended;
      await page.context().close();
    }
  });

  test('pictures for supervisors', async ({ browser }) => {
    const maya = await signedIn(browser, 'maya', 'board', SIZE);
    await expect(async () => {
      const call = maya.locator('[data-testid=live-calls] tbody tr').filter({ hasText: /Connected/ }).last();
      await call.getByRole('button').first().click({ timeout: 1_000 });
      await expect(maya.getByTestId('chosen')).toContainText(/hear each other/, { timeout: 1_000 });
      await maya.getByTestId('coach').getByText('Whisper', { exact: true }).click({ timeout: 1_000 });
      await expect(maya.getByTestId('banner')).toContainText('Only', { timeout: 4_000 });
      await taken(maya, 'supervisor-whisper');
      await maya.getByTestId('coach').getByText('Barge', { exact: true }).click({ timeout: 3_000 });
      await expect(maya.getByRole('alertdialog', { name: 'Barge' })).toBeVisible({ timeout: 3_000 });
      await taken(maya, 'supervisor-barge');
      await maya.getByRole('button', { name: 'Stop' }).click({ timeout: 3_000 });
    }).toPass({ timeout: 150_000 });
    await maya.context().close();
  });

  test('pictures for analysts', async ({ browser }) => {
    const nora = await signedIn(browser, 'nora', 'reports/training-gaps', SIZE);
    await expect(nora.getByTestId('report')).toBeVisible(LATE);
    await expect(nora.getByTestId('chart').locator('canvas')).toBeVisible(LATE);
    await taken(nora, 'analyst-training-gaps');
    await nora.goto(url('reports/escalations?range=7d&by=from_agent%2Cto_agent'));
    await expect(nora.getByTestId('chart').locator('canvas')).toBeVisible(LATE);
    await nora.getByTestId('chart').scrollIntoViewIfNeeded();
    await taken(nora, 'analyst-escalations');
    await nora.goto(url(`reports/build?ask=${encodeURIComponent(JSON.stringify({ type: 'queues', period: '7d', cross_filter: { with: { purpose: 'consult', answered: true, target_tier: 2 } } }))}`));
    await expect(nora.getByTestId('chart').locator('canvas')).toBeVisible(LATE);
    await taken(nora, 'analyst-build');
    await nora.context().close();
  });

  test('pictures for administrators', async ({ browser }) => {
    const admin = await signedIn(browser, 'admin', 'admin/permission-sets', SIZE);
    const why = admin.getByTestId('why');
    await why.getByRole('combobox', { name: 'Who', exact: true }).click();
    await admin.getByRole('option', { name: 'Kim (supervisor, tier 1)' }).click();
    await why.getByRole('combobox', { name: 'to a call of' }).click();
    await admin.getByRole('option', { name: /^Eli/ }).click();
    await taken(admin, 'admin-why');
    await admin.goto(url('admin/queues'));
    await admin.getByRole('button', { name: 'Edit Support' }).click();
    await admin.getByRole('dialog').getByRole('button', { name: 'Add a step' }).click();
    await admin.getByRole('dialog').getByTestId('steps').scrollIntoViewIfNeeded();
    await taken(admin, 'admin-queue');
    await admin.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await admin.context().close();
  });
}
