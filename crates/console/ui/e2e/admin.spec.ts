import { expect, test } from '@playwright/test';
import { api, signedIn } from './people';

test('what is typed is checked as typed, what the server refuses stands at its field, and a removal can be undone', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin', 'admin/users');
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  const form = admin.getByRole('dialog');
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('Zoe Test');
  await form.getByRole('textbox', { name: 'User name', exact: true }).fill('ana');
  await form.getByRole('textbox', { name: 'Extension' }).fill('12x');
  await expect(form.getByText('2 to 6 digits')).toBeVisible();
  await form.getByRole('textbox', { name: 'Extension' }).fill('188');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByRole('alert')).toBeVisible();
  // A reload keeps what was typed.
  await admin.reload();
  await expect(form.getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('Zoe Test');
  await form.getByRole('textbox', { name: 'User name', exact: true }).fill('zoe');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(admin.getByRole('cell', { name: 'Zoe Test', exact: true })).toBeVisible();
  await admin.getByRole('dialog', { name: 'credentials' }).getByRole('button', { name: 'Close' }).click();
  await admin.getByRole('alert').filter({ hasText: 'Saved' }).getByRole('button', { name: 'Close' }).click();
  await admin.getByRole('button', { name: 'Edit Zoe Test' }).click();
  await form.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(admin.getByRole('cell', { name: 'Zoe Test', exact: true })).toHaveCount(0);
  await admin.getByRole('button', { name: 'Undo' }).click();
  await expect(admin.getByRole('cell', { name: 'Zoe Test', exact: true })).toBeVisible();
  const { items } = await api<{ items: { username: string }[] }>(admin, '/v1/users?limit=200');
  expect(items.map((user) => user.username)).toContain('zoe');
  await admin.context().close();
});

test('the matrix changes a set, and says why somebody can or cannot barge', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin', 'admin/permission-sets');
  const why = admin.getByTestId('why');
  await why.getByRole('combobox', { name: 'Who', exact: true }).click();
  await admin.getByRole('option', { name: 'Kim (supervisor, tier 1)' }).click();
  await why.getByRole('combobox', { name: 'to a call of' }).click();
  await admin.getByRole('option', { name: /^Eli/ }).click();
  await expect(why).toContainText('Kim (supervisor, tier 1) cannot.');
  await expect(why).toContainText('not for this agent’s team');
  await why.getByRole('combobox', { name: 'to a call of' }).click();
  await admin.getByRole('option', { name: /^Ana/ }).click();
  await expect(why).toContainText('Kim (supervisor, tier 1) can.');
  const barge = admin.getByRole('checkbox', { name: 'supervisor of Tier 1: Barge into calls' });
  await barge.click();
  await expect(why).toContainText('Kim (supervisor, tier 1) cannot.');
  await barge.click();
  await expect(why).toContainText('Kim (supervisor, tier 1) can.');
  await expect(admin.getByRole('checkbox', { name: 'administrator: Barge into calls' })).toBeDisabled();
  await admin.context().close();
});
