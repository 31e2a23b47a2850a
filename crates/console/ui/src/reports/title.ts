import { useIntl } from 'react-intl';
import type { Column } from './api';

/** A column's title in the reader's language, or as the server names it. */
export function useTitle() {
  const { messages } = useIntl();
  return (column: Pick<Column, 'name' | 'title'>): string => {
    const own = messages[`reports.title.${column.name}`] ?? messages[`reports.field.${column.name}`];
    return typeof own === 'string' ? own : column.title;
  };
}
