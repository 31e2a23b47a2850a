// The server's clock, as far as its messages show it; every time in the pages is counted from its timestamps.
import { useSyncExternalStore } from 'react';

let ahead: number | null = null;

/** A message was written then; it took a while to come, so the largest difference seen is the nearest. */
export function heard(at: string): void {
  const difference = Date.parse(at) - Date.now();
  if (ahead === null || difference > ahead || difference < ahead - 5_000) ahead = difference;
}

export const serverNow = (): number => Date.now() + (ahead ?? 0);

let second = serverNow();
const listeners = new Set<() => void>();
setInterval(() => {
  second = serverNow();
  for (const listener of listeners) listener();
}, 1_000);

/** The server's time, anew each second. */
export function useSecond(): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => second,
  );
}
