import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CLOSES_AFTER_MS, type Closing, FIRST_LOOK_MS, LOOK_MS, closesWithTheLastTab } from './closing';

/** The tabs and the call around a window, and what the window showed. */
class Desk {
  tabs = 1;
  calls = 0;
  waits = 0;
  looks = 0;
  looksAtOnce = 0;
  lookTakesMs = 0;
  closed = 0;
  shown: Closing[] = [];
  readonly over = new AbortController();
  private gone: (() => void)[] = [];

  opens(): void {
    const running = closesWithTheLastTab({
      lastTabGone: async (over) => {
        this.waits += 1;
        if (this.tabs > 0) await new Promise<void>((done, stopped) => { this.gone.push(done); over.addEventListener('abort', () => stopped(new Error('over'))); });
        this.waits -= 1;
      },
      someTab: async () => {
        this.looks += 1;
        this.looksAtOnce = Math.max(this.looksAtOnce, this.looks);
        const { tabs } = this;
        await new Promise((done) => setTimeout(done, this.lookTakesMs));
        this.looks -= 1;
        return tabs > 0;
      },
      inCall: () => this.calls > 0,
      show: (closing) => this.shown.push(closing),
      close: () => { this.closed += 1; },
      now: () => Date.now(),
    }, this.over.signal);
    running.catch(() => undefined);
  }
  async lastTabCloses(): Promise<void> {
    this.tabs = 0;
    for (const done of this.gone.splice(0)) done();
    await passes(0);
  }
  get last() { return this.shown.at(-1); }
}
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

let desk: Desk;
beforeEach(() => {
  vi.useFakeTimers();
  desk = new Desk();
});
afterEach(() => {
  desk.over.abort();
  vi.useRealTimers();
});

it('warns for five seconds and closes once', async () => {
  desk.opens();
  await passes(10_000);
  expect(desk.shown).toEqual([]);
  await desk.lastTabCloses();
  await passes(FIRST_LOOK_MS + LOOK_MS / 2);
  expect(desk.last).toBe('warning');
  await passes(CLOSES_AFTER_MS - LOOK_MS);
  expect(desk.closed).toBe(0);
  await passes(2 * LOOK_MS);
  expect(desk.last).toBe('closed');
  await passes(60_000);
  expect(desk.closed).toBe(1);
  expect(desk.shown).toEqual(['warning', 'closed']);
});

it('says nothing to a tab that is only loaded anew', async () => {
  desk.opens();
  await passes(0);
  await desk.lastTabCloses();
  await passes(FIRST_LOOK_MS / 2);
  desk.tabs = 1;
  await passes(30_000);
  expect(desk.shown).not.toContain('warning');
  expect(desk.waits).toBe(1);
});

it('stays for a tab that comes back, with one wait and one look at a time, also where looking takes long', async () => {
  desk.lookTakesMs = 350;
  desk.opens();
  await passes(0);
  for (let round = 0; round < 3; round += 1) {
    await desk.lastTabCloses();
    await passes(2_000);
    expect(desk.last).toBe('warning');
    desk.tabs = 1;
    await passes(20_000);
    expect(desk.last).toBe('open');
    expect(desk.waits).toBe(1);
    expect(desk.looks).toBe(0);
  }
  expect(desk.looksAtOnce).toBe(1);
  expect(desk.closed).toBe(0);
});

it('never closes under a call, and warns for the whole time when the call is over', async () => {
  desk.calls = 1;
  desk.opens();
  await passes(0);
  await desk.lastTabCloses();
  await passes(60_000);
  expect(new Set(desk.shown)).toEqual(new Set(['call']));
  desk.calls = 0;
  await passes(1_000);
  expect(desk.last).toBe('warning');
  // A call that comes in the middle of the warning starts it anew.
  desk.calls = 1;
  await passes(10_000);
  expect(desk.last).toBe('call');
  desk.calls = 0;
  await passes(CLOSES_AFTER_MS - LOOK_MS);
  expect(desk.last).toBe('warning');
  expect(desk.closed).toBe(0);
  await passes(1_000);
  expect(desk.closed).toBe(1);
});

it('stops with its page', async () => {
  desk.opens();
  await passes(0);
  await desk.lastTabCloses();
  await passes(1_000);
  desk.over.abort();
  const { length } = desk.shown;
  await passes(60_000);
  expect(desk.shown).toHaveLength(length);
  expect(desk.closed).toBe(0);
});
