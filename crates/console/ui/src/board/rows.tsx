import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type Ref, useRef } from 'react';

/** Up to so many rows are simply there; of a longer list only those in sight are drawn. */
const WHOLE_MAX = 60;

/** What a row's element needs to be found and measured again. */
export interface RowPlace {
  ref?: Ref<HTMLTableRowElement>;
  'data-index'?: number;
  'aria-rowindex'?: number;
}

interface Props<T> {
  items: T[];
  keyOf: (item: T) => string;
  row: (item: T, place: RowPlace) => ReactNode;
  head: ReactNode;
  columns: number;
  /** About how high a row is; it is measured once it is drawn. */
  height: number;
  label: string;
  testId: string;
}

/** A table of the floor that stays quick with hundreds of rows. */
export function Rows<T>({ items, keyOf, row, head, columns, height, label, testId }: Props<T>) {
  const scroll = useRef<HTMLDivElement>(null);
  const long = items.length > WHOLE_MAX;
  const virtual = useVirtualizer({
    count: items.length, enabled: long, getScrollElement: () => scroll.current, estimateSize: () => height, overscan: 6,
    getItemKey: (place) => { const item = items[place]; return item === undefined ? place : keyOf(item); },
  });
  const shown = long ? virtual.getVirtualItems() : [];
  const before = shown[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <div ref={scroll} className="scroll" style={long ? { maxHeight: '60vh', overflowY: 'auto', overflowAnchor: 'none' } : undefined} tabIndex={0} role="region" aria-label={label}>
      <table className="board" data-testid={testId} aria-rowcount={long ? items.length + 1 : undefined}>
        <thead className={long ? 'stays' : undefined}>{head}</thead>
        <tbody>
          {!long && items.map((item) => row(item, {}))}
          {long && before > 0 && <Gap height={before} columns={columns} />}
          {shown.map(({ index }) => {
            const item = items[index];
            return item === undefined ? null : row(item, { ref: virtual.measureElement, 'data-index': index, 'aria-rowindex': index + 2 });
          })}
          {long && after > 0 && <Gap height={after} columns={columns} />}
        </tbody>
      </table>
    </div>
  );
}

function Gap({ height, columns }: { height: number; columns: number }) {
  return <tr aria-hidden="true"><td colSpan={columns} style={{ height, padding: 0, border: 0 }} /></tr>;
}
