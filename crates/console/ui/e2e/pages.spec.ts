// Every page, in both colour schemes: no accessibility violation, nothing wider than a narrow panel, a picture to look at.
import AxeBuilder from '@axe-core/playwright';
import { type Page, expect, test } from '@playwright/test';
import { signedIn, url } from './people';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const COLOURS = ['color-contrast', 'link-in-text-block'];
const PICTURES = '../../../target/console/pictures';
const ROUTES: Record<string, [string, string][]> = {
  gus: [['desk', 'h1'], ['calls', 'h1'], ['phone', '[data-testid=phone]'], ['nowhere', 'h1']],
  maya: [['board', '[data-testid=live-agents]']],
  nora: [
    ...['training-gaps', 'escalations', 'queues', 'offers', 'agents', 'specialists', 'coaching', 'internal-calls'].map((name): [string, string] => [`reports/${name}`, '[data-testid=report], [data-testid=emptied]']),
    ['reports/escalations?by=transfer_kind,target_kind', '[data-testid=report]'], ['reports/offers?by=decline_reason', '[data-testid=report]'],
    ['reports/build', '[data-testid=report], [data-testid=emptied]'], ['reports/saved', '[data-testid=saved]'],
    ['reports/calls?ask={"type":"voice_calls","period":"yesterday","filters":[{"field":"purpose","op":"eq","value":"transfer"}],"group_by":[],"measures":["calls"]}&cell={"measure":"calls"}', '[data-testid=drilled]'],
  ],
  admin: [
    ['admin', 'h1'], ['admin/users', 'table'], ['admin/teams', 'table'], ['admin/skills', 'h1'], ['admin/queues', 'table'], ['admin/statuses', 'table'],
    ['admin/presence-configs', 'h1'], ['admin/wrap-up-codes', 'h1'], ['admin/quick-connects', 'h1'], ['admin/clients', 'h1'],
    ['admin/flows', 'table'], ['admin/prompts', '[data-testid=prompt-file]'], ['admin/business-hours', 'h1'], ['admin/numbers', 'table'], ['admin/trunks', 'table'], ['admin/trunk-test', '[data-testid=trial-none], [data-testid=trial], [data-testid=trunks-none]'], ['admin/what-if', 'form'], ['admin/permission-sets', '[data-testid=matrix]'], ['admin/routing-check', '[data-testid=findings], [data-testid=sound]'], ['admin/settings', 'form'], ['admin/alerts', 'h1'], ['admin/audit', 'table'],
  ],
};

const NARROW = { width: 320, height: 640 };

/** In a panel of 320 pixels nothing scrolls sideways. */
async function isNarrow(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize(NARROW);
  await expect.soft(async () => expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW.width), name).toPass({ timeout: 3_000 });
  if (['desk', 'board', 'phone'].includes(name)) await page.screenshot({ path: `${PICTURES}/${name}-320.png`, fullPage: true });
  if (before) await page.setViewportSize(before);
}

/** In both schemes, without loading it anew: the page follows the system's choice. */
async function isFine(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
    await page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}.png`, fullPage: true });
    // What a scheme changes are colours; the rest was looked at in the first.
    const axe = new AxeBuilder({ page });
    const { violations } = await (colorScheme === 'light' ? axe.withTags(TAGS) : axe.withRules(COLOURS)).analyze();
    const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`).join('\n    ')}`);
    expect.soft(found, `${name} in ${colorScheme}`).toEqual([]);
  }
}

test('the first page is fine in both schemes', async ({ page }) => {
  await page.goto(url());
  await expect(page.getByRole('heading', { name: 'A practice organization' })).toBeVisible();
  await isFine(page, 'sign-in');
});

for (const [who, routes] of Object.entries(ROUTES)) {
  test(`every page of ${who} is fine in both schemes, and in a panel of 320 pixels`, async ({ browser }) => {
    test.setTimeout(300_000);
    const page = await signedIn(browser, who);
    for (const [route, there] of routes) {
      await page.goto(url(route));
      await expect(page.locator(there).first()).toBeAttached();
      await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0);
      const name = route.replace('?by=', '/').replace(/\?.*/, '').replaceAll('/', '-');
      await isFine(page, name);
      await isNarrow(page, name);
    }
    await page.context().close();
  });
}

test('the first page without a practice is a plain form, and a wrong password is said', async ({ page }) => {
  await page.route('**/console/start.json', (route) => route.fulfill({ json: { practice: null } }));
  await page.goto(url());
  await page.getByLabel('User name').fill('dora');
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'do not belong together' })).toBeVisible();
  await expect(page.getByText('A practice organization')).toHaveCount(0);
});

test('a panel of 320 pixels holds every form', async ({ browser }) => {
  const page = await signedIn(browser, 'admin', '', { viewport: NARROW });
  for (const [form, name] of [['users', 'Ana'], ['queues', 'Support'], ['presence-configs', ''], ['flows', ''], ['business-hours', ''], ['numbers', ''], ['trunks', ''], ['alerts', '']] as const) {
    await page.goto(url(`admin/${form}`));
    const existing = page.getByRole('button', { name: new RegExp(`^Edit ${name}`) }).first();
    const drawer = page.getByRole('dialog');
    await expect(page.locator('h1')).toBeVisible();
    await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0);
    await ((await existing.count()) > 0 ? existing : page.getByRole('button', { name: 'Add', exact: true })).click();
    await expect(drawer.getByRole('button', { name: 'Save' })).toBeAttached();
    if (form === 'queues') await drawer.getByRole('button', { name: 'Add a step' }).click();
    await page.screenshot({ path: `${PICTURES}/form-${form}-320.png` });
    const wide = await drawer.evaluate((element) => Math.max(element.scrollWidth, ...[...element.querySelectorAll('.mantine-Drawer-body, form')].map((one) => one.scrollWidth)));
    expect.soft(wide, form).toBeLessThanOrEqual(NARROW.width);
  }
  await page.context().close();
});

test('another language is one press away and stays', async ({ browser }) => {
  const page = await signedIn(browser, 'gus', 'desk');
  await page.getByRole('button', { name: 'Language' }).click();
  await page.getByRole('menuitem', { name: 'Deutsch' }).click();
  await expect(page.getByRole('link', { name: 'Arbeitsplatz' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('link', { name: 'Arbeitsplatz' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await page.context().close();
});

test('the keyboard has a map, and can be switched off', async ({ browser }) => {
  const page = await signedIn(browser, 'gus', 'desk');
  await page.keyboard.press('d');
  await expect(page.getByRole('combobox', { name: 'Name, extension or number' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('combobox', { name: 'Name, extension or number' })).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toContainText('Merge to three');
  await page.getByRole('switch', { name: 'Single keys press the buttons of a call' }).uncheck({ force: true });
  await page.keyboard.press('Escape');
  await page.keyboard.press('d');
  await expect(page.getByRole('combobox', { name: 'Name, extension or number' })).toHaveCount(0);
  await page.context().close();
});
