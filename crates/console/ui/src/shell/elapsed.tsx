import { useSecond } from '../live/clock';

export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Time since then by the server's clock; `until` counts down. */
export function Elapsed({ since, until }: { since?: string | null; until?: string | null }) {
  const now = useSecond();
  if (!since && !until) return <span>–</span>;
  const seconds = until ? (Date.parse(until) - now) / 1000 : (now - Date.parse(since ?? '')) / 1000;
  return <span className="numbers" role="timer" aria-live="off">{clock(seconds)}</span>;
}
