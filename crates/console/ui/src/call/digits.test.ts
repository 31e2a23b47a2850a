import { expect, it } from 'vitest';
import { inOrder } from './digits';

/** A server that answers when told to. */
function server() {
  const asked: string[] = [];
  const answers: ((sent: boolean) => void)[] = [];
  const press = inOrder((_, digits) => {
    asked.push(digits);
    return new Promise<boolean>((done) => answers.push(done));
  });
  const answer = async (sent = true) => {
    answers.shift()?.(sent);
    await new Promise((done) => setTimeout(done));
  };
  return { asked, press, answer };
}

it('sends digits pressed while others are under way together, in their order', async () => {
  const { asked, press, answer } = server();
  for (const digit of '1234') void press('call', digit);
  expect(asked).toEqual(['1']);
  await answer();
  expect(asked).toEqual(['1', '234']);
  await answer();
  void press('call', '5');
  expect(asked).toEqual(['1', '234', '5']);
});

it('sends no more at once than the server takes', async () => {
  const { asked, press, answer } = server();
  void press('call', '7'.repeat(100));
  await answer();
  expect(asked.map((one) => one.length)).toEqual([64, 36]);
});

it('drops what was pressed behind a refused digit, and sends the next', async () => {
  const { asked, press, answer } = server();
  for (const digit of '12') void press('call', digit);
  await answer(false);
  expect(asked).toEqual(['1']);
  void press('call', '3');
  expect(asked).toEqual(['1', '3']);
});
