import { List, Text, Title } from '@mantine/core';
import { useIntl } from 'react-intl';
import { moment } from '../reports/format';
import { clock } from '../shell/elapsed';
import { type TextId, useList, useText } from '../texts';
import { type Span, type Timeline, hearing } from './lay';
import { useLaneName } from './page';

/** Who hears whom at the moment under the cursor. */
export function At({ told, whole, cursor, zone }: { told: Timeline; whole: Span; cursor: number; zone: string }) {
  const text = useText();
  const intl = useIntl();
  const list = useList();
  const name = useLaneName();
  const of = (place: number) => { const lane = told.lanes[place]; return lane ? name(lane) : ''; };
  const ears = hearing(told, Math.min(cursor, whole.to - 1));
  return (
    <section className="panel" aria-labelledby="hearing" data-testid="hearing">
      <Title order={2} size="h5" id="hearing">{text('timeline.hearing', { time: clock((cursor - whole.from) / 1000) })}</Title>
      <Text size="sm" c="dimmed">{moment(intl, new Date(cursor).toISOString(), zone)}</Text>
      <div role="status">
        {ears.length === 0 && <Text size="sm">{text('hears.nobody')}</Text>}
        <List size="sm">
          {ears.map((ear) => (
            <List.Item key={ear.lane}>
              {ear.hears.length > 0 ? text('timeline.hears', { name: of(ear.lane), names: list(ear.hears.map(of)) }) : text((ear.sound ? `timeline.does.${ear.sound}` : 'timeline.does.nothing') as TextId, { name: of(ear.lane) })}
            </List.Item>
          ))}
        </List>
      </div>
    </section>
  );
}
