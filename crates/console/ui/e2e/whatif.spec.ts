// The administrator asks what if, and tests a trunk.
import { createSocket } from 'node:dgram';
import { expect, test } from '@playwright/test';
import { api, asAdmin, signedIn, url } from './people';

test('a what-if is started, watched, read beside how it was, and removed', async ({ browser }) => {
  const admin = await signedIn(browser, 'admin', 'admin/what-if');
  await admin.getByRole('textbox', { name: 'Name', exact: true }).fill('Half the calls');
  await admin.getByRole('combobox', { name: 'Who is at work' }).click();
  await admin.getByRole('option', { name: 'Every member, all day' }).click();
  await admin.getByRole('textbox', { name: 'Calls (%)' }).fill('50');
  await admin.getByRole('combobox', { name: 'Days to play' }).click();
  await admin.getByRole('option', { name: '10', exact: true }).click();
  await admin.getByRole('button', { name: 'Start', exact: true }).click();
  const row = admin.getByTestId('simulations').getByRole('row', { name: 'Half the calls' });
  await expect(row).toHaveAttribute('data-state', 'done', { timeout: 60_000 });
  const result = admin.getByTestId('whatif-result');
  await expect(result.getByRole('img', { name: 'Answered in time' })).toBeVisible();
  const offered = result.getByTestId('figures').getByRole('row', { name: 'Calls, a day' });
  await expect(offered).toContainText('…');
  await expect(offered.getByRole('cell').last()).toContainText('-');
  await row.getByRole('button', { name: 'Remove' }).click();
  await expect(row).toHaveCount(0);
  await admin.context().close();
});

test('a trunk is asked and refuses: the ladder, what it means and what to do', async ({ browser }) => {
  const provider = createSocket('udp4');
  await new Promise<void>((done) => provider.bind(0, '127.0.0.1', done));
  provider.on('message', (data, from) => {
    const text = data.toString();
    if (text.startsWith('ACK ')) return;
    const kept = text.split('\r\n').filter((line) => /^(Via|From|Call-ID|CSeq): /.test(line)).join('\r\n');
    const to = text.split('\r\n').find((line) => line.startsWith('To: '));
    provider.send(`SIP/2.0 404 Not Found\r\n${kept}\r\n${to};tag=far\r\nContent-Length: 0\r\n\r\n`, from.port, from.address);
  });
  const { id } = await asAdmin<{ id: string }>(browser, '/v1/trunks', 'POST', { name: 'Out of order', host: `127.0.0.1:${provider.address().port}` });
  const admin = await signedIn(browser, 'admin');
  await admin.goto(`${url('admin/trunk-test')}?trunk=${id}`);
  await expect(admin.getByTestId('trial-none')).toBeVisible();
  await admin.getByRole('textbox', { name: 'Number to call' }).fill('030');
  await expect(admin.getByRole('button', { name: 'Call', exact: true })).toBeDisabled();
  await admin.getByRole('textbox', { name: 'Number to call' }).fill('+49305550199');
  await admin.getByRole('button', { name: 'Call', exact: true }).click();
  await expect(admin.getByTestId('verdict')).toHaveAttribute('data-code', 'not_found');
  await expect(admin.getByTestId('verdict')).toContainText('with and without the country code');
  await expect(admin.getByTestId('ladder').getByRole('row')).toHaveCount(4);
  await expect(admin.getByTestId('trial').getByRole('img')).toBeVisible();
  await admin.getByTestId('ladder').getByText('Whole message').first().click();
  await expect(admin.getByTestId('ladder')).toContainText('INVITE sip:');
  await api(admin, `/v1/trunks/${id}`, 'DELETE');
  provider.close();
  await admin.context().close();
});
