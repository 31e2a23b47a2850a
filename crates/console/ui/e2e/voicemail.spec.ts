// What a caller leaves, from the tone to the agent's ear.
import { expect, test } from '@playwright/test';
import { Customer } from './customer';
import { line, newcomer, signedIn } from './people';

/** What is shorter than a second is no message. */
const SPOKEN_MS = 1_500;

test('a caller leaves a message, an agent takes it, listens, and says that it is done', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Mailbox', { routing: { no_agent_seconds: 0, overflow: { kind: 'voicemail' } } });
  const caller = await Customer.calls(number, '+15550188061');
  await caller.answered;
  // The prompt, and behind it and the tone nothing.
  await expect.poll(() => caller.heard().music, { timeout: 20_000 }).toBe(true);
  await expect.poll(() => caller.heard().music, { timeout: 20_000 }).toBe(false);
  const since = Date.now();
  await expect.poll(() => Date.now() - since).toBeGreaterThan(SPOKEN_MS);
  caller.hangUp();

  const maya = await signedIn(browser, 'maya', 'board');
  const left = maya.getByTestId('voicemails').getByRole('article').filter({ hasText: 'Mailbox' });
  await expect(left).toContainText('Waiting', { timeout: 20_000 });

  const nils = await newcomer(browser, 'Nils', { queues: [queue] });
  await nils.getByRole('button', { name: 'Take it' }).click({ timeout: 30_000 });
  await expect(left).toContainText('Taken');
  await nils.getByRole('button', { name: 'Listen' }).click();
  const sound = nils.getByTestId('voicemail-sound');
  await expect.poll(() => sound.evaluate((audio) => (audio as HTMLAudioElement).duration)).toBeGreaterThan(1);
  await nils.getByTestId('voicemails').getByRole('button', { name: 'Done' }).click();
  await expect(nils.getByTestId('voicemails')).toHaveCount(0);
  await expect(left).toHaveCount(0);
  await nils.context().close();
  await maya.context().close();
});
