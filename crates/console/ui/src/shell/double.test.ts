// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it } from 'vitest';
import { guardDoubleClicks } from './double';

let stop: () => void;
beforeEach(() => { stop = guardDoubleClicks(document); });
afterEach(() => {
  stop();
  document.body.replaceChildren();
});

function button(words: string, pressed: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.textContent = words;
  made.addEventListener('click', pressed);
  document.body.append(made);
  return made;
}
const click = (on: Element, detail: number) => on.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail }));

it('leaves a button alone that came under the pointer by the first click', () => {
  let ended = 0;
  const accept = button('Accept', () => accept.remove());
  const end = button('Hang up', () => { ended += 1; });
  click(accept, 1);
  click(end, 2);
  expect(ended).toBe(0);
  click(end, 1);
  expect(ended).toBe(1);
});

it('does not undo a hold with the second click that gave it', () => {
  const said: string[] = [];
  const hold = button('Hold', () => {
    said.push(hold.textContent ?? '');
    hold.textContent = 'Resume';
  });
  click(hold, 1);
  click(hold, 2);
  expect(said).toEqual(['Hold']);
});

it('takes every digit of somebody who presses fast', () => {
  let digits = '';
  const one = button('1', () => { digits += '1'; });
  click(one, 1);
  click(one, 2);
  click(one, 3);
  expect(digits).toBe('111');
});

it('lets somebody mute and unmute as fast as they cough', () => {
  const said: string[] = [];
  const mute = button('Mute', () => {
    said.push(mute.textContent ?? '');
    mute.textContent = mute.textContent === 'Mute' ? 'Unmute' : 'Mute';
  });
  mute.setAttribute('data-again', 'true');
  click(mute, 1);
  click(mute, 2);
  expect(said).toEqual(['Mute', 'Unmute']);
});
