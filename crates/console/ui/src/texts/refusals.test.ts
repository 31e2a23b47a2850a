import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inLanguage } from './refusals';

const CRATES = new URL('../../../../', import.meta.url);
/** The sentences of one enum of refusals, those without a value in them. */
function sentences(file: string, name: string): string[] {
  const source = readFileSync(new URL(file, CRATES), 'utf8');
  const [, body = ''] = new RegExp(`pub enum ${name} \\{(.*?)\\n\\}`, 's').exec(source) ?? [];
  return [...body.matchAll(/#\[error\("((?:[^"\\]|\\.)*)"\)\]/g)].map(([, said = '']) => said).filter((said) => !said.includes('{'));
}

it.each([['voicecall/src/input.rs', 'Rejected'], ['callcontrol/src/command.rs', 'Refused']])('every refusal of %s has words in the other language', (file, name) => {
  const said = sentences(file, name);
  expect(said.length).toBeGreaterThan(10);
  expect(said.filter((one) => inLanguage(one, 'de') === one)).toEqual([]);
});

it('keeps the value in a sentence that has one, and shows what it does not know as it is', () => {
  expect(inLanguage('the permission barge is missing', 'de')).toBe('die Berechtigung barge fehlt');
  expect(inLanguage('something new', 'de')).toBe('something new');
  expect(inLanguage('the customer has left', 'en')).toBe('the customer has left');
});
