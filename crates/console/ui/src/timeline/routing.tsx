import { Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { client, take } from '../api/client';
import { useNames } from '../api/queries';
import { moment } from '../reports/format';
import { useIntl } from 'react-intl';
import { useText } from '../texts';
import { Weighing } from './weighing';

/** Why a live call went where it went: each offer with everybody who was considered, and who could take it now. */
export function WhyThere({ id, zone }: { id: string; zone: string }) {
  const text = useText();
  const intl = useIntl();
  const names = useNames();
  const told = useQuery({ queryKey: ['routing', id], queryFn: () => take(client.GET('/v1/conversations/{id}/routing', { params: { path: { id } } })), refetchInterval: 5_000, retry: false });
  // What ended is forgotten by the router; the lanes above still tell who was rung.
  if (!told.data || (told.data.offers.length === 0 && !told.data.now)) return null;
  return (
    <Stack component="section" className="panel" gap="xs" aria-labelledby="routing" data-testid="routing">
      <Title order={2} size="h5" id="routing">{text('weighed.title')}</Title>
      {told.data.offers.map((offer) => (
        <details key={offer.offer_id}>
          <summary>{text('weighed.offer', { at: moment(intl, offer.at, zone), user: names(offer.user_id) ?? offer.user_id })}{offer.runner_up_id && <Text span size="sm" c="dimmed"> {text('weighed.runner_up', { user: names(offer.runner_up_id) ?? offer.runner_up_id })}</Text>}</summary>
          <Weighing weighed={offer.weighed} />
        </details>
      ))}
      {told.data.now && (
        <details open>
          <summary>{text('weighed.now')}</summary>
          <Weighing weighed={told.data.now} />
        </details>
      )}
    </Stack>
  );
}
