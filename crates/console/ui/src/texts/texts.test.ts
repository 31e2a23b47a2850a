import { expect, test } from 'vitest';
import { de } from './de';
import { en } from './en';

/** The arguments of an ICU message, those within its branches too; throws where a brace is missing. */
function args(message: string): string[] {
  const found = new Set<string>();
  let at = 0;
  const word = (until: RegExp): string => {
    const from = at;
    while (at < message.length && !until.test(message[at] ?? '')) at += 1;
    return message.slice(from, at).trim();
  };
  const expected = (sign: string) => {
    if (message[at] !== sign) throw new Error(`${sign} is missing at ${at}: ${message}`);
    at += 1;
  };
  const text = (inside: boolean): void => {
    for (;;) {
      word(/[{}]/);
      if (message[at] !== '{') break;
      at += 1;
      found.add(word(/[,}]/));
      if (message[at] === ',') argument();
      expected('}');
    }
    if (!inside && at < message.length) throw new Error(`} is too much at ${at}: ${message}`);
  };
  const argument = (): void => {
    at += 1;
    const kind = word(/[,}]/);
    if (!['plural', 'select', 'selectordinal'].includes(kind)) return void word(/\}/);
    expected(',');
    while (word(/[{}]/) !== '') {
      expected('{');
      text(true);
      expected('}');
    }
  };
  text(false);
  return [...found].sort();
}

test('both languages have the same texts, and none is empty', () => {
  expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  for (const [id, text] of [...Object.entries(en), ...Object.entries(de)]) expect(text.trim(), id).not.toBe('');
});

test('a text says the same things in both languages', () => {
  for (const [id, text] of Object.entries(en)) expect(args(de[id as keyof typeof de]), id).toEqual(args(text));
});

test('a message that lacks a brace is found', () => {
  expect(args('{count, plural, =0 {none for {name}} other {# of {names}}}')).toEqual(['count', 'name', 'names']);
  expect(() => args('{count, plural, one {it} other {them}')).toThrow('is missing');
  expect(() => args('{name}}')).toThrow('too much');
});
