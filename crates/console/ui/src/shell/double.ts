// A double click presses what the first click pressed. Where a call that was just answered has put another button under
// the pointer (the end of the call where "Accept" was), the second click is swallowed.

const PRESSED = 'button, a, input, [role="menuitem"], [role="option"]';

/** Watches the whole page; gives what ends it. */
export function guardDoubleClicks(page: Document): () => void {
  let first: { what: Element | null; words: string } = { what: null, words: '' };
  const click = (event: MouseEvent) => {
    const what = event.target instanceof Element ? event.target.closest(PRESSED) : null;
    const words = what?.textContent ?? '';
    // Also the same button under another name: "Hold" has become "Resume".
    const another = what !== null && first.what !== null && (what !== first.what || (words !== first.words && !what.hasAttribute('data-again')));
    if (event.detail > 1 && another) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    first = { what, words };
  };
  page.addEventListener('click', click, true);
  return () => page.removeEventListener('click', click, true);
}
