import { expect, it } from 'vitest';
import { type Field, changes, complaint, put } from './fields';

const fields: Field[] = [
  { name: 'name', label: 'admin.name', kind: 'text' },
  { name: 'extension', label: 'admin.extension', kind: 'text', empty: null },
  { name: 'password', label: 'signin.password_label', kind: 'password' },
  { name: 'phone.kind', label: 'admin.phone', kind: 'select' },
];

it('sends what differs, and an emptied field as null', () => {
  const before = { name: 'Ana', extension: '101', phone: { kind: 'desk_phone', auto_answer_seconds: null } };
  expect(changes(before, before, fields)).toEqual({});
  expect(changes(before, put(before, 'extension', ''), fields)).toEqual({ extension: null });
  expect(changes(before, put(before, 'phone.kind', 'soft_phone'), fields)).toEqual({ phone: { kind: 'soft_phone', auto_answer_seconds: null } });
});

it('a password left empty stays as it is', () => {
  expect(changes({ name: 'Ana' }, { name: 'Ana', password: '' }, fields)).toEqual({});
  expect(changes({ name: 'Ana' }, { name: 'Ana', password: 'new' }, fields)).toEqual({ password: 'new' });
});

it('a name that is emptied takes its password along, and nothing is sent where nothing was', () => {
  const trunk: Field[] = [{ name: 'credentials.username', label: 'admin.name', kind: 'text', clears: true }, { name: 'credentials.register', label: 'admin.name', kind: 'switch' }];
  const before = { credentials: { username: 'us', register: true } };
  expect(changes(before, put(before, 'credentials.username', ''), trunk)).toEqual({ credentials: null });
  expect(changes(before, put(before, 'credentials.register', false), trunk)).toEqual({ credentials: { username: 'us', register: false } });
  expect(changes({ credentials: null }, { credentials: { register: true } }, trunk)).toEqual({});
});

it('a complaint about a part belongs to its field', () => {
  expect(complaint({ 'queues[0].priority': '1 to 9' }, 'queues')).toBe('1 to 9');
  expect(complaint({ 'phone.kind': 'no' }, 'name')).toBeUndefined();
});
