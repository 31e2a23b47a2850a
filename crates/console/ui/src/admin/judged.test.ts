import { expect, test } from 'vitest';
import { judged } from './judged';

const figure = (name: string, low: number, high: number) => ({ figure: name, difference: { mean: (low + high) / 2, low, high } });

test('a difference is one only where its interval leaves zero out, and better is not always more', () => {
  expect(judged(figure('service_level', 0.02, 0.1))).toBe('better');
  expect(judged(figure('service_level', -0.1, -0.02))).toBe('worse');
  expect(judged(figure('service_level', -0.02, 0.1))).toBe('same');
  expect(judged(figure('asa_seconds', -9, -2))).toBe('better');
  expect(judged(figure('abandon_rate', 0.01, 0.02))).toBe('worse');
  expect(judged(figure('occupancy', 0.01, 0.02))).toBe('differs');
});
