// When the softphone's window closes: with the last tab of the console, after its warning, and never under a call.

export type Closing = 'open' | 'warning' | 'call' | 'closed';

/** A plain reload of the last tab must not flash the warning. */
export const FIRST_LOOK_MS = 400;
export const CLOSES_AFTER_MS = 5_000;
export const LOOK_MS = 100;

/** What the window asks of the browser, and what it does. */
export interface Surroundings {
  /** Comes when the last tab with a live session is gone, also by a crash; refused when `over`. */
  lastTabGone: (over: AbortSignal) => Promise<void>;
  someTab: () => Promise<boolean>;
  inCall: () => boolean;
  show: (closing: Closing) => void;
  close: () => void;
  now: () => number;
}

/** One thing after the other, so that there is one wait and one look at a time. */
export async function closesWithTheLastTab(around: Surroundings, over: AbortSignal): Promise<void> {
  for (;;) {
    await around.lastTabGone(over);
    await pause(FIRST_LOOK_MS, over);
    if ((await lasts(around, over)) === 'alone') break;
    around.show('open');
  }
  around.close();
  // Only windows that a page opened may close themselves.
  around.show('closed');
}

/** Until the warning has stood for its whole time, or there is a tab again. A call starts the time anew. */
async function lasts(around: Surroundings, over: AbortSignal): Promise<'alone' | 'company'> {
  let warnedAt: number | null = null;
  for (;;) {
    const company = await around.someTab();
    over.throwIfAborted();
    if (company) return 'company';
    if (around.inCall()) {
      around.show('call');
      warnedAt = null;
    } else if (warnedAt === null) {
      around.show('warning');
      warnedAt = around.now();
    } else if (around.now() - warnedAt >= CLOSES_AFTER_MS) return 'alone';
    await pause(LOOK_MS, over);
  }
}

function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((done, stopped) => {
    const stop = () => {
      clearTimeout(timer);
      stopped(over.reason as Error);
    };
    const timer = setTimeout(() => {
      over.removeEventListener('abort', stop);
      done();
    }, ms);
    over.addEventListener('abort', stop, { once: true });
  });
}
