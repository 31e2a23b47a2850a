// Phone numbers as people paste them, as the server takes them.

export type Dialed =
  | { kind: 'nothing' }
  | { kind: 'extension'; value: string }
  | { kind: 'number'; value: string }
  /** Digits without a country: nobody can tell where that is. */
  | { kind: 'national'; digits: string }
  | { kind: 'name'; text: string };

const EXTENSION_DIGITS_MAX = 6;
const E164_DIGITS = { min: 7, max: 15 };

/** "tel:+49 (30) 123-456", "0049…", "+49.30.123456", "201". */
export function dialed(typed: string): Dialed {
  const text = typed.trim().replace(/^(tel|sip|callto):/i, '');
  if (text === '') return { kind: 'nothing' };
  if (/[^\d\s()+./\u2010-\u2015\u00a0\u202d\u202c*#-]/.test(text)) return { kind: 'name', text };
  // "(0)" in an international number is the trunk prefix that people write and nobody dials.
  const international = /^\s*(\+|00)/.test(text.replace(/[\u202d\u202c]/g, ''));
  const plain = international ? text.replace(/\(0\)/g, '') : text;
  const digits = plain.replace(/\D/g, '');
  if (digits === '') return { kind: 'nothing' };
  if (international) {
    const value = plain.includes('+') ? digits : digits.replace(/^00/, '');
    if (value.length < E164_DIGITS.min || value.length > E164_DIGITS.max) return { kind: 'national', digits };
    return { kind: 'number', value: `+${value}` };
  }
  if (digits.length <= EXTENSION_DIGITS_MAX) return { kind: 'extension', value: digits };
  return { kind: 'national', digits };
}
