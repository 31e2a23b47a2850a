// An agent's work in a browser, against the real server: the sound is real, and measured at every ear.
import { type Page, type WebSocketRoute, expect, test } from '@playwright/test';
import { customerHearsExactly, customerHearsMusic, pageHearsExactly } from './ears';
import { hears, line, newcomer, phoneIsReady, signedIn, tab, takesACall, url } from './people';
import { CUSTOMER_HZ, TONES } from './tone';

const [ANN, BOB] = TONES;

test('an agent takes a call, holds, consults, swaps, merges and hands over', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Transfers', { wrap_up: { seconds: 60, max_extensions: 1 } });
  const ann = await newcomer(browser, 'Ann', { queues: [queue], hz: ANN });
  const bob = await newcomer(browser, 'Bob', { hz: BOB });
  const customer = await takesACall(ann, number);
  await pageHearsExactly(ann, ANN, [CUSTOMER_HZ]);
  await customerHearsExactly(customer, [ANN]);
  await expect(hears(ann)).toContainText(/You and Customer \S+ hear each other/);

  await ann.getByRole('button', { name: 'Mute', exact: true }).click();
  await expect(ann.getByText('You are muted', { exact: true })).toBeVisible();
  await customerHearsExactly(customer, []);
  await ann.keyboard.press('m');
  await expect(ann.getByText('You are muted', { exact: true })).toHaveCount(0);
  await customerHearsExactly(customer, [ANN]);
  // A second press of a double click takes nothing back, here and below.
  await ann.getByRole('button', { name: 'Hold', exact: true }).dblclick();
  await expect(hears(ann)).toContainText('hears hold music');
  await customerHearsMusic(customer);
  await ann.getByRole('button', { name: 'Resume', exact: true }).first().click();
  await expect(hears(ann)).not.toContainText('hold music');
  await customerHearsExactly(customer, [ANN]);

  await ann.getByLabel('Subject').fill('The invoice is wrong');
  await ann.getByLabel('Category').focus();
  await expect(ann.getByText('Saved')).toBeVisible();
  await ann.getByRole('combobox', { name: 'Who?' }).fill('Bob');
  await ann.getByRole('option', { name: /Bob/ }).click();
  await ann.getByLabel('What should they know before answering?').fill('They cannot sign in');
  await ann.getByRole('button', { name: 'Consult first' }).click();
  await expect(ann.getByTestId('transfer')).toContainText('rings');
  await expect(ann.getByRole('button', { name: /^Merge/ })).toHaveAttribute('aria-disabled', 'true');
  // Whoever is asked knows before they answer.
  await expect(bob.getByTestId('incoming')).toContainText('Ann is with a customer and asks for you');
  await expect(bob.getByTestId('hand-over')).toContainText('The invoice is wrong');
  await expect(bob.getByTestId('hand-over')).toContainText('They cannot sign in');
  await bob.getByRole('button', { name: 'Accept' }).click();
  await expect(hears(ann)).toContainText('You and Bob hear each other');
  await expect(hears(ann)).toContainText(/Customer .* hears hold music/);
  await pageHearsExactly(bob, BOB, [ANN]);
  await pageHearsExactly(ann, ANN, [BOB]);
  await customerHearsMusic(customer);

  await ann.getByRole('button', { name: 'Swap' }).dblclick();
  await expect(hears(ann)).toContainText(/You and Customer \S+ hear each other/);
  await expect(hears(ann)).toContainText('Bob hears hold music');
  await customerHearsExactly(customer, [ANN]);
  await ann.getByRole('button', { name: 'Merge' }).dblclick();
  await expect(hears(ann)).toContainText(/You, .* and .* hear each other/);
  // Whoever does not see it is told.
  await expect(ann.locator('[aria-live=polite]')).toContainText(/You, .* and .* hear each other/);
  await expect(ann.getByTestId('transfer')).toContainText('everybody hears each other already');
  await customerHearsExactly(customer, [ANN, BOB]);
  await pageHearsExactly(bob, BOB, [ANN, CUSTOMER_HZ]);
  await ann.screenshot({ path: '../../../target/console/pictures/agent-conference.png', fullPage: true });
  await ann.getByRole('button', { name: 'Complete' }).dblclick();
  await expect(ann.getByTestId('call')).toHaveCount(0);
  await expect(hears(bob)).toContainText(/You and Customer \S+ hear each other/);
  await customerHearsExactly(customer, [BOB]);
  await pageHearsExactly(bob, BOB, [CUSTOMER_HZ]);
  await expect(ann.getByTestId('wrap-up')).toBeVisible();
  await ann.getByRole('button', { name: 'Done' }).click();
  await expect(ann.getByTestId('wrap-up')).toHaveCount(0);
  // A parked customer is there for every colleague who may park.
  await bob.getByRole('button', { name: 'Park' }).click();
  await customerHearsMusic(customer);
  await ann.getByTestId('parked').getByRole('button', { name: 'Take up' }).click();
  await customerHearsExactly(customer, [ANN]);
  await expect(bob.getByTestId('parked')).toHaveCount(0);
  await ann.getByRole('button', { name: 'Hang up', exact: true }).dblclick();
  await customer.ended;
  await ann.context().close();
  await bob.context().close();
});

test('a colleague who declines leaves things as they were; one who is handed a call has it at once, and adds and removes others', async ({ browser }) => {
  const { number, queue } = await line(browser, 'Handing over');
  const ann = await newcomer(browser, 'Gwen', { queues: [queue], hz: ANN });
  const bob = await newcomer(browser, 'Hugo', { hz: BOB });
  const chosen = async (page: Page, name: RegExp) => {
    await page.getByRole('combobox', { name: 'Who?' }).fill(name.source);
    await page.getByRole('option', { name }).click();
  };
  const customer = await takesACall(ann, number);
  await customerHearsExactly(customer, [ANN]);
  await chosen(ann, /Hugo/);
  await ann.getByRole('button', { name: 'Consult first' }).click();
  await customerHearsMusic(customer);
  await bob.getByTestId('incoming').getByRole('button', { name: 'Decline' }).click();
  await expect(ann.getByTestId('consult-failed')).toContainText('Hugo declined. Your customer is with you, as before.');
  await customerHearsExactly(customer, [ANN]);
  await expect(hears(ann)).toContainText(/You and Customer \S+ hear each other/);

  await chosen(ann, /Hugo/);
  await ann.getByRole('button', { name: 'Hand over at once' }).click();
  await expect(ann.getByTestId('call')).toHaveCount(0);
  // Never in silence while it rings.
  await customerHearsMusic(customer);
  await bob.getByTestId('incoming').getByRole('button', { name: 'Accept' }).click();
  await customerHearsExactly(customer, [BOB]);

  await chosen(bob, /Gwen/);
  await bob.getByRole('button', { name: 'Add to the call' }).click();
  await ann.getByTestId('incoming').getByRole('button', { name: 'Accept' }).click();
  await customerHearsExactly(customer, [ANN, BOB]);
  const people = bob.getByRole('list', { name: 'People in this call' }).getByRole('listitem');
  await expect(people.filter({ hasText: 'Customer' }).getByRole('button', { name: /^Remove/ })).toHaveAttribute('aria-disabled', 'true');
  await people.filter({ hasText: 'Gwen' }).getByRole('button', { name: /^Remove/ }).click();
  await expect(ann.getByTestId('call')).toHaveCount(0);
  await customerHearsExactly(customer, [BOB]);
  await bob.getByRole('button', { name: 'Hang up', exact: true }).click();
  await customer.ended;
  await ann.context().close();
  await bob.context().close();
});

test('colleagues call each other from the dialer; what a private call cannot do says why', async ({ browser }) => {
  const una = await newcomer(browser, 'Una', { hz: ANN });
  const vic = await newcomer(browser, 'Vic', { hz: BOB });
  await una.getByRole('button', { name: 'Make call' }).click();
  const field = una.getByRole('combobox', { name: 'Name, extension or number' });
  await field.fill('Administrator');
  await expect(una.getByRole('option', { name: /Administrator/ })).toHaveAttribute('aria-disabled', 'true');
  await field.fill('Vic');
  // A press on the name starts the call.
  await una.getByRole('option', { name: /Vic/ }).click();
  await expect(vic.getByTestId('incoming')).toContainText('Una');
  await vic.getByRole('button', { name: 'Accept' }).click();
  await expect(hears(una)).toContainText('You and Vic hear each other');
  await pageHearsExactly(vic, BOB, [ANN]);
  await pageHearsExactly(una, ANN, [BOB]);
  await expect(una.getByTestId('call')).toContainText('private, nothing of it is kept');
  await expect(una.getByRole('button', { name: /^Park/ })).toHaveAttribute('aria-disabled', 'true');
  await una.getByRole('button', { name: 'Hang up', exact: true }).click();
  await expect(vic.getByTestId('call')).toHaveCount(0);
  await expect(una.getByTestId('call')).toHaveCount(0);
  await una.context().close();
  await vic.context().close();
});

test('a blocked microphone is said with what to do, and nobody is offered a call', async ({ browser }) => {
  const juno = await signedIn(browser, 'juno', 'desk', { permissions: [] });
  await expect(juno.getByTestId('trouble-blocked')).toContainText('allow the microphone');
  await expect(juno.getByTestId('trouble-blocked').getByRole('button', { name: 'Try again' })).toBeVisible();
  await juno.context().grantPermissions(['microphone']);
  await juno.getByRole('button', { name: 'Try again' }).click();
  await phoneIsReady(juno);
  await juno.context().close();
});

test('whoever prefers the desk phone says so, and comes back to the browser', async ({ browser }) => {
  const juno = await signedIn(browser, 'juno', 'desk');
  await phoneIsReady(juno);
  await juno.getByTestId('phone').getByRole('button', { name: 'Microphone, speaker, test call' }).click();
  await juno.getByRole('button', { name: 'Take calls on my desk phone' }).click();
  await expect(juno.getByTestId('phone')).toContainText('Calls ring on your desk phone');
  await juno.getByRole('button', { name: 'Take calls in the browser' }).click();
  await phoneIsReady(juno);
  await juno.context().close();
});

test('two tabs have one softphone, and its window ends with the last tab, word for word', async ({ browser }) => {
  const first = await signedIn(browser, 'juno', 'desk');
  await phoneIsReady(first);
  const second = await tab(first.context(), 'juno', 'desk');
  await expect(second.getByTestId('phone')).toContainText('In another tab');
  await first.close();
  await phoneIsReady(second);
  const [popup] = await Promise.all([second.waitForEvent('popup'), second.getByRole('button', { name: 'Open in a window of its own' }).click()]);
  await phoneIsReady(popup);
  await expect(second.getByTestId('phone')).toContainText('In another tab');
  await second.reload();
  await expect(second.getByTestId('phone')).toContainText('In another tab');
  await expect(popup.getByTestId('closing')).toHaveCount(0);
  const closed = popup.waitForEvent('close', { timeout: 30_000 });
  // Looked for from before the tab goes: the words stand for five seconds only.
  const said = popup.waitForFunction(() => document.querySelector('[data-testid=closing]')?.textContent, undefined, { polling: 50, timeout: 30_000 }).then((words) => words.jsonValue());
  await second.close();
  expect(await said).toBe('Window will be closed soon, since there is no active session');
  await closed;
});

test('the floor says since when it may be old, until the live connection is back', async ({ browser }) => {
  const maya = await signedIn(browser, 'maya');
  let lost = false;
  let live: WebSocketRoute | undefined;
  await maya.routeWebSocket(/\/v1\/live/, (socket) => {
    if (lost) return void socket.close();
    socket.connectToServer();
    live = socket;
  });
  await maya.goto(url('board'));
  await expect(maya.getByTestId('live-agents')).toContainText('Ana');
  const mark = maya.getByRole('status').filter({ hasText: 'The live connection is lost' });
  await expect(mark).toHaveCount(0);
  lost = true;
  await live?.close();
  await expect(mark).toContainText(/Lost for 0:0\d/);
  lost = false;
  await expect(mark).toHaveCount(0);
  await maya.context().close();
});
