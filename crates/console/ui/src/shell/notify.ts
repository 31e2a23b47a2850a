// A call that rings while the page is not in sight: said by the system, where the person allowed it.
import { useEffect } from 'react';

const TAG = 'tandem-call';

export const canNotify = (): boolean => 'Notification' in window && window.isSecureContext;

/** Asks once; the browser remembers the answer. */
export async function allowNotices(): Promise<boolean> {
  return (await Notification.requestPermission()) === 'granted';
}

/** Shown for as long as it rings and the page is not in sight; a press on it brings the page back. */
export function useNotice(title: string | null, body: string): void {
  useEffect(() => {
    if (title === null || !canNotify()) return;
    let notice: Notification | null = null;
    const look = () => {
      if (document.visibilityState === 'visible' || Notification.permission !== 'granted') {
        notice?.close();
        notice = null;
      } else if (!notice) {
        notice = new Notification(title, { body, tag: TAG, requireInteraction: true });
        notice.onclick = () => window.focus();
      }
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      notice?.close();
    };
  }, [title, body]);
}
