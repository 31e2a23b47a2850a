// The administrator records what callers hear: uploads it, listens, gives it another name, and a flow plays it.
import { type Page, expect, test } from '@playwright/test';
import { api, signedIn, url } from './people';

const HERTZ = 16_000;

/** A tone of so many seconds, as a WAV file. */
function wav(seconds: number): Buffer {
  const file = Buffer.alloc(44 + 2 * HERTZ * seconds);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  for (const [value, at] of [[16, 16], [HERTZ, 24], [2 * HERTZ, 28], [file.length - 44, 40]] as const) file.writeUInt32LE(value, at);
  for (const [value, at] of [[1, 20], [1, 22], [2, 32], [16, 34]] as const) file.writeUInt16LE(value, at);
  file.write('data', 36);
  for (let n = 0; n < HERTZ * seconds; n += 1) file.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * 440 * n) / HERTZ)), 44 + 2 * n);
  return file;
}

const sound = (seconds: number, name = 'Good morning.wav') => ({ name, mimeType: 'audio/wav', buffer: wav(seconds) });
const form = (page: Page) => page.getByRole('dialog');

async function chooses(page: Page, where: string, file: ReturnType<typeof sound>): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByTestId(where).click();
  await (await chooser).setFiles(file);
}

test('a prompt is uploaded, heard, renamed, replaced, played by a flow, and kept while it is', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin', 'admin/prompts');
  await chooses(admin, 'prompt-file', { ...sound(1), buffer: Buffer.from('ID3 an MP3') });
  const upload = admin.getByRole('form', { name: 'Upload' });
  await upload.getByRole('button', { name: 'Upload' }).click();
  await expect(upload.getByText('this is no WAV file', { exact: false })).toBeVisible();
  await chooses(admin, 'prompt-file', sound(2));
  await expect(upload.getByRole('textbox', { name: 'Name' })).toHaveValue('Good morning');
  await upload.getByRole('button', { name: 'Upload' }).click();
  const row = admin.getByRole('row').filter({ hasText: 'Good morning' });
  await expect(row).toContainText('2.0 s');

  await row.getByRole('button', { name: 'Edit Good morning' }).click();
  await form(admin).getByRole('button', { name: 'Listen to Good morning' }).click();
  const player = form(admin).getByTestId('prompt-sound');
  await expect.poll(() => player.evaluate((audio) => (audio as HTMLAudioElement).duration)).toBeCloseTo(2, 1);
  await chooses(admin, 'prompt-replace', sound(1));
  await expect(form(admin).getByRole('button', { name: 'Listen to Good morning' })).toBeVisible();
  await form(admin).getByRole('textbox', { name: 'Name' }).fill('Good day');
  await form(admin).getByRole('button', { name: 'Save' }).click();
  await expect(admin.getByRole('row').filter({ hasText: 'Good day' })).toContainText('1.0 s');

  await admin.goto(url('admin/flows'));
  await admin.getByRole('button', { name: 'Add', exact: true }).click();
  await form(admin).getByRole('textbox', { name: 'Name', exact: true }).fill('Greets');
  await form(admin).getByRole('combobox', { name: 'Add a step (steps)', exact: true }).click();
  await admin.getByRole('option', { name: 'Prompt', exact: true }).click();
  await form(admin).getByRole('combobox', { name: 'Prompt', exact: true }).click();
  await admin.getByRole('option', { name: 'Good day', exact: true }).click();
  await form(admin).getByRole('combobox', { name: 'Add a step (steps)', exact: true }).click();
  await admin.getByRole('option', { name: 'Call back', exact: true }).click();
  await form(admin).getByRole('button', { name: 'Try it' }).click();
  const came = form(admin).getByTestId('dry-run');
  await expect(came).toContainText('plays (Good day)');
  await expect(came).toContainText('The caller is called back by');
  await form(admin).getByRole('button', { name: 'Save' }).click();
  await expect(form(admin)).toHaveCount(0);

  const { items } = await api<{ items: { id: string | null; name: string }[] }>(admin, '/v1/prompts');
  const { id } = items.find((one) => one.name === 'Good day') ?? {};
  const kept = await api<{ code: string; users: string[] }>(admin, `/v1/prompts/${id}`, 'DELETE');
  expect([kept.code, kept.users]).toEqual(['in_use', ['the call flow Greets']]);
  await admin.context().close();
});
