// The administrator says what callers meet first: hours, a menu, and what would happen if she presses 2.
import { type Page, expect, test } from '@playwright/test';
import { api, signedIn, url } from './people';

const form = (page: Page) => page.getByRole('dialog');

/** Adds a step to the list at this place. */
async function adds(page: Page, path: string, step: string): Promise<void> {
  await form(page).getByRole('combobox', { name: `Add a step (${path})`, exact: true }).click();
  await page.getByRole('option', { name: step, exact: true }).click();
}

test('a flow with hours and a menu is written, tried before it is saved, and read back', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin', 'admin/business-hours');
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await form(admin).getByRole('textbox', { name: 'Name', exact: true }).fill('Office');
  await form(admin).getByRole('textbox', { name: 'Monday: to' }).fill('8:00');
  await form(admin).getByRole('button', { name: 'Save' }).click();
  await expect(form(admin).getByText('from HH:MM to a later HH:MM', { exact: false }).first()).toBeVisible();
  await form(admin).getByRole('textbox', { name: 'Monday: to' }).fill('18:00');
  await form(admin).getByRole('button', { name: 'Save' }).click();
  await expect(form(admin)).toHaveCount(0);

  await admin.goto(url('admin/flows'));
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await form(admin).getByRole('textbox', { name: 'Name', exact: true }).fill('First line');
  await adds(admin, 'steps', 'Business hours');
  await adds(admin, 'steps[0].hours.closed', 'Hang up');
  await adds(admin, 'steps', 'Menu');
  await adds(admin, 'steps[1].menu.digits.1', 'Queue');
  await form(admin).getByRole('combobox', { name: 'Add a key' }).click();
  await admin.getByRole('option', { name: '2', exact: true }).click();
  await adds(admin, 'steps[1].menu.digits.2', 'Note');
  await form(admin).getByRole('textbox', { name: 'Subject' }).fill('Complaint');
  await adds(admin, 'steps', 'Queue');

  const came = form(admin).getByTestId('dry-run');
  await form(admin).getByLabel('When the call comes').fill('2026-11-22T03:12');
  await form(admin).getByRole('textbox', { name: 'Keys pressed' }).fill('2');
  await form(admin).getByRole('button', { name: 'Try it' }).click();
  await expect(came).toContainText('closed');
  await expect(came).toContainText('Then the call is hung up.');
  await form(admin).getByLabel('When the call comes').fill('2026-11-23T10:00');
  await form(admin).getByRole('button', { name: 'Try it' }).click();
  await expect(came).toContainText('pressed (2)');
  await expect(came).toContainText('Subject: Complaint');
  await expect(came).toContainText('The call waits in');

  await form(admin).getByRole('button', { name: 'Save' }).click();
  await expect(form(admin)).toHaveCount(0);
  const { items } = await api<{ items: { name: string; steps: Record<string, unknown>[] }[] }>(admin, '/v1/call-flows?limit=200');
  const made = items.find((one) => one.name === 'First line');
  expect(made?.steps.map((step) => Object.keys(step)[0])).toEqual(['hours', 'menu', 'queue']);
  await admin.context().close();
});
