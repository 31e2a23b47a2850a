import { Badge, Button, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import { clock } from '../shell/elapsed';
import { moment } from '../reports/format';
import { type TextId, useText } from '../texts';
import { type Lane, type Segment, type Span, type Timeline, changes, lay, ticks, word } from './lay';
import { useLaneName } from './page';
import './timeline.css';

const ROW = 30;
const TICKS = 8;

interface Props {
  told: Timeline;
  whole: Span;
  cursor: number;
  setCursor: (at: number) => void;
  zone: string;
}

/** The lanes are a picture; the slider moves through it by keyboard and the table below says all of it. */
export function Lanes({ told, whole, cursor, setCursor, zone }: Props) {
  const text = useText();
  const intl = useIntl();
  const long = whole.to - whole.from;
  const place = (cursor - whole.from) / long;
  const moments = changes(told, whole);
  const before = moments.filter((one) => one < cursor).at(-1);
  const after = moments.find((one) => one > cursor);
  const follow = (event: { clientX: number; currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    setCursor(whole.from + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * long);
  };
  return (
    <section className="panel scroll" aria-label={text('timeline.lanes')} tabIndex={0} data-testid="lanes">
      <div className="timeline">
        <div className="timeline-head" />
        <div className="timeline-track timeline-axis" aria-hidden="true">
          {ticks(whole, TICKS).filter((tick) => tick / long < 0.96).map((tick) => <span key={tick} style={{ left: `${(tick / long) * 100}%` }}>{clock(tick / 1000)}</span>)}
        </div>
        {told.lanes.map((lane, at) => (
          <Row key={`${lane.leg_id ?? 'customer'}-${at}`} lane={lane} whole={whole} place={place} follow={follow} />
        ))}
        <label className="timeline-head" htmlFor="moment">{text('timeline.moment')}</label>
        <div>
          <input
            id="moment" type="range" min={0} max={Math.ceil(long / 1000)} step={1} value={Math.round((cursor - whole.from) / 1000)} style={{ width: '100%', margin: 0, height: 24 }}
            aria-valuetext={`${clock((cursor - whole.from) / 1000)}, ${moment(intl, new Date(cursor).toISOString(), zone)}`}
            onChange={(event) => setCursor(Math.min(whole.to, whole.from + Number(event.currentTarget.value) * 1000))}
          />
        </div>
      </div>
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" leftSection={<IconChevronLeft size={14} />} disabled={before === undefined} onClick={() => before !== undefined && setCursor(before)}>{text('timeline.before')}</Button>
        <Button size="compact-sm" variant="default" rightSection={<IconChevronRight size={14} />} disabled={after === undefined} onClick={() => after !== undefined && setCursor(after)}>{text('timeline.after')}</Button>
      </Group>
    </section>
  );
}

interface RowProps {
  lane: Lane;
  whole: Span;
  place: number;
  follow: (event: { clientX: number; currentTarget: HTMLElement }) => void;
}

function Row({ lane, whole, place, follow }: RowProps) {
  const text = useText();
  const name = useLaneName();
  const { laid, rows } = lay(lane, whole);
  return (
    <>
      <div className="timeline-head">
        <Text size="sm" fw={600}>{name(lane)}</Text>
        <Group gap={4}>
          <Text size="xs" c="dimmed">{text(`role.${lane.role}`)}</Text>
          {lane.coaching && <Badge size="sm" variant="light" color="pink" tt="none">{text('timeline.coaches')}</Badge>}
        </Group>
      </div>
      <div className="timeline-track" aria-hidden="true" style={{ height: rows * ROW + 8 }} onMouseMove={follow} onClick={follow}>
        {laid.map((one, at) => (
          <span
            key={at} className={`timeline-segment kind-${word(one.segment)}`} title={said(text, one.segment)}
            style={{ left: `${one.left * 100}%`, width: `max(2px, ${one.width * 100}%)`, top: one.row * ROW + 4, height: ROW - 4 }}
          >
            {one.width > 0.05 ? text(`timeline.kind.${word(one.segment)}` as TextId) : ''}
          </span>
        ))}
        <span className="timeline-cursor" style={{ left: `${place * 100}%` }} />
      </div>
    </>
  );
}

/** Kind and length. */
function said(text: ReturnType<typeof useText>, segment: Segment): string {
  const kind = text(`timeline.kind.${word(segment)}` as TextId);
  return segment.end === null ? kind : `${kind} ${clock((Date.parse(segment.end) - Date.parse(segment.start)) / 1000)}`;
}
