import { Badge, Text, Title } from '@mantine/core';
import { useIntl } from 'react-intl';
import { useQuery } from '@tanstack/react-query';
import { all, client, take } from '../api/client';
import type { components } from '../api/schema';
import { useNames } from '../api/queries';
import { type TextId, useText } from '../texts';

export type Weighed = components['schemas']['Weighed'];

function useSkillNames(): (id: string) => string {
  const skills = useQuery({
    queryKey: ['skill-names'],
    queryFn: async () => new Map((await all((cursor) => take(client.GET('/v1/skills', { params: { query: { limit: 200, cursor } } })))).map((skill) => [skill.id, skill.name])),
    staleTime: 60_000,
  });
  return (id) => skills.data?.get(id) ?? id;
}

/** Everybody who was considered at one step, and what stood in the way; whoever was free comes first. */
export function Weighing({ weighed, last }: { weighed: Weighed; last?: number }) {
  const text = useText();
  const intl = useIntl();
  const names = useNames();
  const skill = useSkillNames();
  const free = weighed.considered.filter((one) => one.verdict === 'free' || one.verdict === 'offered');
  const others = weighed.considered.filter((one) => !free.includes(one));
  const title = text(weighed.step === last && last !== undefined && last > 0 ? 'weighed.anybody' : 'weighed.step', { step: weighed.step + 1 });
  return (
    <section aria-label={title}>
      <Title order={3} size="h6">{title}</Title>
      <Text size="sm">{text('weighed.free', { count: free.length, left_out: weighed.left_out })}</Text>
      {weighed.considered.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label={title}>
          <table className="board" data-testid="weighed">
            <thead><tr><th scope="col">{text('weighed.who')}</th><th scope="col">{text('weighed.why')}</th></tr></thead>
            <tbody>
              {[...free, ...others].map((one) => (
                <tr key={one.user_id}>
                  <th scope="row" style={{ textAlign: 'left' }}>{names(one.user_id) ?? one.user_id}</th>
                  <td>
                    <Badge variant="light" tt="none" color={free.includes(one) ? 'green' : 'gray'}>{text((one.verdict === 'free' ? 'weighed.verdict.free' : `weighed.${one.verdict}`) as TextId)}</Badge>{' '}
                    {one.until && <Text span size="xs">{intl.formatTime(one.until, { timeStyle: 'medium' })}</Text>}
                    {one.missing_skills.length > 0 && <Text span size="xs">{text('weighed.missing', { skills: one.missing_skills.map(skill).join(', ') })}</Text>}
                    {one.unwanted_skills.length > 0 && <Text span size="xs">{text('weighed.unwanted', { skills: one.unwanted_skills.map(skill).join(', ') })}</Text>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
