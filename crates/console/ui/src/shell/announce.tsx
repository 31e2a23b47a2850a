import { useSyncExternalStore } from 'react';

// What a screen reader says without being asked. The second region speaks at once.
let said = { polite: '', now: '' };
const listeners = new Set<() => void>();

export function announce(text: string, how: 'polite' | 'now' = 'polite'): void {
  // The same words again are news only when they change.
  said = { ...said, [how]: said[how] === text ? `${text}\u00a0` : text };
  for (const listener of listeners) listener();
}

export function Announcements() {
  const now = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => said,
  );
  return (
    <>
      <div className="unseen" role="status" aria-live="polite">{now.polite}</div>
      <div className="unseen" role="alert" aria-live="assertive">{now.now}</div>
    </>
  );
}
