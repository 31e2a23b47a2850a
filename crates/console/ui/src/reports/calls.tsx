import { Alert, Badge, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useRouterState } from '@tanstack/react-router';
import { useIntl } from 'react-intl';
import { type TextId, useText } from '../texts';
import { type Ask, type Behind, type Cell, type Item, type Kind, drill, useTypes } from './api';
import { NOTHING, moment, shown } from './format';
import { Allowed, ReportsNav } from './nav';
import { useTitle } from './title';
import { useWord } from './words';

/** The calls behind one number: counted as the report counted it, so that they add up to it. */
export function CallsBehind() {
  const text = useText();
  const { ask, cell } = useRouterState({ select: (state) => state.location.search }) as { ask?: Ask; cell?: Cell };
  return (
    <Stack>
      <ReportsNav />
      <Allowed>{ask && cell ? <List ask={ask} cell={cell} /> : <Text>{text('reports.calls.nothing')}</Text>}</Allowed>
    </Stack>
  );
}

function List({ ask, cell }: { ask: Ask; cell: Cell }) {
  const text = useText();
  const intl = useIntl();
  const title = useTitle();
  const types = useTypes();
  const behind = useQuery({ queryKey: ['drill', ask, cell], queryFn: () => drill(ask, cell) });
  const type = types.data?.find((one) => one.name === ask.type);
  const measure = type?.measures.find((one) => one.name === cell['measure']);
  const zone = ask.time_zone ?? 'UTC';
  if (behind.isError) return <Alert color="red" role="alert">{behind.error.message}</Alert>;
  if (!behind.data || !measure) return <Skeleton h={300} />;
  const { value, count, items, definition, truncated } = behind.data;
  const groups = Object.entries(cell).filter(([name]) => name !== 'measure');
  const fieldKind = (name: string): Kind => (name === 'interval' ? 'interval' : type?.fields.find((one) => one.name === name)?.kind ?? 'text');
  const said = (name: string, held: Cell[string]) => (held === '(none)' ? text('reports.none') : shown(intl, fieldKind(name), held, zone, ask.interval));
  return (
    <>
      <div>
        <Title order={1} size="h3" data-testid="drilled">{title(measure)}: {shown(intl, measure.kind, value, zone)}</Title>
        <Text lang="en" size="sm">{definition}</Text>
        <Text size="sm" c="dimmed">
          {groups.length === 0 ? text('reports.calls.all') : groups.map(([name, held]) => `${title({ name, title: type?.fields.find((one) => one.name === name)?.title ?? name })}: ${said(name, held)}`).join(' · ')}
          {' · '}{text('reports.zone')}: {zone}
        </Text>
        <Narrowed ask={ask} />
        <Text size="sm" role="status">{text(truncated ? 'reports.calls.some' : 'reports.calls.count', { count, shown: items.length })}</Text>
      </div>
      {items.length > 0 && <Items items={items} behind={behind.data} kind={measure.kind} zone={zone} label={title(measure)} />}
    </>
  );
}

/** What the report was narrowed by. */
function Narrowed({ ask }: { ask: Ask }) {
  const text = useText();
  const title = useTitle();
  const word = useWord();
  const value = (filter: Ask['filters'][number]) => (Array.isArray(filter.value) ? filter.value : [filter.value]).map((one) => word(filter.field, String(one))).join(', ');
  const like = ask.cross_filter?.with ?? ask.cross_filter?.without;
  const below = like && [
    text(ask.cross_filter?.with ? 'cross.with' : 'cross.without'),
    like.purpose ? word('purpose', like.purpose) : text('reports.any'),
    like.answered === undefined ? '' : text(like.answered ? 'cross.answered' : 'cross.answered_no'),
    typeof like.initiator_tier === 'number' ? `${text('cross.tier')} ${like.initiator_tier}` : '',
    typeof like.target_tier === 'number' ? `${text('cross.tier_asked')} ${like.target_tier}` : '',
  ].filter((part) => part !== '').join(' ');
  const said = [
    ...(ask.period ? [text(`reports.range.${ask.period}` as TextId)] : []),
    ...ask.filters.map((one) => `${title({ name: one.field, title: one.field })} ${text(`reports.op.${one.op}` as TextId)} ${one.op === 'is_null' ? '' : value(one)}`.trim()),
    ...(below ? [`${text('cross.label')}: ${below}`] : []),
  ];
  if (said.length === 0) return null;
  return <Text size="sm" c="dimmed">{text('reports.filters')}: {said.join(' · ')}</Text>;
}

const COLUMNS = ['call', 'kind', 'started', 'customer', 'agent', 'target', 'queue', 'subject', 'disposition', 'adds'] as const;

function Items({ items, kind, zone, label }: { items: Item[]; behind: Behind; kind: Kind; zone: string; label: string }) {
  const text = useText();
  const intl = useIntl();
  const adds = (item: Item) => (item.value === null ? NOTHING : shown(intl, kind === 'seconds' || kind === 'minutes' ? 'seconds' : 'number', item.value, zone));
  const name = (item: Item) => item.number ?? item.external_id ?? item.status ?? text('reports.calls.unnumbered');
  return (
    <div className="panel scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="board" data-testid="behind">
        <thead><tr>{COLUMNS.map((column) => <th key={column} scope="col" style={column === 'adds' ? { textAlign: 'right' } : undefined}>{text(`reports.calls.${column}`)}</th>)}</tr></thead>
        <tbody>
          {items.map((item, place) => (
            <tr key={`${item.leg_id ?? item.voice_call_id ?? ''}-${place}`}>
              <th scope="row" className="numbers" style={{ textAlign: 'left' }}>
                {item.conversation_id ? <Link className="figure" to="/timeline/$id" params={{ id: item.conversation_id }} search={{ zone } as never}>{name(item)}</Link> : name(item)}
              </th>
              <td>{item.call_type && <Badge variant="light" color={item.call_type === 'internal' ? 'violet' : 'blue'} tt="none">{text(`call_type.${item.call_type}`)}</Badge>} {item.purpose && <Text span size="sm">{text(`purpose.${item.purpose}` as TextId)}</Text>}</td>
              <td className="numbers">{item.started_at ? <time dateTime={item.started_at}>{moment(intl, item.started_at, zone)}</time> : NOTHING}</td>
              <td className="numbers">{item.customer ?? NOTHING}</td>
              <td>{item.agent ?? NOTHING}</td>
              <td>{item.target && item.target !== item.agent ? item.target : NOTHING}</td>
              <td>{item.queue ?? NOTHING}</td>
              <td>{item.subject ?? NOTHING}</td>
              <td>{item.disposition ? text(`reports.word.${item.disposition}` as TextId) : NOTHING}</td>
              <td className="numbers" style={{ textAlign: 'right' }}>{adds(item)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
