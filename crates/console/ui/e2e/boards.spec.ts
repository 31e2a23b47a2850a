// What the floor is told by numbers, and what leaves it: figures with their meaning, alerts, exports, reports that send themselves.
import { expect, test } from '@playwright/test';
import { api, asAdmin, signedIn } from './people';

const SLOWLY = { timeout: 60_000 };

test('the floor shows each queue by numbers, and an alert comes, is seen to, and goes with its rule', async ({ browser }) => {
  const maya = await signedIn(browser, 'maya', 'board');
  const numbers = maya.getByTestId('queue-numbers');
  await expect(numbers).toContainText('Support', SLOWLY);
  await expect(numbers).toContainText(/Since .*, counted at/, SLOWLY);
  await numbers.getByText('What the numbers mean').click();
  await expect(numbers).toContainText('Answered within T over offered.');
  await numbers.getByText('This half hour').click();
  // Nobody has so many people.
  const condition = { threshold: 9_000, clear_seconds: 0 };
  const rule = await asAdmin<{ id: string }>(browser, '/v1/alert-rules', 'POST', { name: 'Too few people', kind: 'agents_available', condition });
  const bell = maya.getByTestId('alert-bell');
  await expect(bell).toBeVisible(SLOWLY);
  await bell.click();
  await maya.getByRole('button', { name: 'I see to it: Too few people' }).first().click();
  await expect(maya.getByText(/sees to it/).first()).toBeVisible();
  await maya.screenshot({ path: '../../../target/console/pictures/alerts.png' });
  await asAdmin(browser, `/v1/alert-rules/${rule.id}`, 'DELETE');
  await expect(bell).toHaveCount(0, SLOWLY);
  await maya.context().close();
});

test('a supervisor of one team sees its people and calls, and no others', async ({ browser }) => {
  const kim = await signedIn(browser, 'kim', 'board');
  const agents = kim.getByTestId('live-agents');
  await expect(agents).toContainText('Ana (tier 1)');
  await expect(agents).toContainText('Ben (tier 1)');
  for (const other of ['tier 2', 'billing', 'Administrator', 'analyst']) await expect(agents).not.toContainText(other);
  // Every agent of a call that is shown is one of them, too.
  const { items } = await api<{ items: { legs: { user_id: string | null; role: string }[] }[] }>(kim, '/v1/conversations?state=live&limit=200');
  const own = await agents.locator('tbody tr').count();
  expect(own).toBeGreaterThan(2);
  const talking = items.map((one) => one.legs.find((leg) => leg.role === 'agent')?.user_id).filter((user) => user);
  const names = await api<{ items: { id: string; team?: string | null }[] }>(kim, '/v1/directory?limit=200');
  for (const user of talking) expect(names.items.find((one) => one.id === user)?.team).toBe('Tier 1');
  await kim.context().close();
});

test('an analyst takes a report out as a file, and schedules a saved one', async ({ browser }) => {
  const nora = await signedIn(browser, 'nora', 'reports/queues');
  await expect(nora.getByTestId('report')).toBeVisible(SLOWLY);
  await nora.getByRole('button', { name: 'Export' }).click();
  const [file] = await Promise.all([nora.waitForEvent('download', SLOWLY), nora.getByRole('menuitem', { name: 'CSV' }).click()]);
  expect(file.suggestedFilename()).toBe('queues.csv');
  await nora.getByRole('button', { name: 'Save' }).first().click();
  await nora.getByRole('textbox', { name: 'Name' }).fill('Queues of the tests');
  await nora.getByRole('dialog').getByRole('button', { name: 'Save' }).first().click();
  await expect(nora.getByText('“Queues of the tests” is saved')).toBeVisible();
  await nora.getByRole('link', { name: 'Saved reports' }).click();
  await nora.getByRole('button', { name: 'Schedule Queues of the tests' }).click();
  const schedules = nora.getByTestId('schedules');
  // This server drops no files anywhere, and says so.
  await schedules.getByRole('button', { name: 'Schedule it' }).click();
  await expect(schedules.getByRole('alert')).toContainText('delivery.directory');
  await schedules.getByRole('combobox', { name: 'Where to' }).click();
  await nora.getByRole('option', { name: 'Web hook' }).click();
  await schedules.getByRole('textbox', { name: 'Address of the web hook' }).fill('http://127.0.0.1:9/');
  await schedules.getByRole('button', { name: 'Schedule it' }).click();
  await expect(schedules.getByRole('status')).toContainText('shown only now');
  await expect(schedules).toContainText('Next on');
  // A run now is in the list at once, and says why it failed: no web hook reaches an address within.
  await schedules.getByRole('button', { name: 'Run now' }).click();
  await expect(schedules.getByRole('row').filter({ hasText: 'by hand' })).toContainText('private', SLOWLY);
  await schedules.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(schedules.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
  await schedules.getByRole('button', { name: 'Remove' }).click();
  await expect(schedules.getByRole('button', { name: 'Run now' })).toHaveCount(0);
  await expect(schedules.getByText('Next on')).toHaveCount(0);
  await nora.context().close();
});
