// The administrator sets up the organization: queues with all that they do, quick connects, rules of presence, programs.
import { type Page, expect, test } from '@playwright/test';
import { api, signedIn, url } from './people';

interface Named {
  id: string;
  name: string;
}

const form = (page: Page) => page.getByRole('dialog');
const found = async <T extends Named>(page: Page, path: string, name: string): Promise<T | undefined> => (await api<{ items: T[] }>(page, `${path}?limit=200`)).items.find((one) => one.name === name);

/** Chooses from a list by its label. */
async function chooses(page: Page, label: string, option: string): Promise<void> {
  await form(page).getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function saves(page: Page): Promise<void> {
  await form(page).getByRole('button', { name: 'Save' }).click();
  await expect(form(page)).toHaveCount(0);
}

test('a queue wishes for skills step by step, and overflows where the administrator says', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin');
  await api(admin, '/v1/skills', 'POST', { name: 'Warranty law' });
  await admin.goto(url('admin/queues'));
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await form(admin).getByRole('textbox', { name: 'Name', exact: true }).fill('Warranty');
  await form(admin).getByRole('button', { name: 'Add a step' }).click();
  const step = form(admin).getByRole('region', { name: 'Step 1' });
  await step.getByRole('combobox', { name: 'All of these skills: Add one' }).click();
  await admin.getByRole('option', { name: 'Warranty law' }).click();
  await step.getByRole('textbox', { name: 'At least' }).fill('3');
  await step.getByRole('textbox', { name: 'Holds for (s)' }).fill('45');
  await form(admin).getByRole('textbox', { name: 'Longest wait (s)' }).fill('120');
  await chooses(admin, 'Then', 'Send to a number');
  await form(admin).getByRole('textbox', { name: 'Number', exact: true }).fill('12');
  await expect(form(admin).getByText('digits only')).toBeVisible();
  await form(admin).getByRole('textbox', { name: 'Number', exact: true }).fill('+4930123456');
  await saves(admin);
  const made = await found<Named & { routing: { max_wait_seconds: number; overflow: object; steps: { all: { level: number }[]; expiry_seconds: number }[] } }>(admin, '/v1/queues', 'Warranty');
  expect(made?.routing).toMatchObject({ max_wait_seconds: 120, overflow: { kind: 'external', phone_number: '+4930123456' }, steps: [{ all: [{ level: 3 }], expiry_seconds: 45 }] });
  // A removal says what it takes something away from.
  await admin.goto(url('admin/skills'));
  await admin.getByRole('button', { name: 'Edit Warranty law' }).click();
  await expect(form(admin).getByTestId('uses')).toHaveText('It is used by 1 queue (Warranty).');
  await admin.goto(url('admin/queues'));
  // Changed again: what was saved is what the form shows.
  await admin.getByRole('button', { name: 'Edit Warranty' }).click();
  await chooses(admin, 'Then', 'Say so and hang up');
  await form(admin).getByRole('textbox', { name: 'Asked again after (s)' }).fill('12');
  await form(admin).getByRole('button', { name: 'Remove Step 1' }).click();
  await saves(admin);
  const changed = await found<Named & { routing: object }>(admin, '/v1/queues', 'Warranty');
  expect(changed?.routing).toMatchObject({ overflow: { kind: 'hang_up' }, retry_seconds: 12, steps: [] });
  await admin.context().close();
});

test('a quick connect has exactly one target, and the server’s refusal stands in the form', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin', 'admin/quick-connects');
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await form(admin).getByRole('textbox', { name: 'Name', exact: true }).fill('The locksmith');
  await form(admin).getByRole('button', { name: 'Save' }).click();
  await expect(form(admin).getByRole('alert')).toBeVisible();
  await form(admin).getByRole('textbox', { name: 'Number' }).fill('+4930654321');
  await saves(admin);
  await expect(admin.getByRole('cell', { name: '+4930654321', exact: true })).toBeVisible();
  await admin.context().close();
});

test('rules of presence and wrap-up codes are the organization’s own', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin', 'admin/presence-configs');
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await form(admin).getByRole('textbox', { name: 'Name', exact: true }).fill('Strict rules');
  await form(admin).getByRole('textbox', { name: 'Missed calls until a pause' }).fill('2');
  await saves(admin);
  await expect(admin.getByRole('cell', { name: 'Strict rules', exact: true })).toBeVisible();
  expect(await found(admin, '/v1/presence-configs', 'Strict rules')).toMatchObject({ decline_enabled: true, missed_before_pause: 2 });
  await admin.getByRole('link', { name: 'Wrap-up codes' }).click();
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await form(admin).getByRole('textbox', { name: 'Name', exact: true }).fill('Sent a technician');
  await saves(admin);
  await expect(admin.getByRole('cell', { name: 'Sent a technician', exact: true })).toBeVisible();
  await admin.context().close();
});

test('the secret of a program is shown once, and lets it in with what it was granted', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin', 'admin/clients');
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await form(admin).getByRole('textbox', { name: 'Name', exact: true }).fill('Data warehouse');
  await form(admin).getByRole('combobox', { name: 'Permission sets' }).click();
  await admin.getByRole('option', { name: 'analyst', exact: true }).click();
  await admin.keyboard.press('Escape');
  await form(admin).getByRole('button', { name: 'Save' }).click();
  const said = (await admin.getByTestId('secret').textContent()) ?? '';
  const [, id, secret] = /client_id=(\S+)\s+client_secret=(\S+)/.exec(said) ?? [];
  const answer = await admin.request.post(`${process.env['CONSOLE_URL']}/oauth/token`, { form: { grant_type: 'client_credentials', client_id: id ?? '', client_secret: secret ?? '' } });
  expect(answer.status()).toBe(200);
  const { access_token } = (await answer.json()) as { access_token: string };
  const asked = await admin.request.get(`${process.env['CONSOLE_URL']}/v1/reports/types`, { headers: { Authorization: `Bearer ${access_token}` } });
  expect(asked.status()).toBe(200);
  await admin.reload();
  await expect(admin.getByRole('cell', { name: 'Data warehouse', exact: true })).toBeVisible();
  await expect(admin.getByTestId('secret')).toHaveCount(0);
  await admin.context().close();
});
