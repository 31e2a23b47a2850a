// Dates as people say them. Days are those of the report's time zone; the end is the first day that no longer counts.

export const PRESETS = ['today', 'yesterday', '7d', '30d', '90d', 'this_week', 'last_week', 'this_month', 'last_month', 'all', 'custom'] as const;
export type Preset = (typeof PRESETS)[number];

export interface Days {
  from: string;
  before: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MS = 86_400_000;

export const isDay = (text: string | undefined): text is string => text !== undefined && DAY.test(text) && !Number.isNaN(Date.parse(text));

/** The day that many days later; days are named, so no clock change can shift one. */
export function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * MS).toISOString().slice(0, 10);
}

const monthOf = (day: string) => `${day.slice(0, 7)}-01`;
const mondayOf = (day: string) => later(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));
/** The ranges that move with the day: the server knows them by these words, too. */
export const PERIODS: readonly string[] = PRESETS.filter((one) => one !== 'all' && one !== 'custom');

/** The day that it is there. */
export function dayIn(zone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** Null: all time. Of a custom range both days count, and an open side is open. */
export function days(preset: Preset, today: string, from?: string, to?: string): Partial<Days> | null {
  const tomorrow = later(today, 1);
  switch (preset) {
    case 'today':
      return { from: today, before: tomorrow };
    case 'yesterday':
      return { from: later(today, -1), before: today };
    case '7d':
      return { from: later(today, -6), before: tomorrow };
    case '30d':
      return { from: later(today, -29), before: tomorrow };
    case '90d':
      return { from: later(today, -89), before: tomorrow };
    case 'this_week':
      return { from: mondayOf(today), before: tomorrow };
    case 'last_week':
      return { from: later(mondayOf(today), -7), before: mondayOf(today) };
    case 'this_month':
      return { from: monthOf(today), before: tomorrow };
    case 'last_month':
      return { from: monthOf(later(monthOf(today), -1)), before: monthOf(today) };
    case 'all':
      return null;
    case 'custom':
      return { ...(isDay(from) ? { from } : {}), ...(isDay(to) ? { before: later(to, 1) } : {}) };
  }
}
