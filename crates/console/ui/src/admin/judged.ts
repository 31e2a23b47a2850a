import type { components } from '../api/schema';

type Figure = components['schemas']['FigureCompared'];

/** Which way is better; of the others neither is. */
const BETTER: Record<string, 1 | -1> = { service_level: 1, answered: 1, asa_seconds: -1, abandon_rate: -1, abandoned: -1, overflowed: -1 };

/** Whether the difference is one, and for the better: only where its interval leaves zero out. */
export function judged(figure: Pick<Figure, 'figure' | 'difference'>): 'better' | 'worse' | 'same' | 'differs' {
  const { low, high } = figure.difference;
  if (low <= 0 && high >= 0) return 'same';
  const way = BETTER[figure.figure];
  if (!way) return 'differs';
  return low > 0 === way > 0 ? 'better' : 'worse';
}
