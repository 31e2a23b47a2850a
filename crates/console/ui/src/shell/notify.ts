// A call that rings while the page is not in sight: said by the system, where the person allowed it.
import { useEffect } from 'react';

const TAG = 'tandem-call';

export const canNotify = (): boolean => 'Notification' in window && window.isSecureContext;

/** Asks once; the browser remembers the answer. */
export async function allowNotices(): Promise<boolean> {
  return (await Notification.requestPermission()) === 'granted';
}

/** Shown for as long as it rings; a press on it brings the page back. */
export function useNotice(title: string | null, body: string): void {
  useEffect(() => {
    if (title === null || !canNotify() || Notification.permission !== 'granted' || document.visibilityState === 'visible') return;
    const notice = new Notification(title, { body, tag: TAG, requireInteraction: true });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
    return () => notice.close();
  }, [title, body]);
}
