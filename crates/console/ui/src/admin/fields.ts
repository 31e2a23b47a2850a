import type { ReactNode } from 'react';
import type { TextId } from '../texts';

export interface Option {
  value: string;
  label: string;
}

export interface CustomProps {
  value: unknown;
  set: (value: unknown) => void;
  label: string;
  error: string | undefined;
  /** The server's complaints by field, for a control that shows each at its place. */
  errors: Record<string, string>;
}

/** One field of a form, by its place in the server's body ("phone.kind"). */
export interface Field {
  name: string;
  label: TextId;
  kind: 'text' | 'number' | 'password' | 'select' | 'multi' | 'tags' | 'switch' | 'skills' | 'memberships' | 'custom';
  /** The control of a field that is like no other. */
  input?: (props: CustomProps) => ReactNode;
  /** A heading above it: what the fields from here on are about. */
  section?: TextId;
  options?: Option[];
  required?: boolean;
  hint?: TextId;
  /** What an empty field sends; null clears. */
  empty?: null | '' | undefined;
  /** Emptied, it takes the whole first-level field with it. */
  clears?: boolean;
  /** Checked as one types. */
  check?: (value: string) => TextId | null;
  /** Not shown in the list. */
  hidden?: boolean;
}

export type Row = { id: string; version: number } & Record<string, unknown>;
export type Body = Record<string, unknown>;

export function at(body: Body, name: string): unknown {
  return name.split('.').reduce<unknown>((value, part) => (value && typeof value === 'object' ? (value as Body)[part] : undefined), body);
}

/** The same body with one place changed. */
export function put(body: Body, name: string, value: unknown): Body {
  const [first, ...rest] = name.split('.') as [string, ...string[]];
  if (rest.length === 0) return { ...body, [first]: value };
  const inner = body[first];
  return { ...body, [first]: put(inner && typeof inner === 'object' ? (inner as Body) : {}, rest.join('.'), value) };
}

/** Absent, null, and an object of nothing but nulls are the same to the server. */
function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.values(value).every((one) => one === null || one === undefined) ? null : value;
}

/** What differs, whole first-level fields; empty texts as the field says. */
export function changes(before: Body, after: Body, fields: Field[]): Body {
  let sent: Body = {};
  for (const top of new Set(fields.map((field) => field.name.split('.')[0] as string))) {
    let value = after[top];
    for (const field of fields.filter((one) => one.name.split('.')[0] === top)) {
      const held = at(after, field.name);
      if (held !== '' && held !== undefined && !(held === null && field.clears)) continue;
      if (field.clears) {
        value = null;
        break;
      }
      if (field.empty === undefined && field.kind === 'password') {
        // A password left empty stays as it is.
        if (field.name === top) value = undefined;
        else value = Object.fromEntries(Object.entries((value ?? {}) as Body).filter(([name]) => `${top}.${name}` !== field.name));
        continue;
      }
      if (field.empty !== undefined) value = field.name === top ? field.empty : (put({ [top]: value }, field.name, field.empty)[top] as unknown);
    }
    if (value !== undefined && JSON.stringify(plain(value)) !== JSON.stringify(plain(before[top]))) sent = { ...sent, [top]: value };
  }
  return sent;
}

/** The server's complaint for a field: also about a part of it. */
export function complaint(errors: Record<string, string>, name: string): string | undefined {
  const own = errors[name];
  if (own) return own;
  const part = Object.keys(errors).find((field) => field.startsWith(`${name}.`) || field.startsWith(`${name}[`));
  return part ? errors[part] : undefined;
}

export const isE164 = (value: string): TextId | null => (value === '' || /^\+[1-9]\d{6,14}$/.test(value) ? null : 'admin.check.e164');
export const isExtension = (value: string): TextId | null => (value === '' || /^\d{2,6}$/.test(value) ? null : 'admin.check.extension');
