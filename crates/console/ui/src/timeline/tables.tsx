import { Badge, Text, Title } from '@mantine/core';
import { useIntl } from 'react-intl';
import { moment } from '../reports/format';
import { clock } from '../shell/elapsed';
import { type TextId, useText } from '../texts';
import { type Call, type Span, type Timeline, word } from './lay';
import { useLaneName } from './page';

const nameOf = (call: Call | undefined) => call?.number ?? call?.external_id ?? '–';

/** The same as the lanes, in words and in order of time. */
export function Segments({ told, whole, zone }: { told: Timeline; whole: Span; zone: string }) {
  const text = useText();
  const intl = useIntl();
  const name = useLaneName();
  const calls = new Map(told.voice_calls.map((call) => [call.id, call]));
  const rows = told.lanes.flatMap((lane) => lane.segments.map((segment) => ({ lane, segment }))).sort((a, b) => Date.parse(a.segment.start) - Date.parse(b.segment.start));
  return (
    <section className="panel">
      <details>
        <summary><Title order={2} size="h5" component="span" style={{ display: 'inline' }}>{text('timeline.table', { count: rows.length })}</Title></summary>
        <div className="scroll" tabIndex={0} role="region" aria-label={text('timeline.table', { count: rows.length })}>
          <table className="board" data-testid="segments">
            <thead><tr>{(['offset', 'who', 'what', 'call', 'start', 'long'] as const).map((column) => <th key={column} scope="col">{text(`timeline.column.${column}`)}</th>)}</tr></thead>
            <tbody>
              {rows.map(({ lane, segment }, place) => {
                const from = Date.parse(segment.start);
                const to = segment.end === null ? whole.to : Date.parse(segment.end);
                return (
                  <tr key={place}>
                    <td className="numbers">{clock((from - whole.from) / 1000)}</td>
                    <th scope="row" style={{ textAlign: 'left' }}>{name(lane)}</th>
                    <td>{text(`timeline.kind.${word(segment)}` as TextId)}</td>
                    <td className="numbers">{nameOf(calls.get(segment.voice_call_id))} <Text span size="xs" c="dimmed">{text(`purpose.${segment.purpose}` as TextId)}</Text></td>
                    <td className="numbers">{moment(intl, segment.start, zone)}</td>
                    <td className="numbers">{clock((to - from) / 1000)}{segment.end === null ? ' …' : ''}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}

/** The calls of the conversation, each under what caused it. */
export function Calls({ told, zone }: { told: Timeline; zone: string }) {
  const text = useText();
  const intl = useIntl();
  const calls = new Map(told.voice_calls.map((call) => [call.id, call]));
  const depth = (call: Call): number => { const parent = call.parent_id ? calls.get(call.parent_id) : undefined; return parent ? 1 + depth(parent) : 0; };
  return (
    <section className="panel" aria-labelledby="calls">
      <Title order={2} size="h5" id="calls">{text('timeline.calls', { count: told.voice_calls.length })}</Title>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="calls">
        <table className="board" data-testid="linked">
          <thead><tr>{(['call', 'kind', 'outcome', 'start', 'long'] as const).map((column) => <th key={column} scope="col">{text(`timeline.column.${column}`)}</th>)}</tr></thead>
          <tbody>
            {told.voice_calls.map((call) => (
              <tr key={call.id}>
                <th scope="row" className="numbers" style={{ textAlign: 'left', paddingLeft: 8 + depth(call) * 20 }}>{depth(call) > 0 ? '↳ ' : ''}{nameOf(call)}</th>
                <td><Badge variant="light" color={call.call_type === 'internal' ? 'violet' : 'blue'} tt="none">{text(`call_type.${call.call_type}`)}</Badge> <Text span size="sm">{text(`purpose.${call.purpose}` as TextId)}</Text></td>
                <td>{text(`reports.word.${call.disposition}` as TextId)}</td>
                <td className="numbers">{moment(intl, call.started_at, zone)}</td>
                <td className="numbers">{call.ended_at ? clock((Date.parse(call.ended_at) - Date.parse(call.started_at)) / 1000) : '…'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
