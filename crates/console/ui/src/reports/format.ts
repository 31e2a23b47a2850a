import type { IntlShape } from 'react-intl';
import { clock } from '../shell/elapsed';
import type { Kind, Value } from './api';

/** Where a number is missing: a division by zero, or nothing measured. */
export const NOTHING = '–';
const COUNTED_WHOLE = { maximumFractionDigits: 0 };

/** A value as people read it; times and intervals in the report's time zone. */
export function shown(intl: IntlShape, kind: Kind, value: Value, zone: string, interval?: string): string {
  if (value === null) return NOTHING;
  if (typeof value === 'boolean' || typeof value === 'string') {
    if (kind === 'interval' && typeof value === 'string') return intervalName(intl, value, zone, interval);
    if (kind === 'time' && typeof value === 'string') return moment(intl, value, zone);
    return String(value);
  }
  switch (kind) {
    case 'rate':
      return intl.formatNumber(value, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
    case 'seconds':
      return clock(value);
    case 'minutes':
      return intl.formatNumber(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    case 'count':
      return intl.formatNumber(value, COUNTED_WHOLE);
    default:
      return intl.formatNumber(value, { maximumFractionDigits: 3 });
  }
}

export function moment(intl: IntlShape, at: string, zone: string): string {
  return Number.isNaN(Date.parse(at)) ? at : intl.formatDate(at, { dateStyle: 'medium', timeStyle: 'medium', timeZone: zone });
}

const SHORT = ['quarter_hour', 'half_hour', 'hour'];

/** With its offset where it is shorter than a day: on the day that clocks go back, an hour comes twice. */
export function intervalName(intl: IntlShape, at: string, zone: string, interval?: string): string {
  if (Number.isNaN(Date.parse(at))) return at;
  const day = intl.formatDate(at, { dateStyle: 'medium', timeZone: zone });
  if (interval === 'month') return intl.formatDate(at, { year: 'numeric', month: 'long', timeZone: zone });
  return interval && SHORT.includes(interval)
    ? intl.formatDate(at, { year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short', timeZone: zone })
    : day;
}
