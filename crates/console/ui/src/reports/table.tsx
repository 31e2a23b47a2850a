import { Badge, Tooltip, UnstyledButton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useIntl } from 'react-intl';
import { useText } from '../texts';
import type { Answer, Ask, Cell, Column, Value } from './api';
import { shown } from './format';
import { useTitle } from './title';
import { useWord } from './words';

interface Props {
  ask: Ask;
  answer: Answer;
  label: string;
  sort: string | undefined;
  onSort: (sort: string) => void;
}

/** A report as a table: every number leads to the calls behind it. */
export function ReportTable({ ask, answer, label, sort, onSort }: Props) {
  const text = useText();
  const columns = pairs(answer.columns);
  const groups = answer.columns.filter((column) => isGroup(ask, column)).length;
  return (
    <div className="panel scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="board" data-testid="report">
        <thead><tr>{columns.map((one) => <Head key={one.column.name} one={one} group={isGroup(ask, one.column)} answer={answer} sort={sort} onSort={onSort} />)}</tr></thead>
        <tbody>
          {answer.rows.map((row, place) => (
            <tr key={place}>
              {columns.map((one) => <Body key={one.column.name} one={one} row={row} ask={ask} answer={answer} cell={cellOf(ask, answer, row)} heads={groups} />)}
            </tr>
          ))}
        </tbody>
        {groups > 0 && (
          <tfoot>
            <tr>
              <th scope="row" colSpan={groups}>{text('reports.total')}</th>
              {columns.slice(groups).map((one) => <Body key={one.column.name} one={one} row={answer.totals} ask={ask} answer={answer} cell={{}} heads={0} />)}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

/** A column, or two that are read together: the ends of an interval, the mark and the surer mark. */
export interface Shown {
  column: Column;
  place: number;
  second?: number;
}

const TOGETHER: Record<string, string> = { wilson_low: 'wilson_high', flagged: 'flagged_surely' };

export function pairs(columns: Column[]): Shown[] {
  return columns.flatMap((column, place) => {
    if (place > 0 && TOGETHER[columns[place - 1]?.name ?? ''] === column.name) return [];
    const second = columns[place + 1]?.name === TOGETHER[column.name] && TOGETHER[column.name] ? place + 1 : undefined;
    return [{ column, place, ...(second === undefined ? {} : { second }) }];
  });
}

const isGroup = (ask: Ask, column: Column) => column.name === 'interval' || ask.group_by.includes(column.name);

/** What tells this row's numbers from another's. */
export function cellOf(ask: Ask, answer: Answer, row: Value[]): Cell {
  return Object.fromEntries(answer.columns.flatMap((column, place) => (isGroup(ask, column) ? [[column.name, row[place] ?? null]] : [])));
}

function Head({ one, group, answer, sort, onSort }: { one: Shown; group: boolean; answer: Answer; sort: string | undefined; onSort: (sort: string) => void }) {
  const title = useTitle();
  const { name, kind } = one.column;
  const definition = answer.definition_of[name];
  const now = sort?.replace(/^-/, '') === name ? (sort.startsWith('-') ? 'descending' : 'ascending') : 'none';
  const wordy = kind === 'text' || kind === 'interval';
  const next = now === 'none' ? (wordy ? name : `-${name}`) : now === 'descending' ? name : `-${name}`;
  return (
    <th scope="col" aria-sort={now} style={group ? undefined : { textAlign: 'right' }}>
      <Tooltip label={definition} disabled={!definition} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
        <UnstyledButton fz="inherit" fw="inherit" c="inherit" mih={24} aria-describedby={definition ? `definition-${name}` : undefined} onClick={() => onSort(next)}>
          {title(one.second === undefined ? one.column : { ...one.column, name: `${name}+` })} {now === 'descending' ? '↓' : now === 'ascending' ? '↑' : ''}
        </UnstyledButton>
      </Tooltip>
    </th>
  );
}

interface BodyProps {
  one: Shown;
  row: Value[];
  ask: Ask;
  answer: Answer;
  cell: Cell;
  heads: number;
}

function Body({ one, row, ask, answer, cell, heads }: BodyProps) {
  const intl = useIntl();
  const word = useWord();
  const { column, place, second } = one;
  const value = row[place] ?? null;
  const said = (at: number, kind = column.kind) => shown(intl, kind, row[at] ?? null, answer.time_zone, ask.interval);
  if (place < heads) {
    const words = word(column.name, value === '(none)' ? '(none)' : said(place));
    return place === 0 ? <th scope="row" style={{ textAlign: 'left' }}>{words}</th> : <td>{words}</td>;
  }
  if (column.name === 'flagged') return <td style={{ textAlign: 'right' }}><Flag gap={row[place] === true} sure={second !== undefined && row[second] === true} /></td>;
  if (second !== undefined) return <td className="numbers" style={{ textAlign: 'right' }}><Interval low={row[place] ?? null} high={row[second] ?? null} rate={rateOf(answer, row)} said={value === null ? said(place) : `${said(place)} – ${said(second)}`} /></td>;
  const follows = value !== null && !UNDRILLED.includes(column.name) && column.kind !== 'boolean';
  return (
    <td className="numbers" style={{ textAlign: 'right' }}>
      {follows
        ? <Link className="figure" to="/reports/calls" search={{ ask: { ...ask, sort: undefined }, cell: { ...cell, measure: column.name } } as never}>{said(place)}</Link>
        : said(place)}
    </td>
  );
}

/** Comparisons over all rows; no calls of their own stand behind them. */
const UNDRILLED = ['wilson_low', 'wilson_high', 'trend', 'consult_rate_shrunk', 'p_value', 'q_value'];

const rateOf = (answer: Answer, row: Value[]): Value => row[answer.columns.findIndex((column) => column.name === 'consult_rate')] ?? null;

/** The interval drawn from 0 to 100 %, the rate in it as a dot. */
function Interval({ low, high, rate, said }: { low: Value; high: Value; rate: Value; said: string }) {
  if (typeof low !== 'number' || typeof high !== 'number') return <>{said}</>;
  return (
    <span style={{ display: 'inline-flex', gap: 8, alignItems: 'center' }}>
      <svg width="80" height="12" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
        <line x1="0" x2="100" y1="6" y2="6" stroke="var(--mantine-color-default-border)" strokeWidth="2" />
        <line x1={low * 100} x2={high * 100} y1="6" y2="6" stroke="var(--mantine-color-dimmed)" strokeWidth="4" />
        {typeof rate === 'number' && <rect x={Math.min(97, rate * 100 - 1.5)} width="3" y="0" height="12" fill="var(--mantine-primary-color-filled)" />}
      </svg>
      <span style={{ minWidth: '9em', textAlign: 'right' }}>{said}</span>
    </span>
  );
}

function Flag({ gap, sure }: { gap: boolean; sure: boolean }) {
  const text = useText();
  if (!gap) return <span>{text('reports.flag.no')}</span>;
  return <Badge color={sure ? 'red' : 'orange'} variant="light" tt="none">{text(sure ? 'reports.flag.surely' : 'reports.flag.gap')}</Badge>;
}
