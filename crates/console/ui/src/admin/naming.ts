import type { Row } from './fields';

/** The rows that name this one, anywhere in them. */
export function naming(rows: Row[], id: string): Row[] {
  return rows.filter((row) => row.id !== id && JSON.stringify(row).includes(id));
}
